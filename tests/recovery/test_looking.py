"""A pool is asked how it stands: what differs from the record, and each who does not answer with its cause."""

from __future__ import annotations

from pxeserve.domain.pool import Member, Pool
from pxeserve.recovery.looking import Way, look
from tests.recovery.simulated import Simulated

PASSWORD = "the-pools-password"
ADDRESS = "127.83.0.{}"


def _pool(simulated: Simulated, *names: str, version: str = "8.3.0") -> Pool:
    members = tuple(Member(name, fingerprint=simulated.host(name)["fingerprint"]) for name in names)
    return Pool("p1", names[0], members, "XCP-ng", version)


def _way(simulated: Simulated, *names: str) -> Way:
    addresses = {name: ADDRESS.format(number) for number, name in enumerate(names, 1)}
    return Way(addresses, PASSWORD, simulated.host(names[0])["port"], 2.0)


def test_a_pool_that_is_as_it_was_recorded(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", address=ADDRESS, password=PASSWORD)
    stands = look(_pool(simulated, "xen1", "xen2"), _way(simulated, "xen1", "xen2"))
    assert stands.trouble == ""
    assert [(one.host, one.master, one.enabled, one.live, one.wrong) for one in stands.hosts] == [
        ("xen1", True, True, True, ()),
        ("xen2", False, True, True, ()),
    ]


def test_a_dead_member_one_half_upgraded_and_one_that_nobody_recorded(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", "xen3", "xen4", address=ADDRESS, password=PASSWORD)
    simulated.kill("xen2")
    simulated.change("xen3", version="8.2.1")
    record = next(ref for ref, one in simulated.records("xen1", "host").items() if one["name_label"] == "xen3")
    software = {"product_version": "8.2.1", "product_brand": "XCP-ng", "build_number": "release/stockholm/master/7"}
    simulated.set("xen1", "host", record, software_version=software, enabled=False)
    stands = look(_pool(simulated, "xen1", "xen2", "xen3"), _way(simulated, "xen1", "xen2", "xen3"))
    wrong = {one.host: one.wrong for one in stands.hosts}
    assert wrong["xen2"] == ("it does not answer its master: connection refused at 127.83.0.2",)
    assert "it is not enabled: no guest starts on it" in wrong["xen3"]
    assert "it runs 8.2.1, and the record says 8.3.0" in wrong["xen3"]
    assert wrong["xen4"] == ("the record does not have it in this pool",)


def test_a_master_that_is_none_any_more_is_told_and_not_followed(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", address=ADDRESS, password=PASSWORD)
    way = Way({"xen1": "127.83.0.1", "xen2": "127.83.0.2"}, PASSWORD, simulated.host("xen1")["port"], 2.0)
    stands = look(_pool(simulated, "xen2", "xen1"), way)
    assert "HOST_IS_SLAVE 127.83.0.1" in stands.trouble
    assert "pool set NAME --master" in stands.fix
    assert [call["host"] for call in simulated.calls()] == ["xen2"]


def test_a_pool_whose_master_is_dead_says_who_else_is(simulated: Simulated) -> None:
    simulated.pool("xen1", "xen2", "xen3", address=ADDRESS, password=PASSWORD)
    simulated.kill("xen1")
    simulated.kill("xen3")
    stands = look(_pool(simulated, "xen1", "xen2", "xen3"), _way(simulated, "xen1", "xen2", "xen3"))
    assert "connection refused" in stands.trouble
    wrong = {one.host: one.wrong for one in stands.hosts}
    assert wrong["xen2"] == ()
    assert wrong["xen3"] == ("connection refused at 127.83.0.3",)
