"""A host that was newly installed is joined to its pool: once, whatever hangs, lies, refuses or is killed on the way."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.pool import Member, Pool
from pxeserve.installs import first_boot
from pxeserve.keys import load_keys
from pxeserve.recovery.joining import again, ask
from pxeserve.recovery.secrets import Secrets, seal_secrets
from pxeserve.store import Store, inventory, joins, open_store, pools
from pxeserve.store import tables as t
from pxeserve.store.joins import JoinRow
from tests.recovery.simulated import ROOT, Simulated

POOLS, OWN = "the-pools-password", "the-one-time-password"


@dataclass
class Site:
    """A state with pool `p1` of xen1 (its master) and xen2 (newly installed, not joined), whose machines are simulated."""

    data: Path
    store: Store
    simulated: Simulated
    pool_id: int = 0
    host_id: int = 0

    def ask(self) -> JoinRow:
        return ask(self.store, "install-2", self.host_id, self.pool_id, time.time())

    def row(self) -> JoinRow:
        with self.store.site.read() as connection:
            found = joins.of_install(connection, "install-2")
        assert found is not None
        return found

    def told(self) -> list[Any]:
        with self.store.site.read() as connection:
            return list(connection.execute(select(t.install_event.c.kind, t.install_event.c.data).order_by(t.install_event.c.id)))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told()]

    @contextmanager
    def worker(self, patience: float = 20.0) -> Iterator[subprocess.Popen[str]]:
        port = self.simulated.host("xen1")["port"]
        command = [sys.executable, "-m", "tests.recovery.join_worker", str(self.data), str(port), str(patience)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                assert process.stdout.readline() == "ready\n"
                yield process
            finally:
                process.stdin.close()
                process.wait(60)

    def over(self) -> JoinRow:
        end = time.monotonic() + 60
        while (row := self.row()).state in joins.OPEN:
            assert time.monotonic() < end, row
        return row

    def joined(self) -> list[str]:
        """The pool's hosts by name, those that are enabled and live."""
        live = self.simulated.records("xen1", "host_metrics")
        return sorted(
            one["name_label"] for one in self.simulated.records("xen1", "host").values() if one["enabled"] and live[one["metrics"]]["live"]
        )


@pytest.fixture
def site(tmp_path: Path, simulated: Simulated) -> Iterator[Site]:
    data = tmp_path / "data"
    store = open_store(data, migrate=True)
    made, keys = Site(data, store, simulated), load_keys(data)
    simulated.install("xen1", "127.82.0.1", password=POOLS)
    simulated.install("xen2", "127.82.0.2", password=OWN)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        for number, name in enumerate(("xen1", "xen2"), 1):
            mac = f"52:54:00:82:00:0{number}"
            inventory.put_host(connection, Host(0, name, (mac,), "rack", address=IPv4Address(f"127.82.0.{number}")))
        members = tuple(Member(name, fingerprint=simulated.host(name)["fingerprint"]) for name in ("xen1", "xen2"))
        made.pool_id = pools.save(connection, Pool("p1", "xen1", members))
        pools.keep_secrets(connection, made.pool_id, seal_secrets(Secrets(POOLS), made.pool_id, keys))
        host = inventory.host(connection, "xen2")
        assert host is not None
        made.host_id = host.id
        armed = {"armed_by": "root", "armed_at": 1.0, "armed_boot_id": "b", "armed_boottime": 1.0, "expires": 2.0}
        install = {"id": "install-2", "host_id": host.id, "mode": "fresh", "interactive": False, "wants_answerfile": True}
        connection.execute(insert(t.install).values(**install, **armed, state="done", version=1))
        first = {"install_id": "install-2", "host_id": host.id, "token_hash": "h", "expires": 2.0, "boot_id": "b", "boottime": 1.0}
        kept = first_boot.sealed(first_boot.Kept(OWN, pool_id=made.pool_id), "install-2", keys)
        connection.execute(insert(t.first_boot).values(**first, state="running", sealed=kept))
    yield made
    store.close()


