"""Coming in, one's own account, and going out, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from pxeserve.accounts import people as accounts
from pxeserve.domain.role import Role
from pxeserve.operations.people.users import hasher
from tests.browser.conftest import PHONE, WIDE, Look, Looking
from tests.console.served import Served

PASSWORD, ANOTHER = "correct horse battery", "another horse battery"


@pytest.fixture
def somebody(console: Served) -> str:
    """Whoever has a password here."""
    with console.store.site.write() as connection:
        name = f"olga{len(accounts.store.users(connection))}"
        row = accounts.new(name, Role.OPERATOR, hasher().hashed(PASSWORD), "root", 1.0)
        accounts.add(connection, row, "root", 1.0)
    return name


def test_in_by_a_password_a_token_another_password_and_out(chromium: Browser, console: Served, somebody: str) -> None:
    context = chromium.new_context(ignore_https_errors=True, viewport=WIDE)
    seen = Looking(context.new_page(), f"https://127.0.0.1:{console.port}")
    page = seen.at("/login?next=/account")
    page.get_by_label("Name").fill(somebody)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Password")).to_have_value("")
    seen.complaints.clear()   # of the 401
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_have_text(somebody)

    page.get_by_role("button", name="Make a token…").click()
    page.get_by_label("What it is for").fill("rack provisioning in CI")
    page.get_by_label("Role").select_option("operator")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#token-made")).to_have_value(re.compile(r"^pxs_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$"))
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("rack provisioning in CI").first).to_be_visible()
    expect(page.locator("#token-made")).to_have_count(0)
    page.get_by_role("button", name="Revoke…").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    expect(page.get_by_text("revoked")).to_be_visible()

    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(ANOTHER)
    page.get_by_label("New password once more").fill("something else entirely")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    page.get_by_label("New password once more").fill(ANOTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is another one")).to_be_visible()
    assert seen.complaints == []

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    seen.at("/account")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", None), ("dark", PHONE)], ids=["light", "dark-phone"])
def test_one_s_own_page_is_fit_for_everybody(look: Look, scheme: str, size: dict[str, int] | None) -> None:
    seen = look(color_scheme=scheme, **({"viewport": size} if size else {}))
    page = seen.at("/account")
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("button", name="Make a token…").click()
    seen.keep(f"account-{scheme}")
    assert seen.grave() == []
    assert seen.sideways() <= 0
    page.keyboard.press("Escape")
    assert seen.grave() == []
    assert seen.complaints == []


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light", "dark-phone"])
def test_the_log_in_is_fit_for_everybody(chromium: Browser, console: Served, scheme: str, size: dict[str, int]) -> None:
    context = chromium.new_context(ignore_https_errors=True, viewport=size, color_scheme=scheme)
    seen = Looking(context.new_page(), f"https://127.0.0.1:{console.port}")
    page = seen.at("/login")
    expect(page.get_by_label("Name")).to_be_focused()
    seen.keep(f"login-{scheme}")
    assert seen.grave() == []
    assert seen.sideways() <= 0
    assert seen.complaints == []
    context.close()
