"""Arming many: nothing happens unless the number is right, and then to all of them or to none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.domain.medium import MediumState
from pxeserve.store import audit, discovered, installs, inventory, media
from pxeserve.store import tables as t
from pxeserve.store.discovered import Machine
from tests.operations.test_site import Site, furnished

RACK = 5
NAMES = [f"r{number:02}" for number in range(RACK)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    for number, name in enumerate(NAMES):
        made.ask("host.add", name=name, mac=[f"52:54:00:78:00:{number:02x}"], profile="rack", set=["rack=R2"])
    yield made
    with made.context.store.site.read() as connection:
        assert audit.broken_at(connection) is None
    made.context.store.close()


def states(site: Site) -> dict[str, str]:
    return {host["name"]: host["state"] for host in site.ask("host.list")}


def end(site: Site, name: str, state: InstallState, ended_at: float | None = None) -> None:
    """Let the newest install of `name` end so."""
    with site.context.store.site.write() as connection:
        host = inventory.host(connection, name)
        assert host is not None
        row = installs.newest_of(connection, host.id)
        assert row is not None
        installs.advance(connection, row, {"state": state, "ended_at": ended_at if ended_at is not None else time.time()})


def armings(site: Site) -> int:
    with site.context.store.site.read() as connection:
        return len(connection.execute(t.install.select()).all())


def test_the_right_number_arms_them_all_and_each_has_its_own_password_and_token(site: Site) -> None:
    answer = site.ask("host.install-all", rack="R2", count=RACK)
    assert [one["host"] for one in answer["hosts"]] == NAMES
    assert len({one["root_password"] for one in answer["hosts"]}) == len({one["install"] for one in answer["hosts"]}) == RACK
    assert all(one["erases"] == ["sda"] and one["medium"] == "sample" for one in answer["hosts"])
    assert answer["refused"] == []
    assert states(site) == {**dict.fromkeys(NAMES, "armed"), "xen01": "idle"}
    with site.context.store.site.read() as connection:
        rows = connection.execute(t.install.select()).all()
        audited = connection.execute(t.audit.select().where(t.audit.c.action == "host.install")).all()
    assert len({row.token_hash for row in rows}) == len({row.sealed for row in rows}) == RACK
    assert sorted(line.object for line in audited) == NAMES


@pytest.mark.parametrize("count", [None, 0, RACK - 1, RACK + 1])
def test_any_other_number_arms_nothing_and_says_what_was_found(site: Site, count: int | None) -> None:
    site.ask("host.install", name="r00")
    before = armings(site)
    said = site.refused("host.install-all", rack="R2", count=count)
    assert f"{RACK} hosts are found: the hosts of rack R2; nothing is armed" in said
    assert f"--count {RACK}" in said
    assert "erases sda" in said
    assert "r01, r02, r03, r04: fresh from sample" in said
    assert "r00: already has an install that is armed" in said
    assert armings(site) == before


def test_one_that_cannot_be_armed_keeps_all_others_from_it_and_is_named(site: Site) -> None:
    site.ask("host.install", name="r01")
    site.ask("host.set", name="r03", set=["primary-disk=null"])
    said = site.refused("host.install-all", rack="R2", count=RACK)
    assert "2 of 5 hosts cannot be armed, so none was" in said
    assert "r01 already has an install that is armed" in said
    assert "r03: " in said
    assert {name for name, state in states(site).items() if state != "idle"} == {"r01"}


def test_those_that_can_are_armed_when_that_is_asked_for_and_their_number_is_right(site: Site) -> None:
    site.ask("host.install", name="r01")
    said = site.refused("host.install-all", rack="R2", count=RACK, those_that_can=True)
    assert "of which 4 can be armed; nothing is armed" in said
    answer = site.ask("host.install-all", rack="R2", count=4, those_that_can=True)
    assert [one["host"] for one in answer["hosts"]] == ["r00", "r02", "r03", "r04"]
    assert [one["host"] for one in answer["refused"]] == ["r01"]


def test_a_damaged_medium_is_said_once_for_all_of_them(site: Site) -> None:
    with site.context.store.site.write() as connection:
        media.set_state(connection, "sample", MediumState.DAMAGED, "base.tar.bz2: SHA-256 is wrong")
    said = site.refused("host.install-all", rack="R2")
    assert said.count("is damaged: base.tar.bz2") == 1
    assert "r00, r01, r02, r03, r04: medium sample is damaged" in said


def test_what_comes_between_the_check_and_the_writing_stops_all(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is armed by somebody else while this arming prepares."""
    from pxeserve.operations.arming import bulk

    real: Callable[..., Any] = bulk.armed

    def late(context: Any, ready: Any, now: float, reveal: Any) -> Any:
        site.ask("host.install", name="r02")
        return real(context, ready, now, reveal)

    monkeypatch.setattr(bulk, "armed", late)
    assert "r02 already has an install that is armed" in site.refused("host.install-all", rack="R2", count=RACK)
    assert {name for name, state in states(site).items() if state != "idle"} == {"r02"}