def test_a_host_that_asks_is_joined_and_the_record_tells_it(site: Site) -> None:
    first = site.ask()
    assert site.ask() == first, "asked twice is asked once"
    with site.worker():
        assert site.over().state == joins.JOINED
    assert site.joined() == ["xen1", "xen2"]
    assert site.kinds() == ["join.asked", "join.joining", "join.joined"]
    assert site.simulated.names().count("pool.join") == 1
    assert site.told()[-1].data["text"] == "xen2 is a member of pool p1"
    assert not any(secret in str(site.told()) for secret in (POOLS, OWN))


HELD = {
    "nothing known yet": ("xen1", "session.login_with_password", False),
    "the pool read": ("xen1", "host.get_all_records", False),
    "the host's login": ("xen2", "session.login_with_password", False),
    "the host read": ("xen2", "SR.get_all_records", False),
    "the join on its way": ("xen2", "pool.join", False),
    "the join begun and not answered": ("xen2", "pool.join", True),
}


def _some(names: Any, short: set[str]) -> list[Any]:
    """All of them, but those that are not `short` only in the long run: each begins three processes."""
    return [name if name in short else pytest.param(name, marks=pytest.mark.long) for name in names]


@pytest.mark.parametrize("name", _some(HELD, {"the join begun and not answered"}))
def test_killed_at_any_step_it_goes_on_and_the_host_joins_once(site: Site, name: str) -> None:
    host, call, after = HELD[name]
    site.ask()
    site.simulated.fault(call=call, host=host, kind="hold", after=after)
    with site.worker() as process:
        assert site.simulated.wait(call, host)
        process.kill()
        process.wait(60)
    site.simulated.release()
    with site.worker():
        assert site.over().state == joins.JOINED
    assert site.joined() == ["xen1", "xen2"]
    assert [one["name_label"] for one in site.simulated.records("xen1", "host").values()].count("xen2") == 1
    assert site.kinds() == ["join.asked", "join.joining", "join.joined"]


@pytest.mark.parametrize("kind", [pytest.param("hang", marks=pytest.mark.long), "drop"])
def test_what_passes_is_waited_for(site: Site, kind: str) -> None:
    site.ask()
    site.simulated.fault(call="pool.join", kind=kind, host="xen2", after=True)
    site.simulated.fault(call="host.get_all_records", kind=kind, host="xen1")
    with site.worker():
        assert site.over().state == joins.JOINED
    assert site.joined() == ["xen1", "xen2"]
    assert site.simulated.names().count("pool.join") == 1


def _shared(site: Site) -> None:
    site.simulated.storage("xen2", "NFS", "nfs")


def _guest(site: Site) -> None:
    site.simulated.guest("xen2", "web", "Running")


def _other_certificate(site: Site) -> None:
    site.simulated.install("xen2", "127.82.0.2", password=OWN)


def _lies(site: Site) -> None:
    site.simulated.fault(call="host.get_all_records", host="xen1", kind="lie", value={"OpaqueRef:1": {"uuid": 7}})


def _refuses(site: Site) -> None:
    site.simulated.change("xen2", edition="free")


def _repeats(site: Site) -> None:
    site.simulated.fault(call="pool.join", host="xen2", kind="refuse", words=["INTERNAL_ERROR", f"{POOLS}+{OWN}"])


def _repeats_later(site: Site) -> None:
    """In the words of the task, to another session than the one that was told the password."""
    task = {"name_label": "Async.pool.join", "status": "failure", "error_info": ["INTERNAL_ERROR", POOLS]}
    site.simulated.fault(call="task.get_all_records", host="xen2", kind="lie", value={"OpaqueRef:1": task})
    site.simulated.fault(call="task.destroy", host="xen2", kind="lie", value="")


