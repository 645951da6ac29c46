"""The face in a real browser: it follows what happens, keeps what people chose, and can be used by keyboard, on a phone and by a reader."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Route, expect

from pxeserve.accounts.passwords import Hasher
from pxeserve.domain.install import InstallState
from pxeserve.domain.role import Role
from pxeserve.store import accounts
from tests.browser.conftest import PHONE, Look
from tests.console import people, scene
from tests.console.served import Served


def test_the_rack_follows_a_machine_without_being_loaded_again(look: Look, console: Served) -> None:
    seen = look(Role.VIEWER)
    page = seen.at("/")
    expect(page.locator("#live")).to_have_text("live")
    slot = page.locator("#h-xen-r3-20")
    expect(slot).to_have_attribute("aria-label", "xen-r3-20: idle")
    page.evaluate("window.same = true")
    machine = scene.player(console.store, "R3", 20, 0).armed().told()
    expect(slot).to_have_attribute("aria-label", "xen-r3-20: armed")
    machine.boots().answers().fetches(7)
    machine.told()
    expect(slot).to_have_attribute("aria-label", re.compile("installing, package 7 of 60"))
    machine.becomes(InstallState.DONE, ended_at=time.time()).told()
    expect(slot).to_have_class(re.compile("is-done"))
    assert page.evaluate("window.same")


def test_what_happens_before_the_stream_is_there_is_shown(look: Look, console: Served) -> None:
    seen = look(Role.VIEWER)

    def late(route: Route) -> None:
        scene.player(console.store, "R3", 18, 0).armed().told()
        route.continue_()

    seen.page.route(re.compile(r"/live(\?|$)"), late, times=1)
    page = seen.at("/racks/R3")
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#h-xen-r3-18")).to_have_class(re.compile("is-armed"))


def test_a_hosts_timeline_grows_and_what_was_opened_stays_open(look: Look, console: Served) -> None:
    page = look(Role.VIEWER).at("/hosts/xen-r1-14")
    packages = page.locator("details[data-key*=' packages ']")
    packages.locator("summary").click()
    expect(packages).to_have_attribute("open", "")
    machine = scene.player(console.store, "R1", 14, 0)
    path = {"medium": "xcp83", "path": "Packages/x.rpm", "outcome": "done", "bytes": 10, "seconds": 0.1}
    machine.does(0, "http.file", package=13, packages=60, **path).told()
    expect(page.locator("table.steps").first).to_contain_text("packages 1 to 13 of 60")
    expect(packages).to_have_attribute("open", "")


def test_where_no_stream_can_be_had_the_page_asks_now_and_then(look: Look, console: Served) -> None:
    seen = look(Role.VIEWER)
    seen.page.route(re.compile(r"/live(\?|$)"), lambda route: route.fulfill(status=503, body="{}", content_type="application/problem+json"))
    page = seen.at("/racks/R3")
    expect(page.locator("#live")).to_have_text("every 10 s")
    scene.player(console.store, "R3", 19, 0).armed().told()
    expect(page.locator("#h-xen-r3-19")).to_have_class(re.compile("is-armed"), timeout=30_000)


def test_the_theme_that_was_chosen_is_kept(look: Look) -> None:
    seen = look(color_scheme="light")
    page = seen.at("/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark or light").click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    seen.at("/hosts")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after


def test_the_keyboard_is_enough(look: Look) -> None:
    page = look().at("/hosts")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.type("rack:R2 state:failed")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=rack%3AR2(\+|%20)state%3Afailed"))
    expect(search).to_be_focused()
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_on_a_phone_the_menu_opens(look: Look) -> None:
    page = look(viewport=PHONE).at("/")
    expect(page.get_by_role("link", name="Media", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Media", exact=True)).to_be_visible()


def test_times_are_the_readers_own_with_utc_beside_them(look: Look) -> None:
    page = look(Role.VIEWER).at("/racks/R2")
    shown = page.locator("time").first
    utc, local = shown.get_attribute("title") or "", shown.inner_text()
    assert utc.endswith("UTC")
    assert int(local[:2]) == (int(utc[11:13]) + 1) % 24  # Paris in November
    assert local[2:] == utc[13:19]


def test_a_host_goes_only_when_its_name_was_typed(look: Look) -> None:
    seen = look(Role.OPERATOR)
    page = seen.at("/hosts/xen-r3-05")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Remove…").click()
    button = page.get_by_role("button", name="Remove it")
    expect(button).to_be_disabled()
    page.locator("#remove-typed").fill("xen-r3-0")
    expect(button).to_be_disabled()
    page.locator("#remove-typed").fill("xen-r3-05")
    button.click()
    expect(page.locator(".toast")).to_contain_text("xen-r3-05 is removed")
    expect(page).to_have_url(re.compile("/hosts$"))


def test_the_second_who_edits_a_host_sees_what_the_first_has_changed_and_loses_nothing(look: Look) -> None:
    """What one of them changed is joined, of what both changed the second says which stays."""
    first, second = look(Role.OPERATOR).at("/hosts/xen-r3-06/edit"), look(Role.ADMIN).at("/hosts/xen-r3-06/edit")
    first.get_by_label("Rack").fill("R8")
    first.get_by_label("Tags").fill("theirs")
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".toast")).to_contain_text("xen-r3-06 is changed")
    second.get_by_label("Serial number").fill("S-1")
    second.get_by_label("Tags").fill("mine")
    second.get_by_role("button", name="Save").click()
    told = second.locator("#stale")
    expect(told).to_contain_text("was changed by somebody else since you read it: rack, tags (last by operator")
    expect(told).to_contain_text("Taken from there: Rack R3 → R8")
    expect(told).to_contain_text("Yours stays: Serial number S-1")
    expect(second.get_by_label("Serial number")).to_have_value("S-1")
    expect(second.get_by_label("Rack")).to_have_value("R8")
    expect(second.get_by_label("Tags", exact=True)).to_have_value("mine")
    told.get_by_label("Theirs: theirs").check()
    expect(second.get_by_label("Tags", exact=True)).to_have_value("theirs")
    told.get_by_label("Yours: mine").check()
    second.get_by_role("button", name="Save").click()
    expect(second.locator(".toast")).to_contain_text("xen-r3-06 is changed")
    for said in ("R8", "S-1", "mine"):
        expect(second.locator("main")).to_contain_text(said)


def test_what_wants_a_fresh_password_asks_for_it_in_its_place_and_goes_on(look: Look, console: Served) -> None:
    session = people.session(console.store, Role.OPERATOR, fresh=False)
    with console.store.site.write() as connection:
        accounts.change_user(connection, "operator", {"password": Hasher().hashed("the right one, at last")})
    page = look(session=session).at("/hosts/xen-r1-01")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Root password…").click()
    page.get_by_role("button", name="Tell it, this once").click()
    expect(page.get_by_role("heading", name="Your password once more")).to_be_visible()
    page.get_by_label("Password of operator").fill("not the right one")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#fresh-error")).to_be_visible()
    password = page.get_by_label("Password of operator")
    expect(password).to_have_value("")
    password.fill("the right one, at last")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#fresh")).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("xen-r1-01")  # asked again by itself, and refused for a reason of its own


def test_machines_are_adopted_many_at_once(look: Look) -> None:
    page = look(Role.OPERATOR).at("/discovered")
    page.get_by_label("Name for 02:00:00:00:00:07").fill("new07")
    page.get_by_label("Name for 02:00:00:00:00:08").fill("new08")
    page.get_by_label("Those with a name get the profile").select_option("pool")
    page.get_by_role("button", name="Make hosts of them").click()
    expect(page.locator(".toast").first).to_contain_text("2 machines are hosts now")
    page.get_by_role("searchbox").fill("new0")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_table_that_is_dropped_is_shown_before_it_is_taken_in(look: Look) -> None:
    page = look(Role.OPERATOR).at("/hosts/-/import")
    table = b"name,mac,profile,rack\ndropped,52:54:00:99:99:99,pool,R9\n"
    page.locator("[data-file]").set_input_files({"name": "hosts.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#told")).to_contain_text("1 change would be made")
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator(".toast").first).to_contain_text("1 changes were made")
    page.get_by_role("searchbox").fill("dropped")
    expect(page.locator("tbody tr")).to_have_count(1)
