"""Every button that asks something first: its question opens, is fit for everybody, and gives the keyboard back where it was."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Look

PAGES = (
    "/hosts/xen-r1-01", "/hosts/xen-r1-16", "/media", "/media/xcp83", "/profiles", "/profiles/pool", "/users", "/users/admin", "/account",
    "/settings",
)  # fmt: skip


def opened(page: Page, button: Locator) -> None:
    """Press it by keyboard, with the menu that it stands in opened before."""
    if button.locator("xpath=ancestor::details").count():
        button.locator("xpath=ancestor::details/summary").focus()
        page.keyboard.press("Enter")
    button.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("path", PAGES)
def test_a_question_opens_by_keyboard_is_fit_and_gives_the_keyboard_back(look: Look, path: str) -> None:
    seen = look()
    page = seen.at(path)
    buttons = page.locator("[data-dialog]")
    assert buttons.count()
    for number in range(buttons.count()):
        button = buttons.nth(number)
        dialog = page.locator(f"#{button.get_attribute('data-dialog')}")
        opened(page, button)
        expect(dialog).to_be_visible()
        assert dialog.evaluate("one => one.contains(document.activeElement)"), path
        assert seen.grave() == []
        assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert page.evaluate("document.activeElement !== document.body")
    assert seen.complaints == []


def test_the_list_of_troubles_leads_to_the_hosts_that_it_counts(look: Look) -> None:
    page = look().at("/")
    link = page.get_by_role("link", name="in all")
    count = int(link.inner_text().split()[0])
    link.click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert 0 < page.locator("tbody tr").count() <= count


def test_what_is_wrong_with_an_answer_is_said_inside_the_question(look: Look) -> None:
    """Behind it nobody could read it, or close it."""
    page = look().at("/hosts/xen-r3-01")
    page.get_by_role("button", name="Arm…").click()
    dialog = page.get_by_role("dialog", name="Arm xen-r3-01")
    dialog.get_by_role("button", name="Arm it").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("xen-r3-01 could not be booted")
    dialog.get_by_role("button", name="Arm it").click()
    expect(alert).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Arm…").click()
    expect(alert).to_have_count(0)


def test_a_second_try_puts_away_what_was_wrong_with_the_first(look: Look) -> None:
    page = look().at("/hosts/-/new")
    page.get_by_label("Name").fill("Bad Name!")
    page.get_by_label("Profile").select_option("pool")
    page.get_by_role("button", name="Add the host").click()
    expect(page.locator(".toast")).to_contain_text("'Bad Name!' is not a host name")
    page.get_by_label("Name").fill("good-01")
    page.get_by_label("MAC").fill("52:54:00:77:01:01")
    page.get_by_role("button", name="Add the host").click()
    expect(page.locator(".toast")).to_contain_text("52:54:00:77:01:01 is xen-r1-01's")
    expect(page.locator(".toast")).to_have_count(1)
