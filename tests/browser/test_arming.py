"""Forty machines armed at once, as a person does it: searched for, looked at, counted, and the password given once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, expect

from pxeserve.accounts import people, sessions
from pxeserve.accounts.passwords import Hasher
from pxeserve.console import csrf
from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.domain.role import Role
from pxeserve.moment import SYSTEM
from pxeserve.store import accounts, installs, inventory
from tests.browser.conftest import WIDE, Looking
from tests.browser.room import Room
from tests.console.served import served
from tests.media_samples import make

PASSWORD = "four words that rhyme"
COUNT = 40
ANSWERS = ["primary-disk=sda", "timezone=Europe/London", "keymap=us", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A rack of forty, and one host in another."""
    with served() as console:
        found = Room(console)
        found.ask("loaders.import")
        found.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp83")
        found.ask("profile.add", name="rack", medium="xcp83", set=ANSWERS)
        with found.store.site.write() as connection:
            hosts = [Host(0, f"xen-{number:02}", (f"52:54:00:7c:00:{number:02x}",), "rack", rack="R7") for number in range(COUNT)]
            inventory.put_hosts(connection, [*hosts, Host(0, "other", ("52:54:00:7c:01:00",), "rack", rack="R8")])
        yield found


def stale_session(room: Room) -> str:
    """Of an operator, who gave a password an hour ago."""
    now = SYSTEM.now()
    before = replace(now, wall=now.wall - 3600, boottime=now.boottime - 3600)
    with room.store.site.write() as connection:
        accounts.add_user(connection, people.new("anna", Role.OPERATOR, Hasher().hashed(PASSWORD), "a test", now.wall))
        secret, row = sessions.begin(connection, "anna", "127.0.0.1", "a browser", now)
        accounts.change_session(connection, row.id, {"confirmed": list(astuple(before))})
    return secret


def armed(room: Room) -> set[str]:
    """The hosts that are."""
    with room.store.site.read() as connection:
        newest = installs.newest_by_host(connection)
        return {host.name for host in inventory.hosts(connection) if host.id in newest and newest[host.id].state is InstallState.ARMED}


def test_forty_hosts_are_armed_with_their_number_and_a_password(chromium: Browser, room: Room) -> None:
    context = chromium.new_context(ignore_https_errors=True, viewport=WIDE, locale="en-GB")
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": csrf.COOKIE, "value": stale_session(room), "url": room.address, "secure": True}])
    seen = Looking(context.new_page(), room.address)
    page = seen.at("/hosts")
    page.get_by_role("searchbox").fill("rack:R7")
    page.get_by_role("link", name=f"Arm {COUNT}…").click()
    expect(page.get_by_role("heading", name=f"Arm {COUNT} hosts")).to_be_visible()
    expect(page.get_by_role("heading", name=f"{COUNT} would be erased and installed")).to_be_visible()
    expect(page.locator("#arm")).not_to_contain_text("crypt string")  # of the sign that stands for a password, not of one
    seen.keep("arming-forty")

    count, button = page.locator("#f-count"), page.get_by_role("button", name="Arm them")
    fresh, password = page.locator("#fresh"), page.get_by_label("Password of anna")
    count.fill(str(COUNT))
    button.click()
    expect(fresh).to_be_visible()
    assert armed(room) == set()
    password.fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#arm")).to_contain_text(f"{COUNT} hosts are armed", timeout=60_000)
    assert armed(room) == {f"xen-{number:02}" for number in range(COUNT)}

    page.get_by_role("link", name="Watch them").click()
    slots = page.locator("[aria-label$=': armed']")
    expect(slots).to_have_count(COUNT)
    expect(page.locator("#h-other")).to_have_attribute("aria-label", re.compile("other: idle"))
    context.close()


def test_another_number_than_is_shown_arms_nothing(chromium: Browser, room: Room) -> None:
    context = chromium.new_context(ignore_https_errors=True, viewport=WIDE, locale="en-GB")
    context.add_cookies([room.cookie(Role.OPERATOR)])
    page = Looking(context.new_page(), room.address).at("/hosts/-/arm?q=rack:R7")
    page.locator("#f-count").fill(str(COUNT + 1))
    page.get_by_role("button", name="Arm them").click()
    expect(page.locator("#toasts")).to_contain_text(str(COUNT))
    assert armed(room) == set()
    context.close()