def _takes_it_for_its_name(site: Site) -> None:
    site.simulated.set("xen2", "host", "", name_label=f"xen2-{POOLS}")
    _shared(site)


def _is_nobody(site: Site) -> None:
    site.simulated.fault(call="session.get_this_host", host="xen2", kind="lie", value="OpaqueRef:2")


def _gone(site: Site) -> None:
    site.simulated.kill("xen1")


HINDERED = {
    "shared storage": (_shared, "xen2 has shared storage of its own: NFS", "sr-forget"),
    "a guest": (_guest, "1 guests run or are suspended on xen2: web", "vm-shutdown"),
    "version": (lambda site: site.simulated.install("xen2", "127.82.0.2", password=OWN, version="8.2.1"), "another certificate", "trust"),
    "another certificate": (_other_certificate, "another certificate answers there", "pxeserve pool trust"),
    "clock": (lambda site: site.simulated.change("xen2", ahead=1000.0), "s apart", "NTP"),
    "lies": (_lies, "host.get_all_records: software_version", "xe host-list"),
    "repeats what it was told": (_repeats, "INTERNAL_ERROR [masked]+[masked]", "xensource.log"),
    "repeats it later": (_repeats_later, "INTERNAL_ERROR [masked]", "xensource.log"),
    "its name is what it was told": (_takes_it_for_its_name, "xen2-[masked] has shared storage of its own", "sr-forget"),
    "is none of its own hosts": (_is_nobody, "none of its own hosts", "xe host-list"),
    "XAPI refuses": (_refuses, "LICENCE_RESTRICTION", "host-apply-edition"),
    "pool's password": (lambda site: site.simulated.change("xen1", password="new"), "user or password is refused", "pool secret"),
    "nobody answers": (_gone, "connection refused", "xe-toolstack-restart"),
}


@pytest.mark.parametrize("name", _some(HINDERED, {"XAPI refuses", "repeats it later"}))
def test_what_stops_a_join_is_named_with_its_fix(site: Site, name: str) -> None:
    stop, because, fix = HINDERED[name]
    stop(site)
    site.ask()
    with site.worker(patience=0.5 if name == "nobody answers" else 20.0):
        row = site.over()
    assert row.state == joins.FAILED
    assert because in row.because
    assert fix in row.fix
    assert site.kinds()[-1] == "join.failed"
    assert because in site.told()[-1].data["text"]
    joined = site.simulated.records("xen1", "host").values()
    assert [one["name_label"] for one in joined] == ["xen1"]
    assert not any(secret in str(site.told()) + row.because for secret in (POOLS, OWN))


@pytest.mark.long   # the short run has it with a first boot: firstboot/test_mending.py
def test_a_join_that_failed_is_taken_up_again_when_it_was_mended(site: Site) -> None:
    site.simulated.change("xen2", version="8.2.1")
    site.ask()
    with site.worker():
        assert "xen2 runs XCP-ng 8.2.1" in site.over().because
        site.simulated.change("xen2", version="8.3.0")
        with site.store.site.write() as connection:
            again(connection, site.row(), time.time())
        assert site.over().state == joins.JOINED
    assert site.joined() == ["xen1", "xen2"]


def test_what_stands_of_the_same_host_from_before_is_told_and_left(site: Site) -> None:
    site.simulated.adopt("xen2", "xen1")
    before = site.simulated.host("xen2")["uuid"]
    site.simulated.install("xen2", "127.82.0.2", password=OWN)
    with site.store.site.write() as connection:
        pools.keep_fingerprint(connection, site.host_id, site.simulated.host("xen2")["fingerprint"], 1.0)
    site.ask()
    with site.worker():
        assert site.over().state == joins.JOINED
    assert before in site.told()[-1].data["note"]
    assert before in [one["uuid"] for one in site.simulated.records("xen1", "host").values()]
    assert "host.destroy" not in site.simulated.names()
