"""Sessions with toolstacks of every generation: what is read of them, and how each way of going wrong is told. No mocks: TLS and XML-RPC
of another process."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pxeserve.recovery import xapi
from pxeserve.recovery.xapi import Session
from pxeserve.recovery.xapi.errors import refusal
from tests.recovery.simulated import Simulated

PASSWORD = "not-to-be-told"


def connected(simulated: Simulated, name: str, *, seconds: float = 5.0, **said: Any) -> Session:
    host = simulated.host(name)
    given = {"user": "root", "password": PASSWORD, "fingerprint": host["fingerprint"], **said}
    return xapi.connect(host["address"], host["port"], seconds=seconds, **given)


@pytest.mark.parametrize(("version", "tls"), [("4.1.0", "1.0"), ("6.5.0", "1.0"), ("7.6.0", "1.2"), ("8.3.0", "")])
def test_a_host_of_any_generation_is_read_in_the_tls_that_it_speaks(simulated: Simulated, version: str, tls: str) -> None:
    simulated.install("xen1", "127.81.0.1", version=version, tls=tls, password=PASSWORD, cpu="AuthenticAMD")
    seen = xapi.shown("127.81.0.1", simulated.host("xen1")["port"], seconds=5)
    assert seen.fingerprint == simulated.host("xen1")["fingerprint"]
    assert seen.begins < time.time() < seen.ends
    assert seen.tls == {"1.0": "TLSv1", "1.2": "TLSv1.2", "": "TLSv1.3"}[tls]
    with connected(simulated, "xen1") as session:
        (host,) = session.hosts()
        assert (host.name, host.version, host.enabled, host.live) == ("xen1", version, True, True)
        assert session.cpu_vendor(host) == "AuthenticAMD"
        assert session.this_host() == host.ref == session.pool().master
        assert abs(session.clock(host.ref) - time.time()) < 30


def test_a_pool_is_read_with_its_storage_and_its_guests(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", address="127.81.0.{}", password=PASSWORD)
    shared = simulated.storage("xen1", "NFS", "nfs")
    simulated.guest("xen1", "web", "Running")
    simulated.guest("xen2", "mail", "Suspended", shared)
    simulated.guest("xen2", "old", "Halted")
    with connected(simulated, "xen1") as session:
        assert [one.name for one in session.hosts()] == ["xen1", "xen2"]
        assert {(one.name, one.kind, one.shared) for one in session.storages()} == {("Local storage", "ext", False), ("NFS", "nfs", True)}
        assert [one.name for one in session.vms_running()] == ["web"]
        assert [one.name for one in session.vms_suspended()] == ["mail"]


def test_not_a_byte_of_the_login_goes_to_another_certificate(simulated: Simulated) -> None:
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    before = simulated.host("xen1")["fingerprint"]
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    with pytest.raises(xapi.OtherCertificateError) as refused:
        connected(simulated, "xen1", fingerprint=before)
    assert refused.value.answered == simulated.host("xen1")["fingerprint"]
    assert "pxeserve pool trust" in refused.value.fix
    with pytest.raises(xapi.OtherCertificateError, match="nobody has said yet"):
        connected(simulated, "xen1", fingerprint="")
    assert simulated.calls() == []


def test_a_wrong_password_and_a_member_and_a_dead_host_are_three_things(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", address="127.81.0.{}", password=PASSWORD)
    with pytest.raises(xapi.RefusedLoginError, match="user or password is refused") as refused:
        connected(simulated, "xen1", password="also-secret")
    assert "also-secret" not in str(refused.value)
    with pytest.raises(xapi.IsMemberError) as member:
        connected(simulated, "xen2")
    assert member.value.master == "127.81.0.1"
    simulated.kill("xen2")
    with pytest.raises(xapi.UnreachableError, match="connection refused"):
        connected(simulated, "xen2")


WRONG = {
    "hang": (xapi.HangsError, "no answer within"),
    "slow": (xapi.HangsError, "no answer within"),
    "drop": (xapi.UnreachableError, "ended before"),
    "cut": (xapi.LiesError, "no XML"),
    "huge": (xapi.LiesError, "more than 4 MiB"),
    "deep": (xapi.LiesError, "more than 64 elements"),
    "status": (xapi.LiesError, "HTTP 500"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_an_answer_that_is_none_is_told_with_its_step_and_ends_in_time(simulated: Simulated, kind: str) -> None:
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    session = connected(simulated, "xen1", seconds=1.0)
    simulated.fault(call="host.get_all_records", kind=kind)
    error, words = WRONG[kind]
    with pytest.raises(error, match=words) as told:
        session.hosts()
    assert told.value.step == "host.get_all_records"
    assert told.value.fix
    assert PASSWORD not in str(told.value) + repr(session)
    assert simulated.names().count("host.get_all_records") == 1, "asked once, and not again by itself"


LIES = {
    "no struct": ("pool.get_all_records", ["a"], "pool.get_all_records"),
    "no reference": ("pool.get_all_records", {"x": {}}, "a reference"),
    "field missing": ("pool.get_all_records", {"OpaqueRef:1": {"uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12}}, "name_label"),
    "uuid": ("pool.get_all_records", {"OpaqueRef:1": {"uuid": "../x", "name_label": ""}}, "uuid"),
    "two pools": ("pool.get_all_records", {}, "one pool"),
    "long": (
        "pool.get_all_records", {"OpaqueRef:1": {"uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "name_label": "x" * 2000}}, "name_label",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_value_of_another_shape_is_a_lie_with_the_fields_name(simulated: Simulated, name: str) -> None:
    call, value, words = LIES[name]
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    with connected(simulated, "xen1") as session:
        simulated.fault(call=call, kind="lie", value=value)
        with pytest.raises(xapi.LiesError, match=words):
            session.pool()


def test_a_refusal_has_xapis_own_word_and_what_mends_it(simulated: Simulated) -> None:
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    with connected(simulated, "xen1") as session:
        simulated.fault(call="pool.recover_slaves", kind="refuse", words=["HA_IS_ENABLED"])
        with pytest.raises(xapi.RefusalError, match="high availability") as refused:
            session.recover_slaves()
        assert refused.value.words == ("HA_IS_ENABLED",)
        assert "pool-ha-disable" in refused.value.fix


def test_who_repeats_what_it_was_told_is_not_repeated_here(simulated: Simulated) -> None:
    """The password of the login and of a join, one of an earlier session, and the session itself: in whatever word of a refusal, and for
    the master's address too."""
    simulated.install("xen1", "127.81.0.1", password=PASSWORD)
    joins, earlier = "the-pools-password", "told-long-ago"
    with connected(simulated, "xen1", confided=(earlier,)) as session:
        handle = session._api.handle
        words = [f"<{PASSWORD}>", f"{joins}{earlier}", handle]
        for ask, call in ((lambda: session.join("127.81.0.9", "root", joins), "pool.join"), (session.hosts, "host.get_all_records")):
            for first in ("INTERNAL_ERROR", "HOST_IS_SLAVE", PASSWORD):
                simulated.fault(call=call, kind="refuse", words=[first, *words])
                with pytest.raises(xapi.RefusalError) as refused:
                    ask()
                error = refused.value
                told = f"{error} {error!r} {error.words} {error.fix} {getattr(error, 'master', '')}"
                assert not any(one in told for one in (PASSWORD, joins, earlier, handle)), told
                assert "<[masked]>" in error.words
    simulated.fault(call="session.login_with_password", kind="refuse", words=["INTERNAL_ERROR", PASSWORD])
    with pytest.raises(xapi.RefusalError) as at_the_login:
        connected(simulated, "xen1")
    assert PASSWORD not in str(at_the_login.value) and "[masked]" in str(at_the_login.value)


