"""The first page: every host of every rack in the state that it is in, what is stuck and why, and how to begin where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pxeserve.console.pages import overview as page
from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.events import traffic
from pxeserve.operations.watching import overview
from pxeserve.store import events as record
from pxeserve.store import inventory
from tests.console.conftest import Console
from tests.console.pages.conftest import look


def test_every_host_of_a_rack_is_a_slot_with_its_state_in_words_shape_and_colour(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/")
    racks = {one.get("aria-label"): one for one in shown.all("//section[@class='rack']")}
    assert list(racks) == ["Rack R1", "Rack R2", "Rack R3", "Hosts in no rack"]
    slots = {one.get("id").removeprefix("h-"): one for one in racks["Rack R1"].xpath(".//a[contains(@class, 'slot')]")}
    assert len(slots) == 16
    assert slots["xen-r1-13"].get("aria-label") == "xen-r1-13: installing, package 34 of 60"
    assert "is-installing" in slots["xen-r1-13"].get("class")
    assert slots["xen-r1-13"].xpath(".//use/@href")[0].endswith("#installing")
    assert slots["xen-r1-13"].xpath(".//rect/@width") == ["56.7"]  # 34 of 60
    assert slots["xen-r1-01"].get("aria-label") == "xen-r1-01: done"
    assert slots["xen-r1-16"].get("aria-label") == "xen-r1-16: armed"


def test_who_is_stuck_is_named_with_the_first_cause_and_what_to_do(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/")
    told = {one.xpath(".//a[@class='what']")[0].text: " ".join(one.text_content().split()) for one in shown.all("//*[@id='stuck']//li")}
    assert set(told) == {"xen-r2-01", "xen-r2-02", "xen-r2-03", "xen-r2-04", "xen-r2-05"}
    assert "Did not come: the installer asks for its answerfile" in told["xen-r2-01"]
    assert "driver for its network card" in told["xen-r2-01"]
    assert "4 other causes" in told["xen-r2-01"]
    assert "the installer ended with 1" in told["xen-r2-02"]
    assert "nothing was heard of it" in told["xen-r2-04"]
    assert shown.all("//*[@id='stuck']//*[@class='fix']")


def test_the_page_of_an_empty_site_says_how_to_begin(console: Console) -> None:
    shown = look(console.as_role(Role.OPERATOR), "/")
    assert "The way to a first installation" in shown.says()
    assert {"/media/-/import", "/profiles", "/hosts/-/new", "/hosts/-/import"} <= set(shown.all("//*[@id='racks']//a/@href"))


def test_where_there_are_very_many_hosts_racks_tell_their_counts(furnished: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "CELLS", 48)
    shown = look(furnished.as_role(Role.VIEWER), "/")
    assert not shown.all("//a[contains(@class, 'slot')]")
    assert "12 done" in shown.says("//section[@aria-label='Rack R1']")
    assert shown.all("//section[@aria-label='Rack R1']//svg[@class='share']/rect[@class='is-done']/@width") == ["12"]


def test_where_racks_tell_their_counts_the_next_look_tells_what_has_changed(furnished: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "CELLS", 48)
    viewer = furnished.as_role(Role.VIEWER)
    assert "12 done" in look(viewer, "/").says("//section[@aria-label='Rack R1']")
    with furnished.store.site.write() as connection:
        done = next(host for host in inventory.hosts(connection) if host.name == "xen-r1-01")
        inventory.put_host(connection, replace(done, rack="R7"))
    shown = look(viewer, "/")
    assert "11 done" in shown.says("//section[@aria-label='Rack R1']")
    assert "1 done" in shown.says("//section[@aria-label='Rack R7']")


def test_some_hundreds_of_hosts_are_cells_and_each_still_says_its_name(furnished: Console) -> None:
    with furnished.store.site.write() as connection:
        inventory.put_hosts(connection, [Host(0, f"n{number}", (), "pool", rack="R9") for number in range(400)])
    shown = look(furnished.as_role(Role.VIEWER), "/")
    cells = shown.all("//section[@aria-label='Rack R9']//a[starts-with(@class, 'cell')]")
    assert len(cells) == 400
    assert cells[0].get("aria-label") == "n0: idle"


def test_parts_of_the_page_wait_for_live_news_and_can_be_told_apart_by_their_ids(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/")
    for node in shown.all("//*[@hx-trigger]"):
        assert node.get("hx-select") == f"#{node.get('id')}"
    for wanted in ("racks", "stuck", "health", "media"):
        shown.one(f"//*[@id='{wanted}']")


def test_the_plot_is_drawn_of_what_the_totals_grew_by(furnished: Console) -> None:
    import time

    minute = int(time.time()) // 60
    with furnished.store.events.write() as connection:
        record.add_counts(connection, {(minute, traffic.SOURCE, traffic.TFTP): 6000, (minute, traffic.SOURCE, traffic.BOOTS): 3})
    answer = furnished.as_role(Role.VIEWER).get("/overview/traffic?minutes=60").get_json()
    series = {one["key"]: one["values"] for one in answer["series"]}
    assert len(answer["at"]) == 60
    assert {len(values) for values in series.values()} == {60}
    assert sum(series["tftp-bytes"]) == 100  # bytes a second, over one minute
    assert sum(series["boots"]) == 3
    assert {len(one["values"]) for one in furnished.as_role(Role.VIEWER).get("/overview/traffic?minutes=junk").get_json()["series"]} == {60}
    assert page.blueprint.name == "overview"
