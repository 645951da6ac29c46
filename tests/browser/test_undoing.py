"""What was just done is taken back: a change, a removal, and not when somebody else has changed it since."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from pxeserve.domain.role import Role
from tests.browser.conftest import Look


def change(page: Page, rack: str) -> None:
    page.get_by_label("Rack").fill(rack)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("is changed")


def test_a_change_and_a_removal_are_taken_back(look: Look) -> None:
    seen = look(Role.OPERATOR)
    page = seen.at("/hosts/xen-r3-09/edit")
    change(page, "R9")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("xen-r3-09 is as it was before")
    seen.at("/hosts/xen-r3-09/edit")
    expect(page.get_by_label("Rack")).to_have_value("R3")
    seen.at("/hosts/xen-r3-09")
    more = page.locator("#acts details.menu")
    more.locator("summary").click()
    expect(more).to_have_attribute("open", "")
    page.get_by_role("button", name="Remove…").click()
    page.locator("#remove-typed").fill("xen-r3-09")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".toast")).to_contain_text("xen-r3-09 is removed")
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile("/hosts/xen-r3-09$"))
    expect(page.locator("main")).to_contain_text("52:54:00:77:03:09")
    assert seen.complaints == []


def test_what_somebody_else_has_changed_since_stays(look: Look) -> None:
    first, second = look(Role.OPERATOR).at("/hosts/xen-r3-10/edit"), look(Role.ADMIN)
    change(first, "R9")
    change(second.at("/hosts/xen-r3-10/edit"), "R8")
    first.get_by_role("button", name="Undo").click()
    expect(first.locator(".toast.is-bad")).to_contain_text("was changed by somebody else")
    second.at("/hosts/xen-r3-10/edit")
    expect(second.page.get_by_label("Rack")).to_have_value("R8")
