"""The simulated pool is held to what XAPI's own Python client sees of the real one, so that tests may believe it."""

from __future__ import annotations

import base64
import http.client
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import XenAPI

from tests.recovery.simulated import Simulated, running


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Simulated]:
    with running(tmp_path) as started:
        yield started


def _session(pool: Simulated, name: str, password: str = "secret", *, local: bool = False) -> Any:
    host = pool.host(name)
    session = XenAPI.Session(f"https://{host['address']}:{host['port']}/", ignore_ssl=True)
    login = session.slave_local_login_with_password if local else session.login_with_password
    login("root", password)
    return session


def _words(act: Any, *said: Any) -> list[str]:
    with pytest.raises(XenAPI.Failure) as refused:
        act(*said)
    return list(refused.value.details)


def _until(true: Any) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            if true():
                return
        except (OSError, XenAPI.Failure, http.client.HTTPException):
            pass
        assert time.monotonic() < end


def test_a_new_host_is_a_pool_of_one_and_knows_its_password(pool: Simulated) -> None:
    pool.install("xen1", "127.80.0.1", version="4.1.0")
    assert _words(_session, pool, "xen1", "wrong") == ["SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure"]
    x = _session(pool, "xen1").xenapi
    (host,) = x.host.get_all()
    assert x.host.get_software_version(host)["product_version"] == "4.1.0"
    assert x.pool.get_master(x.pool.get_all()[0]) == host
    assert _words(x.host.get_record, "OpaqueRef:no") == ["HANDLE_INVALID", "host", "OpaqueRef:no"]


def test_a_host_joins_and_its_toolstack_comes_back_as_a_members(pool: Simulated) -> None:
    pool.install("xen1", "127.80.0.1")
    pool.install("xen2", "127.80.0.2")
    _session(pool, "xen2").xenapi.pool.join("127.80.0.1", "root", "secret")
    _until(lambda: _words(_session, pool, "xen2") == ["HOST_IS_SLAVE", "127.80.0.1"])
    _until(lambda: {one["name_label"]: one["enabled"] for one in pool.records("xen1", "host").values()} == {"xen1": True, "xen2": True})
    assert pool.names().count("pool.join") == 1


def test_a_join_is_refused_in_xapis_words(pool: Simulated) -> None:
    pool.install("xen1", "127.80.0.1")
    pool.install("xen2", "127.80.0.2", version="8.2.1")
    join = _session(pool, "xen2").xenapi.pool.join
    assert _words(join, "127.80.0.1", "root", "no") == ["SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure"]
    assert _words(join, "127.80.0.9", "root", "secret") == ["JOINING_HOST_CONNECTION_FAILED"]
    assert _words(join, "127.80.0.1", "root", "secret") == ["POOL_JOINING_HOST_MUST_HAVE_SAME_PRODUCT_VERSION"]
    pool.change("xen2", version="8.3.0")
    pool.storage("xen2", "NFS", "nfs")
    assert _words(join, "127.80.0.1", "root", "secret") == ["JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS"]
    pool.guest("xen2", "web", "Running")
    assert _words(join, "127.80.0.1", "root", "secret") == ["JOINING_HOST_CANNOT_HAVE_RUNNING_OR_SUSPENDED_VMS"]


def test_a_member_leads_when_the_master_is_dead_and_the_others_follow(pool: Simulated) -> None:
    pool.pool("xen1", "xen2", "xen3")
    pool.kill("xen1")
    _session(pool, "xen2", local=True).xenapi.pool.emergency_transition_to_master()
    _until(lambda: _session(pool, "xen2").xenapi.pool.recover_slaves())
    assert _words(_session, pool, "xen3") == ["HOST_IS_SLAVE", "127.80.0.2"]
    x = _session(pool, "xen2").xenapi
    (dead,) = x.host.get_by_name_label("xen1")
    x.host.destroy(dead)
    assert sorted(one["name_label"] for one in x.host.get_all_records().values()) == ["xen2", "xen3"]


def test_what_the_program_kept_it_has_again_when_it_was_killed(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.pool("xen1", "xen2")
        before = first.host("xen2")
    with running(tmp_path) as again:
        assert again.host("xen2") == before
        assert _words(_session, again, "xen2") == ["HOST_IS_SLAVE", "127.80.0.1"]


def test_a_database_goes_out_as_xml_and_back_onto_a_new_master(pool: Simulated) -> None:
    pool.pool("xen1", "xen2")

    def ask(method: str, path: str, password: str, body: bytes | None = None) -> tuple[int, bytes]:
        host = pool.host("xen1")
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host["address"], host["port"], context=context, timeout=60)
        login = base64.b64encode(f"root:{password}".encode()).decode()
        connection.request(method, path, body, {"Authorization": f"Basic {login}"})
        response = connection.getresponse()
        return response.status, response.read()

    assert ask("GET", "/pool/xmldbdump", "wrong")[0] == 401
    status, dump = ask("GET", "/pool/xmldbdump", "secret")
    assert status == 200 and b'<table name="host">' in dump and b"xen2" in dump
    old = pool.host("xen1")["uuid"]
    pool.install("xen1", "127.80.0.1")
    assert ask("PUT", "/pool/xmldbdump?dry_run=true", "secret", dump[:-40]) != (200, b"")
    assert ask("PUT", "/pool/xmldbdump", "secret", dump) == (200, b"")
    assert pool.host("xen1")["uuid"] == old
    _until(lambda: len(_session(pool, "xen1").xenapi.host.get_all()) == 2)