def test_hosts_that_were_installed_today_want_their_names(site: Site) -> None:
    for name in ("r00", "r01", "r02"):
        site.ask("host.install", name=name)
    end(site, "r00", InstallState.DONE)
    end(site, "r01", InstallState.DONE, time.time() - 25 * 3600)
    end(site, "r02", InstallState.FAILED)
    assert site.ask("host.plan", rack="R2")["recent"] == ["r00"]
    said = site.refused("host.install-all", rack="R2", count=RACK)
    assert "1 of 5 hosts were installed within the last day; nothing is armed" in said
    assert "r00: was installed" in said
    assert "r01" not in said
    assert len(site.ask("host.install-all", rack="R2", count=RACK, confirm=["r00"])["hosts"]) == RACK


def test_one_host_that_was_installed_a_while_ago_says_when(site: Site) -> None:
    site.ask("host.install", name="r00")
    end(site, "r00", InstallState.DONE, time.time() - 3 * 3600)
    assert "r00 was installed 3 hours ago, and installing it again erases its disks" in site.refused("host.install", name="r00")
    end(site, "r00", InstallState.DONE, time.time() - 25 * 3600)
    assert "r00 has been installed before" in site.refused("host.install", name="r00")
    assert site.ask("host.install", name="r00", confirm="r00")["install"]


def test_two_hosts_with_one_uuid_are_both_refused(site: Site) -> None:
    uuid = "7e57ab1e-0000-4000-8000-000000000001"
    with site.context.store.site.write() as connection:
        connection.execute(t.host.update().where(t.host.c.name.in_(["r00", "xen01"])).values(uuid=uuid))
        inventory.raise_revision(connection)
    assert "and so has xen01: nobody knows which" in site.refused("host.install", name="r00")
    assert "and so has r00" in site.refused("host.install", name="xen01")
    assert "r00: has the UUID" in site.refused("host.install-all", rack="R2")


def test_a_card_behind_two_ports_is_refused_and_one_behind_two_routers_is_not(site: Site) -> None:
    heard(site, "52:54:00:78:00:00", giaddr="10.1.0.1", circuit="0a01", xid="aa")
    heard(site, "52:54:00:78:00:00", giaddr="10.1.0.1", circuit="0a02", xid="bb")
    for xid in ("cc", "dd"):
        for router in ("10.2.0.2", "10.2.0.3"):
            heard(site, "52:54:00:78:00:01", giaddr=router, xid=xid)
    said = site.refused("host.install-all", rack="R2")
    assert "r00: 52:54:00:78:00:00 was heard through 10.1.0.1 0a01 and through 10.1.0.1 0a02" in said
    assert "r01, r02, r03, r04: fresh from sample" in said


