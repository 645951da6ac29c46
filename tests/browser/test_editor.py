"""The answerfile editor in a real browser: a mistake typed, seen and put right; form and file following each other; no password leaving."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api as api

from pxeserve.answerfile.passwords import sha512_crypt
from pxeserve.domain.role import Role
from pxeserve.store import inventory
from tests.browser.conftest import SHOTS
from tests.browser.room import Room
from tests.console.served import served
from tests.media_samples import make

SAME = "Form and file say the same"
PATIENCE = 60_000
SECRET = "correct horse battery"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A console of its own with a small site."""
    with served() as console:
        found = Room(console)
        found.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp83")
        found.ask("site.set", set=["timezone=Europe/London", "nameservers=[10.77.0.1]"])
        words = ["primary-disk=sda", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]
        found.ask("profile.add", name="rack-a", medium="xcp83", set=words)
        found.ask("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack-a", set=["hostname=xen01"])
        yield found


class Desk:
    """One person's browser at one editor; `sent` is all that it asked of the server, `said` what went wrong in it."""

    def __init__(self, browser: Any, room: Room, role: Role, **more: Any) -> None:
        self.room = room
        self.context = browser.new_context(ignore_https_errors=True, **{"viewport": {"width": 1400, "height": 950}, **more})
        self.context.set_default_timeout(PATIENCE)
        self.context.add_cookies([room.cookie(role)])
        self.page = self.context.new_page()
        self.sent: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.sent.append(f"{request.url} {request.post_data or ''}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)

    def open(self, path: str) -> Desk:
        self.page.goto(self.room.address + path)
        if not path.endswith("/file"):
            self.settled()
        return self

    def settled(self) -> None:
        api.expect(self.page.locator("#state")).to_have_text(SAME)

    def text(self) -> str:
        return "\n".join(self.page.locator(".cm-line").all_text_contents())

    def line(self, holding: str) -> Any:
        return self.page.locator(".cm-line", has_text=holding)

    def type_over(self, old: str, new: str) -> None:
        """Select a word of the file by double-click, and type another one."""
        line = self.line(old)
        line.click()
        self.page.keyboard.press("Home")
        at = line.inner_text().index(old)
        for _ in range(at - (len(line.inner_text()) - len(line.inner_text().lstrip()))):
            self.page.keyboard.press("ArrowRight")
        for _ in old:
            self.page.keyboard.press("Shift+ArrowRight")
        self.page.keyboard.insert_text(new)

    def field(self, path: str) -> Any:
        return self.page.locator(f'[data-field="{path}"]')

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def close(self) -> None:
        self.context.close()
        assert self.said == []


@pytest.fixture
def desk(chromium: Any, room: Room) -> Iterator[Desk]:
    found = Desk(chromium, room, Role.OPERATOR)
    yield found
    found.close()


def test_a_mistake_is_marked_as_it_is_typed_and_put_right_by_a_press_of_a_button(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    assert "<timezone>Europe/London</timezone>" in desk.text()
    desk.line("</installation>").click()
    desk.page.keyboard.press("Home")
    desk.page.keyboard.insert_text("  <keyboard>uk</keyboard>\n")
    finding = desk.page.locator('#findings [data-code="XA-020"]')
    api.expect(finding).to_contain_text("keyboard")
    api.expect(desk.page.locator(".cm-lint-marker-warning")).to_have_count(1)
    api.expect(desk.page.locator("#verdict")).to_contain_text("with surprises")
    assert desk.field("keymap").locator("input").input_value() == ""
    desk.shot("editor-mistake")
    finding.get_by_role("button", name="Put it right").click()
    api.expect(desk.field("keymap").locator("input")).to_have_value("uk")
    assert "<keymap>uk</keymap>" in desk.text()
    api.expect(finding).to_have_count(0)


def test_what_is_typed_in_the_form_stands_in_the_file_and_the_other_way_round(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.field("hostname").locator("input").fill("xen-one")
    api.expect(desk.line("<hostname>")).to_contain_text("xen-one")
    desk.settled()
    desk.type_over("xen-one", "xen-two")
    api.expect(desk.field("hostname").locator("input")).to_have_value("xen-two")
    desk.field("primary-disk.guest-storage").locator("select").select_option("no")
    api.expect(desk.line("<primary-disk")).to_contain_text('gueststorage="no"')
    desk.settled()
    desk.type_over("no", "yes")
    api.expect(desk.field("primary-disk.guest-storage").locator("select")).to_have_value("yes")


def test_fields_that_are_filled_one_after_another_without_a_pause_all_reach_the_file(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    for path, value in (("hostname", "xen-one"), ("keymap", "uk"), ("timezone", "Europe/Berlin")):
        desk.field(path).locator("input").fill(value)
    for element, value in (("hostname", "xen-one"), ("keymap", "uk"), ("timezone", "Europe/Berlin")):
        api.expect(desk.line(f"<{element}>")).to_contain_text(value)


def test_a_value_that_cannot_be_meant_says_so_at_its_field_and_the_file_waits(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    before = desk.text()
    desk.field("admin-interface.vlan").locator("input").fill("9999")
    api.expect(desk.field("admin-interface.vlan")).to_contain_text("is not a VLAN from 1 to 4094")
    api.expect(desk.page.locator("#state")).to_contain_text("The file waits")
    assert desk.text() == before and desk.page.locator("#save").is_disabled()
    desk.field("admin-interface.vlan").locator("input").fill("99")
    api.expect(desk.line("<admin-interface")).to_contain_text('vlan="99"')


def test_a_password_is_hashed_in_the_browser_and_its_plain_text_is_in_no_request(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    field = desk.field("root-password")
    field.locator("input").fill(SECRET)
    field.get_by_role("button", name="Hash it here").click()
    assert field.locator("input").input_value() == ""
    api.expect(field).to_contain_text("its hash is kept", timeout=60_000)
    api.expect(desk.line("<root-password")).to_contain_text("$6$rounds=656000$")
    desk.page.locator("#save").click()
    desk.page.locator("#saving-note").fill("a password of our own")
    desk.page.locator("#saving button[type=submit]").click()
    api.expect(desk.page.locator("#toasts")).to_contain_text("Saved")
    with desk.room.store.site.read() as connection:
        stored = next(one for one in inventory.profiles(connection) if one.name == "rack-a").answers["root-password"]["hash"]
    salt = re.fullmatch(r"\$6\$rounds=656000\$([./0-9A-Za-z]{16})\$.{86}", stored)
    assert salt is not None and sha512_crypt(SECRET.encode(), salt[1], 656_000) == stored
    assert not [one for one in desk.sent if SECRET in one or "correct" in one]
    assert SECRET not in desk.page.content()


def test_a_password_typed_into_the_file_stays_in_the_browser_and_is_not_saved(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.type_over('type="hash"', 'type="plaintext"')
    desk.type_over("********", SECRET)
    api.expect(desk.page.locator('#findings [data-code="XA-075"]')).to_contain_text("plain text")
    api.expect(desk.field("root-password")).to_contain_text("stays in your browser")
    desk.field("hostname").locator("input").fill("xen-one")
    api.expect(desk.line("<hostname>")).to_contain_text("xen-one")
    assert SECRET in desk.text()  # what was written by the server did not take it away
    desk.page.locator("#save").click()
    api.expect(desk.page.locator("#toasts")).to_contain_text("plain text")
    assert not [one for one in desk.sent if SECRET in one or "correct" in one]


def test_comments_that_the_form_leaves_out_are_told_and_come_back(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.line("</installation>").click()
    desk.page.keyboard.press("Home")
    desk.page.keyboard.insert_text("  <!-- mine -->\n")
    desk.settled()
    desk.field("hostname").locator("input").fill("xen-one")
    api.expect(desk.page.locator("#tell")).to_contain_text("1 comment")
    desk.page.get_by_role("button", name="Take the file as it was").click()
    api.expect(desk.line("<!-- mine -->")).to_have_count(1)
    desk.settled()
    assert desk.field("hostname").locator("input").input_value() == ""


def test_what_would_change_for_another_installer_is_told_before_anything_is(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.page.locator("#dialect").select_option("7.1")
    told = desk.page.locator("#convert-told")
    api.expect(told).to_contain_text("sr-type")
    api.expect(desk.page.locator("#convert-from")).to_have_text("XCP-ng 8.3")
    desk.shot("editor-convert")
    desk.page.get_by_role("button", name="Go on with that file").click()
    api.expect(desk.page.locator("#dialect")).to_have_value("7.1")
    desk.settled()
    assert desk.page.locator("#save").is_disabled()  # which installer it is, is said by the medium


def test_a_preview_is_of_what_was_typed_and_differs_from_the_file_of_the_last_arming(desk: Desk) -> None:
    desk.room.ask("loaders.import")
    desk.room.ask("host.install", name="xen01")
    desk.open("/answerfiles/hosts/xen01")
    desk.field("keymap").locator("input").fill("uk")
    desk.settled()
    desk.page.locator("#open-preview").click()
    api.expect(desk.page.locator("#preview-told ins")).to_contain_text("<keymap>uk</keymap>")
    api.expect(desk.page.locator("#preview-told")).to_contain_text("Never delivered; last armed")
    api.expect(desk.page.locator("#preview-told")).to_contain_text("********")
    api.expect(desk.page.locator("#preview-told .flash")).to_have_count(0)  # the sign of a password is nothing to warn of
    desk.shot("editor-preview")


def test_what_was_saved_can_be_taken_back(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.field("keymap").locator("input").fill("uk")
    api.expect(desk.page.locator("#save")).to_be_enabled()
    desk.page.keyboard.press("Control+s")
    desk.page.locator("#saving button[type=submit]").click()
    api.expect(desk.page.locator("#toasts")).to_contain_text("keymap: nothing -> uk")
    desk.page.locator("#open-history").click()
    desk.page.get_by_role("button", name="What going back to this would change").click()
    desk.shot("editor-history")
    desk.page.get_by_role("button", name="Go back to it").click()
    api.expect(desk.page.locator("#toasts")).to_contain_text("keymap: uk -> nothing")
    api.expect(desk.field("keymap").locator("input")).to_have_value("")


def test_the_second_of_two_people_hears_of_the_first_and_both_changes_stay(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.room.ask("profile.set", name="rack-a", set=["keymap=de"])
    desk.field("hostname").locator("input").fill("xen-one")
    api.expect(desk.page.locator("#save")).to_be_enabled()
    desk.page.locator("#save").click()
    desk.page.locator("#saving button[type=submit]").click()
    told = desk.page.locator("#toasts")
    api.expect(told).to_contain_text("was changed by somebody else since you read it: answerfile.keymap")
    api.expect(told).to_contain_text("Taken from there: keymap")
    assert desk.field("hostname").locator("input").input_value() == "xen-one"
    api.expect(desk.field("keymap").locator("input")).to_have_value("de")
    api.expect(desk.page.locator("#save")).to_be_enabled()
    desk.page.locator("#save").click()
    desk.page.locator("#saving button[type=submit]").click()
    api.expect(told).to_contain_text("Saved: ")
    saved = desk.room.ask("profile.show", name="rack-a")["answerfile"]
    assert (saved["hostname"], saved["keymap"]) == ("xen-one", "de")
    desk.said.clear()  # the browser notes the refusal


def test_an_answer_that_is_late_does_not_overwrite_what_was_typed_since(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if "slow-one" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    desk.page.route("**/drafts/write", hold)
    name = desk.field("hostname").locator("input")
    with desk.page.expect_request("**/drafts/write"):
        name.fill("slow-one")
    name.fill("quick-two")
    api.expect(desk.line("<hostname>")).to_contain_text("quick-two")
    with desk.page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].continue_()
    desk.page.evaluate("fetch('/static/theme.js').then(one => one.text())")  # whatever came before it was dealt with by now
    api.expect(desk.line("<hostname>")).to_contain_text("quick-two")
    desk.field("keymap").locator("input").fill("uk")
    api.expect(desk.line("<keymap>")).to_contain_text("uk")
    assert "slow-one" not in desk.text() and name.input_value() == "quick-two"


def test_nobody_leaves_what_is_not_saved_unasked(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.field("keymap").locator("input").fill("uk")
    desk.settled()
    desk.page.get_by_role("link", name="Hosts", exact=True).click(no_wait_after=True)
    api.expect(desk.field("keymap").locator("input")).to_have_value("uk")
    desk.field("keymap").locator("input").fill("")
    desk.settled()
    desk.page.get_by_role("link", name="Hosts", exact=True).click()
    desk.page.wait_for_url("**/hosts")
    assert asked == ["beforeunload"]


def test_elements_and_words_are_completed_as_this_installer_knows_them(desk: Desk) -> None:
    desk.open("/answerfiles/profiles/rack-a")
    desk.line("</installation>").click()
    desk.page.keyboard.press("Home")
    desk.page.keyboard.type("<keym")
    offered = desk.page.locator(".cm-tooltip-autocomplete li", has_text="keymap")
    api.expect(offered).to_contain_text("The console's keymap")


def test_a_viewer_looks_and_cannot_save(chromium: Any, room: Room) -> None:
    desk = Desk(chromium, room, Role.VIEWER).open("/answerfiles/profiles/rack-a")
    assert desk.page.locator("#save").count() == 0
    desk.field("hostname").locator("input").fill("xen-one")
    api.expect(desk.line("<hostname>")).to_contain_text("xen-one")
    desk.close()


def test_a_file_that_is_picked_while_the_page_still_begins_is_not_lost(desk: Desk) -> None:
    """The page puts an empty file there once it knows the generation, however late that comes."""
    held: list[Any] = []
    desk.page.route("**/drafts/form*", lambda route: held.append(route))
    with desk.page.expect_request("**/drafts/form*"):
        desk.open("/answerfiles/file")
    desk.page.locator("#pick-file").set_input_files({
        "name": "mine.xml", "mimeType": "application/xml", "buffer": b"<installation><keyboard>uk</keyboard></installation>",
    })  # fmt: skip
    desk.page.wait_for_function("document.getElementById('pick-file').files.length === 0")  # it has been read
    held[0].continue_()
    desk.settled()
    api.expect(desk.line("uk")).to_be_visible()
    desk.page.close(run_before_unload=False)


def test_a_file_by_itself_is_looked_at_and_mended(desk: Desk) -> None:
    desk.open("/answerfiles/file")
    desk.page.locator("#pick-file").set_input_files({
        "name": "old.xml", "mimeType": "application/xml",
        "buffer": b'<installation><primary-disk guest-storag="no">sda</primary-disk><source type="url">http://192.0.2.1/x</source>'
                  b'<admin-interface name="eth0" proto="dhcp"/><keyboard>uk</keyboard></installation>',
    })  # fmt: skip
    desk.settled()
    api.expect(desk.page.locator("#fix-all")).to_be_visible()
    desk.page.locator("#fix-all").click()
    api.expect(desk.field("keymap").locator("input")).to_have_value("uk")
    api.expect(desk.field("primary-disk.guest-storage").locator("select")).to_have_value("no")
    desk.page.close(run_before_unload=False)


@pytest.mark.parametrize(
    ("theme", "size"),
    [
        pytest.param("light", (1400, 950), id="light-wide"),
        pytest.param("dark", (390, 800), id="dark-phone"),
        pytest.param("dark", (1400, 950), id="dark-wide", marks=pytest.mark.long),
        pytest.param("light", (390, 800), id="light-phone", marks=pytest.mark.long),
    ],
)
def test_the_editor_has_no_serious_finding_of_axe(chromium: Any, room: Room, theme: str, size: tuple[int, int]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    desk = Desk(chromium, room, Role.OPERATOR, color_scheme=theme, viewport={"width": size[0], "height": size[1]})
    for path, name in (("/answerfiles", "answerfiles"), ("/answerfiles/profiles/rack-a", "editor")):
        if name == "editor":
            desk.open(path)
        else:
            desk.page.goto(room.address + path)
        for tab in ("form", "file", "findings") if size[0] < 500 and name == "editor" else ("",):
            if tab:
                desk.page.locator(f"#tab-{tab}").click()
            desk.shot(f"{name}-{theme}-{size[0]}{'-' if tab else ''}{tab}")
            found = axe.Axe().run(desk.page).response["violations"]
            grave = [one for one in found if one["impact"] in ("serious", "critical")]
            serious = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in grave]
            assert serious == []
        if size[0] < 500:
            assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.close()
