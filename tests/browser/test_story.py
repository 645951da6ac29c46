"""A server from its first start to an installed machine, all of it seen in a browser: the real service on a bridge, real Chromium beside
it, and a machine that boots as machines do, played by real clients (tests/record)."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

from pxeserve.boot import gather
from pxeserve.store import loaders as stored
from pxeserve.store import open_store
from tests.browser import conftest
from tests.browser.conftest import WIDE, Launch, Looking
from tests.faults.conftest import _furnishing
from tests.faults.service import Service
from tests.media_samples import filler, make
from tests.record.conftest import SET
from tests.record.machine import machine
from tests.record.network import SERVER, Network, network

pytestmark = pytest.mark.netns

PASSWORD = "four words that rhyme"
MAC = "52:54:00:7b:00:01"
PATIENCE = 60_000
"""Milliseconds after which this story is not believed any more. Nothing is measured with it."""
_IN = """#!/bin/sh
exec ip netns exec {space} {program} "$@"
"""


@dataclass
class Place:
    """A service that nobody has set up, and the network that it serves."""

    service: Service
    switch: Network
    folder: Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """With boot loaders, and nothing else."""
    monkeypatch.setenv("PXESERVE_CONSOLE__ENABLED", "true")
    with network() as switch, _furnishing() as furnish:
        service = furnish(switch.switch, interface="br0", address=SERVER)
        store = open_store(service.data)
        with gather.laid(service.data / "loaders", "debian", SET) as rows, store.site.write() as connection:
            stored.put(connection, "debian", "a set made for this test", time.time(), rows)
        store.close()
        service.more += "[answerfile]\nallow_plaintext = true\n"
        service.give()
        service.start()
        yield Place(service, switch, tmp_path)


@pytest.fixture
def seen(launch: Launch, place: Place) -> Iterator[Looking]:
    """A browser in the server's own network, where the console is heard."""
    program = place.folder / "chromium"
    program.write_text(_IN.format(space=place.switch.switch.name, program="/usr/bin/chromium"))
    program.chmod(0o700)
    with launch(program) as browser:
        context = browser.new_context(ignore_https_errors=True, viewport=WIDE, locale="en-GB", color_scheme="dark")
        context.set_default_timeout(PATIENCE)
        looking = Looking(context.new_page(), f"https://{SERVER}:8443")
        yield looking
        looking.keep("story-last")
        context.close()


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """What is waited for comes when the machine has it."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=conftest.PATIENCE)


def image(folder: Path) -> Path:
    """An ISO image of the sample of XCP-ng 8.3."""
    tree = make("xcp-8.3", folder / "tree")
    (tree / "install.img").write_bytes(filler("install.img", 300_000))
    made = folder / "xcp-ng-8.3.iso"
    words = ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", "XCP-ng 8.3", "-o", str(made), str(tree)]
    subprocess.run(words, check=True, capture_output=True)
    return made


def drop(page: Page, where: str, file: Path) -> None:
    """Let `file` fall where it belongs, as a person lets go of it there: the browser reads it from the disk."""
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'hand', hidden: true}))")
    page.locator("#hand").set_input_files(file)
    taken = page.evaluate_handle("""() => {
        const hand = document.getElementById("hand"), carried = new DataTransfer()
        carried.items.add(hand.files[0])
        hand.remove()
        return carried
    }""")
    for happens in ("dragover", "drop"):
        page.locator(where).dispatch_event(happens, {"dataTransfer": taken})


def sets_up(seen: Looking, service: Service) -> None:
    """The code of the first start makes an account."""
    page = seen.at("/")
    expect(page).to_have_url(re.compile("/setup$"))
    page.get_by_label("Code").fill((service.data / "state" / "bootstrap-code").read_text().strip())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(f"{seen.place}/")
    expect(page.locator("#live")).to_have_text("live")


def imports(seen: Looking, file: Path) -> None:
    """The image is dropped, sent, and read whole."""
    page = seen.at("/media")
    page.get_by_role("link", name="Drop an ISO image").click()
    page.wait_for_url(f"{seen.place}/media/-/import")
    drop(page, "[data-image]", file)
    expect(page.locator("#f-send-name")).to_have_value("xcp-ng-8.3")
    page.locator("#f-send-name").fill("xcp83")
    page.get_by_role("button", name="Send and import").click()
    row = page.get_by_role("row").filter(has_text="xcp83")
    expect(row).to_contain_text("good")
    expect(row).to_contain_text("XCP-ng 8.3.0")
    assert all("404" in said for said in seen.complaints)  # whether a part of the upload was there already
    seen.complaints.clear()
    seen.keep("story-media")


def answers(seen: Looking) -> None:
    """A profile is made, a mistake in its answerfile is shown and put right, and what is right is saved."""
    page = seen.at("/answerfiles")
    page.get_by_role("button", name="New profile").first.click()
    page.get_by_label("Name", exact=True).fill("rack")
    page.get_by_label("Medium", exact=True).select_option("xcp83")
    page.get_by_role("button", name="Make it").click()
    expect(page).to_have_url(re.compile("/answerfiles/profiles/rack$"))
    expect(page.locator("#state")).to_have_text("Form and file say the same")
    for name, value in (("primary-disk.device", "sda"), ("timezone", "Europe/London"), ("admin-interface.name", "eth0")):
        page.locator(f'[data-field="{name}"] input').first.fill(value)
    page.locator('[data-field="admin-interface.proto"] select').select_option("dhcp")
    expect(page.locator(".cm-line", has_text="<admin-interface")).to_contain_text('proto="dhcp"')
    expect(page.locator("#state")).to_have_text("Form and file say the same")
    page.locator(".cm-line", has_text="</installation>").click()
    page.keyboard.press("Home")
    page.keyboard.insert_text("  <keyboard>uk</keyboard>\n")
    finding = page.locator('#findings [data-code="XA-020"]')
    expect(finding).to_contain_text("keyboard")
    expect(page.locator("#state")).to_have_text("Form and file say the same")
    seen.keep("story-mistake", whole=False)
    finding.get_by_role("button", name="Put it right").click()
    expect(page.locator('[data-field="keymap"] input')).to_have_value("uk")
    expect(finding).to_have_count(0)
    page.locator("#save").click()
    page.locator("#saving-note").fill("the first rack")
    page.locator("#saving button[type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")


def arms(seen: Looking) -> None:
    """A host is added and armed."""
    page = seen.at("/hosts/-/new")
    page.get_by_label("Name", exact=True).fill("xen01")
    page.get_by_label("Profile", exact=True).select_option("rack")
    page.get_by_label("MAC", exact=True).fill(MAC)
    page.get_by_label("Rack", exact=True).fill("R1")
    page.get_by_label("Address", exact=True).fill("10.78.1.1")
    page.get_by_role("button", name="Add the host").click()
    expect(page).to_have_url(re.compile("/hosts/xen01$"))
    page.get_by_role("button", name="Arm…").click()
    expect(page.locator("#arm")).to_contain_text("will be erased")
    page.get_by_role("button", name="Arm it").click()
    expect(page.locator("#state")).to_have_text("armed")
    expect(page.locator("#live")).to_have_text("live")


@contextmanager
def unmoved(page: Page) -> Iterator[None]:
    """Whatever the page shows meanwhile, it is not loaded again for it."""
    page.evaluate("window.unmoved = true")
    yield
    assert page.evaluate("window.unmoved")


def test_from_the_first_start_to_an_installed_machine(place: Place, seen: Looking) -> None:
    page = seen.page
    sets_up(seen, place.service)
    imports(seen, image(place.folder))
    answers(seen)
    arms(seen)
    state, story = page.locator("#state"), page.locator("#story")
    with unmoved(page), machine(place.switch, MAC, place.folder / "machine") as one:
        one.starts(one.boots())
        expect(state).to_have_text("booting")
        expect(story).to_contain_text("pxelinux.0")
        one.installer_asks()
        one.answers()
        expect(state).to_have_text("answered")
        one.stage("installation-start")
        one.packages(2)
        expect(state).to_contain_text("installing")
        expect(story).to_contain_text("packages")
        one.packages()
        root = one.folder / "root"
        (root / "boot").mkdir(parents=True)
        one.stage("filesystem-populated", str(root))
        one.stage("installation-complete", "0")
        expect(state).to_have_text("done")
        assert "localboot" in one.boots()
        expect(story).to_contain_text("own-disk")
    seen.keep("story-done")
    page = seen.at("/audit")
    for said in ("host.install", "profile.set", "media.import", "user"):
        expect(page.locator("main")).to_contain_text(said)
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.locator("#chain")).to_contain_text("are as they were written, and none is missing")
    seen.keep("story-audit")
    assert seen.complaints == []


