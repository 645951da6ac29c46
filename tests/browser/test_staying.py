"""Nothing that was typed is lost, and nobody loses their place: when a session ends, another window logs in, news come, on the way back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from pxeserve.accounts.passwords import Hasher
from pxeserve.console import csrf
from pxeserve.domain.role import Role
from pxeserve.store import accounts
from tests.browser.conftest import Look, Looking
from tests.console import people, scene
from tests.console.served import Served

PASSWORD = "the right one, at last"


@pytest.fixture
def operator(console: Served) -> str:
    """The secret of a session of an operator, who has a password."""
    secret = people.session(console.store, Role.OPERATOR)
    with console.store.site.write() as connection:
        accounts.change_user(connection, "operator", {"password": Hasher().hashed(PASSWORD)})
    return secret


def over(console: Served) -> None:
    """All sessions of the operator end."""
    with console.store.site.write() as connection:
        accounts.end_sessions_of(connection, "operator")


def log_in(page: Page) -> None:
    expect(page.get_by_role("heading", name="Your session is over")).to_be_visible()
    page.get_by_label("operator's password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_session_that_ends_in_the_middle_of_an_edit_takes_nothing_with_it(look: Look, console: Served, operator: str) -> None:
    page = look(session=operator).at("/hosts/xen-r3-07/edit")
    page.get_by_label("Serial number").fill("S-7")
    over(console)
    page.get_by_role("button", name="Save").click()
    log_in(page)
    expect(page.locator(".toast")).to_contain_text("xen-r3-07 is changed")
    page.reload()
    expect(page.locator("main")).to_contain_text("S-7")


def test_whoever_does_not_log_in_again_keeps_what_was_typed(look: Look, console: Served, operator: str) -> None:
    page = look(session=operator).at("/hosts/xen-r3-08/edit")
    page.get_by_label("Serial number").fill("S-8")
    over(console)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("operator's password")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_contain_text("what you typed is still here")
    expect(page.get_by_label("Serial number")).to_have_value("S-8")
    page.get_by_role("button", name="Save").click()
    log_in(page)
    expect(page.locator(".toast").last).to_contain_text("xen-r3-08 is changed")


def test_a_session_that_ends_in_the_editor_goes_on_there(look: Look, console: Served, operator: str) -> None:
    page = look(session=operator).at("/answerfiles/profiles/pool")
    expect(page.locator("#state")).not_to_have_text("Reading…")
    over(console)
    page.get_by_label("Disk to install on").first.fill("nvme0n1")
    log_in(page)
    expect(page.locator(".cm-content")).to_contain_text("nvme0n1")


def test_another_window_that_logs_in_anew_takes_nothing_from_this_one(look: Look, console: Served, operator: str) -> None:
    seen = look(session=operator)
    page = seen.at("/hosts/xen-r3-09/edit")
    page.get_by_label("Serial number").fill("S-9")
    over(console)
    other = page.context.new_page()
    Looking(other, seen.place).at("/login?next=/account")
    other.get_by_label("Name").fill("operator")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    expect(other.locator("h1")).to_have_text("operator")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("xen-r3-09 is changed")


def test_another_window_of_somebody_else_does_nothing_in_their_name(look: Look, console: Served, operator: str) -> None:
    seen = look(session=operator)
    page = seen.at("/hosts/xen-r3-13/edit")
    page.get_by_label("Serial number").fill("S-13")
    page.context.add_cookies([{"name": csrf.COOKIE, "value": console.session(Role.ADMIN), "url": seen.place, "secure": True}])
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast.is-bad")).to_be_visible()
    expect(page.get_by_label("Serial number")).to_have_value("S-13")
    page.goto(seen.place + "/hosts/xen-r3-13/edit")
    expect(page.get_by_label("Serial number")).to_have_value("")


def test_what_is_half_typed_is_asked_about_before_it_is_left(look: Look) -> None:
    page = look(Role.OPERATOR).at("/hosts/xen-r3-10/edit")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("Serial number").fill("S-10")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Serial number")).to_have_value("S-10")
    assert asked == ["confirm"]
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("xen-r3-10 is changed")
    assert asked == ["confirm"]


def test_news_leave_the_keyboard_where_it_is_and_menus_open(look: Look, console: Served) -> None:
    page = look(Role.OPERATOR).at("/hosts?q=rack:R3")
    expect(page.locator("#live")).to_have_text("live")
    tick = page.get_by_label("Tick xen-r3-11")
    tick.focus()
    scene.player(console.store, "R3", 12, 0).armed().told()
    expect(page.locator("tr", has=page.get_by_label("Tick xen-r3-12"))).to_contain_text("armed")
    expect(tick).to_be_focused()
    page.goto(page.url.split("/hosts")[0] + "/hosts/xen-r3-12")
    expect(page.locator("#live")).to_have_text("live")
    page.get_by_text("More", exact=True).click()
    scene.player(console.store, "R3", 12, 0).does(0, "dhcp.discover", text="asks for an address").told()
    expect(page.get_by_role("link", name="Its events")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("table.steps")).to_contain_text("asks")


def test_the_way_back_shows_what_was_there_and_stays_live(look: Look) -> None:
    seen = look(Role.VIEWER)
    page = seen.at("/hosts")
    rows = page.locator("tbody tr")
    before = rows.count()
    page.get_by_role("searchbox").fill("rack:R2")
    expect(rows).to_have_count(12)
    page.go_back()
    expect(rows).to_have_count(before)
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.locator("#live")).to_have_text("live")
    page.go_forward()
    expect(rows).to_have_count(12)
    expect(page).to_have_url(re.compile("rack"))
    assert seen.complaints == []