def test_a_short_password_is_no_part_of_a_word() -> None:
    assert xapi.hushed("HOST_OFFLINE", ("", "OFF")) == "HOST_OFFLINE"
    assert xapi.hushed("OFF", ("OFF",)) == "[masked]"
    followed = refusal("there", "login", ["HOST_IS_SLAVE", "10.0.0.1"], {"HOST_IS_SLAVE"})
    assert isinstance(followed, xapi.IsMemberError), "what happened is still known"
    assert "HOST_IS_SLAVE" not in followed.message


def test_a_member_takes_over_and_the_dead_one_is_forgotten(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", "xen3", address="127.81.0.{}", password=PASSWORD)
    simulated.kill("xen1")
    member = simulated.host("xen2")
    with xapi.connect_to_itself(member["address"], member["port"], "root", PASSWORD, member["fingerprint"], seconds=5) as session:
        session.emergency_transition_to_master()
    end = time.monotonic() + 60
    while _left_without_the_dead(simulated) != ["xen2", "xen3"]:  # its toolstack begins anew meanwhile
        assert time.monotonic() < end


def _left_without_the_dead(simulated: Simulated) -> list[str]:
    try:
        with connected(simulated, "xen2") as session:
            session.recover_slaves()
            for one in session.hosts():
                if one.name == "xen1":
                    assert not one.live
                    session.destroy_host(one.ref)
            return [one.name for one in session.hosts()]
    except xapi.XapiError:
        return []
