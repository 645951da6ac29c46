"""The picture of a rack: right at every moment, for forty hosts and for a thousand, by a few questions however many there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as hooks

from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.errors import PxeserveError
from pxeserve.operations.watching.racks import standings
from pxeserve.store import events as record
from pxeserve.store import installs, inventory
from pxeserve.store import tables as t
from pxeserve.timeline.missing.silent import PATIENCE
from tests.operations.test_site import Site, furnished

HOUR = 3600.0
RACK = 40


@dataclass
class Machine:
    """One host of the rack, and what it does. `at` is epoch seconds of the last thing that it did."""

    site: Site
    name: str
    mac: str
    at: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    def armed(self, **more: Any) -> Machine:
        """Armed at `at`, as `host.install` leaves it, but for what is sealed."""
        with self.site.context.store.site.write() as connection:
            host = inventory.host(connection, self.name)
            assert host is not None
            values: dict[str, Any] = {
                "id": f"i-{self.name}", "host_id": host.id, "rehearsal_mac": None, "mode": "fresh", "interactive": False,
                "wants_answerfile": True, "state": "armed", "version": 0, "armed_by": "tester", "armed_at": self.at, "armed_boot_id": "x",
                "armed_boottime": 0.0, "expires": self.at + HOUR, "medium": "sample", "medium_revision": "r",
            }  # fmt: skip
            connection.execute(t.install.insert().values(**{**values, **more}))
        return self

    def is_now(self, state: InstallState, **more: Any) -> Machine:
        """A transition, as the store has it."""
        with self.site.context.store.site.write() as connection:
            row = installs.by_id(connection, f"i-{self.name}")
            assert row is not None
            installs.advance(connection, row, {"state": state, **more})
        return self

    def does(self, kind: str, session: str | None = None, after: float = 1.0, text: str = "", **data: Any) -> Machine:
        """One thing that the record is told of."""
        self.at += after
        row = {
            "at": self.at, "kind": kind, "host": self.name, "mac": self.mac, "address": "10.77.0.9", "install": None, "session": session,
            "text": text, "data": data, "outbox_id": None, "steady": self.at,
        }  # fmt: skip
        with self.site.context.store.events.write() as connection:
            record.add(connection, [row])
        return self

    def boots(self) -> Machine:
        """From its DISCOVER to the RAM disk."""
        self.does("dhcp.discover", arch="0", vendor_class="PXEClient").does("dhcp.offer", "s", file="b/s/debian/pxelinux.0")
        self.does("dhcp.ack", "s", file="b/s/debian/pxelinux.0")
        for name in ("pxelinux.0", "pxelinux.cfg/01-mac", "m/sample/boot/xen.gz", "m/sample/install.img"):
            self.does("tftp.transfer", "s", file=f"b/s/debian/{name}", outcome="done", bytes=1000, seconds=0.1)
        return self

    def answered(self) -> Machine:
        """The answerfile went out."""
        self.does("http.answerfile", outcome="delivered", bytes=500)
        return self.is_now(InstallState.ANSWERED, delivered_at=self.at)

    def fetches(self, package: int, of: int = 60) -> Machine:
        """One package."""
        path = f"packages/{package}.tar.bz2"
        return self.does("http.file", medium="sample", path=path, outcome="done", bytes=10, seconds=0.1, package=package, packages=of)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    with made.context.store.site.write() as connection:
        for number in range(RACK):
            inventory.put_host(connection, Host(0, f"r{number:02}", (f"52:54:00:78:00:{number:02x}",), "rack", rack="R2"))
    yield made
    made.context.store.close()


def machine(site: Site, number: int, ago: float = 600.0) -> Machine:
    return Machine(site, f"r{number:02}", f"52:54:00:78:00:{number:02x}", time.time() - ago)


def picture(site: Site) -> dict[str, Any]:
    return {one["host"]: one for one in site.ask("rack.show", name="R2")["hosts"]}


def test_each_state_and_step_is_shown_as_it_is(site: Site) -> None:
    machine(site, 0)
    machine(site, 1, 30).armed()
    machine(site, 2, 5).armed().does("dhcp.discover", arch="0").does("dhcp.offer", "s", file="b/s/x/pxelinux.0")
    machine(site, 3, 30).armed().boots().is_now(InstallState.BOOTING)
    machine(site, 4, 30).armed().boots().answered()
    machine(site, 5, 30).armed().boots().answered().fetches(1).fetches(2).is_now(InstallState.INSTALLING)
    failed = machine(site, 6).armed().boots().answered().fetches(7)
    failed.does("http.progress", stage="failed").is_now(InstallState.FAILED, ended_at=failed.at, ended_because="installer said 1")
    done = machine(site, 7).armed().boots().answered().fetches(60).does("http.progress", stage="done")
    done.is_now(InstallState.DONE, ended_at=done.at)
    machine(site, 8, 2 * HOUR).armed()  # nobody came round yet to let it lapse
    machine(site, 9).armed().is_now(InstallState.FROZEN)
    shown = picture(site)
    found = [(shown[f"r{number:02}"]["state"], shown[f"r{number:02}"]["step"]) for number in range(10)]
    assert found == [
        ("idle", None), ("armed", None), ("armed", "offered"), ("booting", "RAM disk"), ("answered", "answerfile"),
        ("installing", "packages"), ("failed", "packages"), ("done", "done"), ("lapsed", None), ("frozen", None),
    ]  # fmt: skip
    assert (shown["r05"]["package"], shown["r05"]["packages"]) == (2, 60)
    assert (shown["r06"]["package"], shown["r06"]["because"]) == (7, "installer said 1")
    assert shown["r06"]["since"] == failed.at
    assert "pxeserve events --host r09" in shown["r09"]["because"]
    counts = site.ask("rack.show", name="R2")["counts"]
    assert counts == {
        "armed": 2, "booting": 1, "answered": 1, "installing": 1, "done": 1, "failed": 1, "lapsed": 1, "frozen": 1, "idle": RACK - 9,
    }  # fmt: skip
    assert {one["host"] for one in shown.values() if one["troubled"]} == {"r06", "r08", "r09"}


def test_a_failed_machine_that_boots_its_disk_still_shows_where_it_failed(site: Site) -> None:
    failed = machine(site, 0).armed().boots().answered().fetches(7).does("http.progress", stage="failed")
    failed.is_now(InstallState.FAILED, ended_at=failed.at).does("dhcp.offer", "t", after=30, file="b/t/x/pxelinux.0")
    failed.does("boot.menu", "t", target="own-disk", because=[])
    again = machine(site, 1).armed().boots().answered().does("boot.menu", "t", target="own-disk", because=[])
    again.is_now(InstallState.INSTALLING)
    shown = picture(site)
    assert (shown["r00"]["step"], shown["r00"]["package"]) == ("packages", 7)
    assert shown["r01"]["step"] == "own disk"


def test_what_is_overdue_is_said_with_what_it_means_and_not_of_what_has_ended(site: Site) -> None:
    machine(site, 0, 3000).armed().boots().is_now(InstallState.BOOTING)
    late = machine(site, 1, 3000).armed().boots().is_now(InstallState.BOOTING)
    late.is_now(InstallState.CANCELLED, ended_at=late.at)
    shown = picture(site)
    assert shown["r00"]["overdue"]["overdue"]
    assert shown["r00"]["troubled"]
    assert shown["r01"]["overdue"] is None


def test_a_step_never_contradicts_the_store(site: Site) -> None:
    """The record is a moment behind, or lost something: the state alone is known."""
    machine(site, 0, 30).armed().does("dhcp.discover", arch="0").is_now(InstallState.BOOTING)
    machine(site, 1, 30).armed().is_now(InstallState.ANSWERED, delivered_at=time.time())
    machine(site, 2, 30).armed(wants_answerfile=False, interactive=True).is_now(InstallState.ANSWERED, delivered_at=time.time())
    machine(site, 3, 30).armed().boots().is_now(InstallState.DONE, ended_at=time.time())
    assert [picture(site)[f"r{number:02}"]["step"] for number in range(4)] == ["menu", "answerfile", "RAM disk", "done"]


def test_what_was_before_the_arming_is_not_its_step(site: Site) -> None:
    before = machine(site, 0, 5000).boots()
    assert before.at < time.time() - 4000
    Machine(site, before.name, before.mac, time.time() - 10).armed()
    assert picture(site)["r00"]["step"] is None


def test_a_lease_that_is_renewed_takes_no_step_back(site: Site) -> None:
    machine(site, 0, 60).armed().boots().answered().fetches(1).does("dhcp.request").does("dhcp.ack").is_now(InstallState.INSTALLING)
    assert picture(site)["r00"]["step"] == "packages"


def test_an_armed_host_that_is_not_heard_says_so_everywhere(site: Site) -> None:
    machine(site, 0, PATIENCE + 60).armed()
    machine(site, 1, PATIENCE + 60).armed().does("dhcp.discover", arch="0")
    machine(site, 2, 60).armed().does("dhcp.discover").does("dhcp.ack", text="lent 10.77.0.9")
    shown = picture(site)
    assert "armed for 6 minutes, and nothing was heard of it" in shown["r00"]["unheard"]["text"]
    assert shown["r01"]["unheard"] is None
    assert "started its own system instead" in shown["r02"]["unheard"]["text"]
    assert [shown[name]["step"] for name in ("r00", "r01", "r02")] == [None, "asks", None]
    assert "nothing was heard" in site.ask("host.show", name="r00")["unheard"]["text"]
    assert {one["name"] for one in site.ask("host.list") if one["unheard"]} == {"r00", "r02"}
    assert "nothing was heard" in site.ask("timeline", host="r00")["unheard"]["text"]
    assert site.ask("timeline", host="r01")["unheard"] is None
    assert [shown[name]["next"] for name in ("r00", "r02")] == [shown[name]["unheard"] for name in ("r00", "r02")]
    told = site.ask("timeline", host="r00")
    assert told["next"] == told["unheard"] == site.ask("explain", mac="r00")["next"]  # a moment later, within the same minute
    assert told["next"]["expected"] == "the machine boots from its network card and asks by DHCP"
    because = site.ask("explain", mac="52:54:00:78:00:00")["because"]
    assert [one["code"] for one in because].count("unheard") == 1
    assert any("ipmitool" in one["text"] for one in because if one["code"] == "unheard-cause")


def test_what_is_awaited_stands_in_the_picture_before_it_is_overdue(site: Site) -> None:
    machine(site, 0, 5).armed()
    machine(site, 1, 5).armed().does("dhcp.discover", arch="0")
    machine(site, 2, 5).armed().boots().answered().is_now(InstallState.DONE, ended_at=time.time())
    shown = picture(site)
    assert [shown[name]["unheard"] or shown[name]["overdue"] for name in ("r00", "r01", "r02")] == [None] * 3
    assert shown["r00"]["next"]["expected"] == "the machine boots from its network card and asks by DHCP"
    assert shown["r01"]["next"]["expected"] != shown["r00"]["next"]["expected"]
    assert (shown["r00"]["next"]["overdue"], shown["r01"]["next"]["overdue"], shown["r02"]["next"]) == (False, False, None)


def test_an_unknown_card_that_is_near_is_named_still_when_the_arming_has_run_out(site: Site) -> None:
    site.ask("host.add", name="new", mac=["52:54:00:78:00:f1"], profile="rack", set=["rack=R2"])
    host = Machine(site, "new", "52:54:00:78:00:f1", time.time() - 900).armed()

    def record_has(at: float, kind: str, **more: Any) -> None:
        with site.context.store.events.write() as connection:
            connection.execute(t.event.insert().values(at=at, kind=kind, text="", data={}, **more))

    record_has(host.at - 9000, "dhcp.discover", mac="52:54:00:78:00:f0")
    record_has(host.at, "install.armed", host="new", install="i-new")
    before = site.ask("timeline", host="new")["next"]["causes"]
    assert "52:54:00:78:00:f0" in next(one["tell"] for one in before if one["code"] == "another-card")
    host.is_now(InstallState.LAPSED, ended_at=host.at + 800)
    record_has(host.at + 800, "install.lapsed", host="new", install="i-new")
    for told in (site.ask("timeline", host="new"), site.ask("explain", mac="new")):
        causes = {one["code"]: one for one in told["next"]["causes"]}
        assert list(causes) == ["lapsed-unheard", "another-card"]
        assert "52:54:00:78:00:f0 (the board's other port" in causes["another-card"]["tell"]


def test_an_install_that_may_run_on_another_machine_says_so_everywhere(site: Site) -> None:
    host = machine(site, 0, 60).armed().boots().answered().is_now(InstallState.INSTALLING)
    host.is_now(InstallState.INSTALLING, doubt="10.77.0.9 is being installed as r00, and its serial number is another's")
    shown = picture(site)
    assert shown["r00"]["troubled"]
    assert "serial number" in shown["r00"]["doubt"]
    assert "serial number" in site.ask("host.show", name="r00")["doubt"]
    assert shown["r01"]["doubt"] is None


def test_a_timeline_of_an_earlier_moment_or_install_knows_nothing_of_what_came_later(site: Site) -> None:
    host = machine(site, 0, 60).armed()
    began = host.at
    host.does("dhcp.discover", after=30).does("dhcp.ack", text="lent 10.77.0.9")
    assert "started its own system" in site.ask("timeline", host="r00")["unheard"]["text"]
    assert "started its own system" in site.ask("timeline", host="r00", at=began + 40)["unheard"]["text"]
    assert site.ask("timeline", host="r00", at=began + 10)["unheard"] is None
    assert site.ask("timeline", host="r00", at=began - 10)["unheard"] is None
    for name, after in (("i-old", -20.0), ("i-r00", 20.0)):
        host.at = began + after
        host.does("install.armed")
        with site.context.store.events.write() as connection:
            connection.execute(t.event.update().where(t.event.c.at == host.at).values(install=name))
    assert site.ask("timeline", install="i-r00")["unheard"] is not None
    assert site.ask("timeline", install="i-old")["unheard"] is None


def test_in_proxy_mode_a_system_is_known_by_what_it_asked_of_the_other_server(site: Site) -> None:
    host = machine(site, 0, 60).armed()
    with site.context.store.leases.write() as connection:
        connection.execute(t.sighting.insert().values(address="10.77.0.44", mac=host.mac, at=host.at + 30))
    assert "10.77.0.44" in picture(site)["r00"]["unheard"]["text"]


def test_racks_are_listed_with_those_in_none_under_a_name_of_their_own(site: Site) -> None:
    machine(site, 0, 30).armed()
    found = site.ask("rack.list")
    assert [(one["rack"], one["hosts"]) for one in found] == [("R2", RACK), ("-", 1)]
    assert found[0]["counts"] == {"armed": 1, "idle": RACK - 1}
    assert [one["host"] for one in site.ask("rack.show", name="-")["hosts"]] == ["xen01"]
    assert "did you mean R2?" in site.refused("rack.show", name="R3")


def test_however_many_hosts_there_are_the_questions_are_the_same_few(site: Site) -> None:
    def questions(count: int) -> int:
        asked: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_more: Any) -> None:
            if statement.startswith(("SELECT", "WITH")):
                asked.append(statement)

        engines = [database.engine for database in (site.context.store.site, site.context.store.events, site.context.store.leases)]
        for engine in engines:
            hooks.listen(engine, "before_cursor_execute", note)
        try:
            with site.context.store.site.read() as connection:
                hosts = [host for host in inventory.hosts(connection) if host.rack][:count]
                newest = installs.newest_by_host(connection)
            standings(site.context, hosts, newest, time.time())
        finally:
            for engine in engines:
                hooks.remove(engine, "before_cursor_execute", note)
        return len(asked)

    for number in range(RACK):
        machine(site, number, 30).armed().boots().answered().fetches(number + 1)
    questions(1)  # the inventory is read once and kept
    assert questions(2) == questions(RACK) < 15


def test_forty_hosts_in_the_middle_of_their_installation_are_shown_fast(site: Site, record_property: Any) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(RACK):
        one = machine(site, number, 60).armed().boots().answered()
        rows += _packages(one, 200)
    with site.context.store.events.write() as connection:
        record.add(connection, rows)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        shown = picture(site)
        took.append(time.perf_counter() - began)
    assert {one["package"] for one in shown.values()} == {200}
    record_property("figure", f"{RACK} hosts, {len(rows)} packages on record: the picture in {min(took) * 1000:.0f} ms")


def _packages(one: Machine, count: int) -> Sequence[dict[str, Any]]:
    return [
        {
            "at": one.at + number / 10, "kind": "http.file", "host": one.name, "mac": one.mac, "address": "10.77.0.9", "install": None,
            "session": None, "text": "", "outbox_id": None, "steady": one.at + number / 10,
            "data": {"medium": "s", "path": f"p/{number}", "outcome": "done", "bytes": 10, "package": number, "packages": 300},
        }
        for number in range(1, count + 1)
    ]  # fmt: skip


def test_the_picture_is_given_again_when_something_has_changed(site: Site) -> None:
    from pxeserve.operations.watching import racks

    with pytest.raises(PxeserveError, match="no service is running"):
        site.ask("rack.follow", name="R2")
    unchanged = racks._followed(site.context, "R2", every=0.0)
    assert next(unchanged)["counts"] == next(unchanged)["counts"] == {"idle": RACK}
    pictures = racks._followed(site.context, "R2")
    assert next(pictures)["counts"] == {"idle": RACK}
    machine(site, 3, 5).armed()
    assert next(pictures)["counts"] == {"armed": 1, "idle": RACK - 1}
