"""What the first page and the list of hosts are made of: right for forty hosts, and a few questions for ten thousand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as hooks

from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES, WRONG_STATES, InstallState
from pxeserve.errors import PxeserveError
from pxeserve.events import traffic
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.watching import overview
from pxeserve.snapshot import shared
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import events as record
from pxeserve.store import tables as t
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.console import scene


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    folder = tmp_path / "data"
    data_folder.own_folder(folder, None)
    prepare.fill(folder)
    store = open_store(folder)
    config = Config.model_validate({"server": {"data": str(folder), "interface": "lo", "address": "127.0.0.1"}})
    yield Context(config, store, Actor("tester"), lambda _: None)
    store.close()


@pytest.fixture
def site(context: Context) -> Context:
    scene.furnish(context.store)
    return context


def ask(context: Context, verb: str, **arguments: Any) -> Any:
    return registry.call(context, verb, arguments)


def questions(store: Store) -> list[str]:
    """Every statement that is asked of the store from now on."""
    asked: list[str] = []
    for database in (store.site, store.events, store.leases):
        hooks.listen(database.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: asked.append(statement))
    return asked


def test_every_host_is_told_of_once_and_counts_agree(site: Context) -> None:
    told = ask(site, "overview")
    assert [(one["rack"], one["total"]) for one in told["racks"]] == [("R1", 16), ("R2", 12), ("R3", 20), ("-", 1)]
    cells = {one["host"]: one for rack in told["racks"] for one in rack["hosts"]}
    assert len(cells) == told["hosts"] == sum(told["counts"].values()) == 49
    assert {one["host"] for one in cells.values() if one["troubled"]} == {one["host"] for one in told["stuck"]}
    assert told["racks"][1]["troubled"] == told["troubled"] == 5
    assert [one["since"] for one in told["stuck"]] == sorted((one["since"] for one in told["stuck"]), reverse=True)


def test_an_overview_agrees_with_the_racks_own_picture(site: Context) -> None:
    told = {one["rack"]: one for one in ask(site, "overview")["racks"]}
    for name in ("R1", "R2"):
        picture = ask(site, "rack.show", name=name)["hosts"]
        assert [_standing(one) for one in told[name]["hosts"]] == [_standing(one) for one in picture]


def test_of_too_many_on_their_way_those_are_asked_that_were_silent_the_longest(site: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ask(site, "overview")
    live = [one["host"] for rack in whole["racks"] for one in rack["hosts"] if one["state"] in LIVE_STATES - WRONG_STATES]
    with site.store.events.write() as connection:
        hosts = {host.name: host.macs for host in shared(site.store).current().hosts.values()}
        heard = {name: record.last_heard(connection, hosts[name]) for name in live}
    silent = min(live, key=lambda name: max(heard[name].values(), default=0.0))
    monkeypatch.setattr(overview, "LOOKED_AT", 1)
    told = ask(site, "overview")
    cells = {one["host"]: one for rack in told["racks"] for one in rack["hosts"]}
    assert len(live) > 2 and told["unasked"] == len(live) - 1 and whole["unasked"] == 0
    assert {name for name in live if cells[name]["step"] or cells[name]["troubled"]} <= {silent}
    wrong = [one["host"] for one in whole["stuck"] if one["state"] in WRONG_STATES]
    assert [one["host"] for one in told["stuck"] if one["host"] != silent] == wrong
    monkeypatch.setattr(overview, "TOLD", 1)
    told = ask(site, "overview")
    assert len(told["stuck"]) == 1 and told["troubled"] >= len(wrong) > 1


def test_what_is_kept_of_a_site_follows_the_clock_and_every_commit(site: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """An arming runs out though nobody commits anything; an install ends; a host is renamed."""

    def state(name: str) -> str:
        return {one["host"]: one["state"] for rack in ask(site, "overview")["racks"] for one in rack["hosts"]}[name]

    assert (state("xen-r1-16"), state("xen-r1-15"), state("xen-r1-14")) == ("armed", "booting", "installing")
    later = time.time() + 7200
    with monkeypatch.context() as clock:
        clock.setattr(overview.time, "time", lambda: later)
        assert (state("xen-r1-16"), state("xen-r1-14")) == ("lapsed", "installing")
    assert state("xen-r1-16") == "armed"
    with site.store.site.write() as connection:
        connection.execute(t.install.update().where(t.install.c.id == "i-xen-r1-14").values(state="failed", ended_at=time.time()))
    assert state("xen-r1-14") == "failed"
    with site.store.site.write() as connection:
        host = next(host for host in inventory.hosts(connection) if host.name == "xen-r1-14")
        inventory.put_host(connection, replace(host, name="other"))
    assert state("other") == "failed"


def _standing(one: dict[str, Any]) -> tuple[Any, ...]:
    """Of a host that is well the record is not asked."""
    return one["host"], one["state"], one["troubled"], one["step"] if one["state"] not in ("done", "idle") else None


@pytest.mark.parametrize("verb", ["overview", "host.browse", "status", "rack.list"])
def test_questions_are_as_many_for_ten_thousand_hosts_as_for_fifty(site: Context, verb: str) -> None:
    asked = questions(site.store)
    ask(site, verb)
    few = len(asked)
    with site.store.site.write() as connection:
        macs = [f"52:54:01:00:{number >> 8:02x}:{number & 255:02x}" for number in range(10_000)]
        inventory.put_hosts(connection, [Host(0, f"n{number}", (mac,), "pool", rack="R9") for number, mac in enumerate(macs)])
    ask(site, verb)  # reads the inventory anew
    asked.clear()
    ask(site, verb)
    assert len(asked) <= few
    assert few < 40


def test_hosts_are_narrowed_ordered_and_cut(site: Context) -> None:
    found = ask(site, "host.browse", search=["rack:R1"], by="since", down=True, limit=3)
    assert (found["all"], found["total"], [one["name"] for one in found["hosts"]]) == (49, 16, ["xen-r1-16", "xen-r1-15", "xen-r1-14"])
    assert found["counts"] == {"armed": 1, "booting": 1, "installing": 2, "done": 12}
    assert ask(site, "host.browse", search=["rack:R1"], by="since", down=True, offset=15)["hosts"][0]["name"] == "xen-r1-12"
    assert ask(site, "host.browse", search=["rack:-"])["total"] == 1
    assert ask(site, "host.browse", search=["52:54:00:77:01"])["total"] == 16
    words = ask(site, "host.words")
    assert {"name": "gpu", "hosts": 15} in words["tags"]
    assert words["racks"][0] == {"name": "-", "hosts": 1}
    for wrong in ({"by": "colour"}, {"limit": 0}, {"search": ["x"] * 21}, {"offset": -1}):
        with pytest.raises(PxeserveError):
            ask(site, "host.browse", **wrong)


def test_a_host_that_ran_its_first_hook_is_shown_at_its_packages(site: Context) -> None:
    cells = {one["host"]: one for rack in ask(site, "overview")["racks"] for one in rack["hosts"]}
    assert (cells["xen-r1-13"]["step"], cells["xen-r1-13"]["package"], cells["xen-r1-13"]["packages"]) == ("packages", 34, 60)
    late = scene.player(site.store, "R3", 1, 300).armed().boots().answers().fetches(60)
    late.does(5, "http.progress", stage="filesystem-populated").told()
    shown = {one["host"]: one for one in ask(site, "rack.show", name="R3")["hosts"]}
    assert shown["xen-r3-01"]["step"] == "hook"  # and the later one is what it has reached


def test_traffic_is_what_the_totals_grew_by_minute_by_minute(context: Context) -> None:
    now = time.time()
    ledger = Ledger(context.store)
    tftp = {"file": "pxelinux.0", "outcome": "done", "bytes": 600, "seconds": 0.1}
    ledger.write([Event("tftp.transfer", now, data=tftp), Event("boot.menu", now), Event("dhcp.discover", now)])
    ledger.write([Event("tftp.transfer", now, data=tftp), Event("dhcp.offer", now - 1)])
    told = ask(context, "traffic", minutes=60)
    series = {one["key"]: sum(one["values"]) for one in told["series"]}
    assert series == {"boots": 1, "dhcp": 2, "tftp-bytes": 20.0, "http-bytes": 0, "ftp-bytes": 0}  # 1,200 bytes in one minute
    assert told["at"][-1] <= now < told["at"][-1] + told["span"]
    assert ask(context, "counters") == []  # nothing of it was ignored or lost


def test_a_longer_time_has_no_more_places_and_the_same_sum(context: Context) -> None:
    minute = int(time.time()) // 60
    with context.store.events.write() as connection:
        record.add_counts(connection, {(minute - back, traffic.SOURCE, traffic.DHCP): 10 for back in range(1000)})
    told = ask(context, "traffic", minutes=1440)
    assert len(told["at"]) == 144
    values = next(one["values"] for one in told["series"] if one["key"] == "dhcp")
    assert sum(values) * told["span"] / 60 == 10_000
    for wrong in (0, 9, 7 * 1440 + 1):
        with pytest.raises(PxeserveError):
            ask(context, "traffic", minutes=wrong)


def test_an_empty_site_has_nothing_to_show_and_says_so(context: Context) -> None:
    told = ask(context, "overview")
    assert (told["hosts"], told["racks"], told["stuck"], told["counts"]) == (0, [], [], {})
    assert ask(context, "host.browse")["hosts"] == []


def test_a_lapsed_arming_is_lapsed_before_anybody_wrote_that_down(site: Context) -> None:
    assert {one["name"] for one in ask(site, "host.browse", search=["state:lapsed"])["hosts"]} == {"xen-r2-03"}
    with site.store.site.read() as connection:
        from pxeserve.store import installs

        row = installs.by_id(connection, "i-xen-r2-03")
    assert row is not None and row.state is InstallState.ARMED