def test_a_host_of_which_no_card_is_known_cannot_be_armed_and_its_uuid_finds_the_machine(site: Site) -> None:
    uuid = "7e57ab1e-0000-4000-8000-000000000009"
    with site.context.store.events.write() as connection:
        discovered.put(connection, [Machine("52:54:00:aa:bb:cc", 1.0, time.time(), vendor_class="PXEClient", uuid=uuid)], 100)
    [note] = site.ask("host.add", name="new", mac=[], profile="rack", set=[f"uuid={uuid}"])["notes"]
    assert "52:54:00:aa:bb:cc (it has this host's UUID" in note
    assert "no card of it is known yet" in site.refused("host.install", name="new")


def test_a_plan_changes_nothing_and_holds_no_password(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["root-password=random"])
    plan = site.ask("host.plan", rack="R2", mode="fresh")
    assert (plan["found"], [one["host"] for one in plan["hosts"]], plan["refused"]) == (RACK, NAMES, [])
    assert armings(site) == 0
    assert "root_password" not in str(plan)


def test_cancelling_wants_the_number_of_installs_too(site: Site) -> None:
    assert "none of the hosts of rack R2 has an install" in site.refused("host.cancel-all", rack="R2", count=RACK)
    site.ask("host.install-all", name=NAMES[:3], count=3)
    said = site.refused("host.cancel-all", rack="R2", count=RACK)
    assert "5 was said, and 3 installs of the hosts of rack R2 would be cancelled; none was" in said
    assert "armed: r00, r01, r02" in said
    assert set(states(site).values()) == {"armed", "idle"}
    answer = site.ask("host.cancel-all", rack="R2", count=3)
    assert [one["state"] for one in answer["hosts"]] == ["cancelled"] * 3


def test_more_than_a_thousand_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxeserve.operations.arming.bulk.MOST", RACK - 1)
    assert "at most are taken at once" in site.refused("host.install-all", rack="R2", count=RACK)


def test_two_hundred_hosts_in_one_go(site: Site, record_property: Any) -> None:
    many = 200
    site.ask("profile.set", name="rack", set=["root-password=random"])
    with site.context.store.site.write() as connection:
        for number in range(many):
            inventory.put_host(connection, Host(0, f"m{number:03}", (f"52:54:00:79:00:{number:02x}",), "rack", rack="R3"))
    began = time.perf_counter()
    plan = site.ask("host.plan", rack="R3")
    planned = time.perf_counter() - began
    answer = site.ask("host.install-all", rack="R3", count=many)
    took = time.perf_counter() - began - planned
    assert plan["found"] == len(plan["hosts"]) == len(answer["hosts"]) == many
    record_property("figure", f"{many} hosts with random passwords: planned in {planned:.1f} s, armed in {took:.1f} s")


# --- machines that nobody has heard ---


def test_arming_and_naming_a_card_that_nobody_heard_says_so_with_what_is_near(site: Site) -> None:
    heard(site, "52:54:00:78:00:f0", vendor_class="PXEClient:Arch:00007")
    [note] = site.ask("host.add", name="new", mac=["52:54:00:78:00:f1"], profile="rack")["notes"]
    assert "52:54:00:78:00:f1 was never heard here; heard and unknown: 52:54:00:78:00:f0 (the board's other port" in note
    assert "as PXEClient:Arch:00007" in note
    [note] = site.ask("host.install", name="new")["notes"]
    assert "was never heard here" in note
    heard(site, "52:54:00:78:00:00")
    assert site.ask("host.install", name="r00")["notes"] == []


def test_another_hosts_card_is_not_called_near(site: Site) -> None:
    heard(site, "52:54:00:78:00:01")
    [note] = site.ask("host.install", name="r00")["notes"]
    assert "52:54:00:78:00:01" not in note


def heard(site: Site, mac: str, **data: Any) -> None:
    with site.context.store.events.write() as connection:
        values = {"at": time.time(), "kind": "dhcp.discover", "mac": mac, "text": "", "data": data}
        connection.execute(t.event.insert().values(**values))
