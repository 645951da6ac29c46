"""Markup in everything that machines, media, programs and people can say, looked at on every page: it is text there and nothing else.

It is laid into the store as it is, past what the wire, the API and the operations would have made of it, so that each page has to hold by
itself.
"""

from __future__ import annotations

import json
import time
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from pxeserve.domain.install import InstallState
from pxeserve.domain.role import Role
from pxeserve.store import audit, events, inventory
from pxeserve.store import tables as t
from tests.browser.conftest import Look
from tests.browser.test_pages import PAGES
from tests.console import people
from tests.console.scene import HOUR, UUID, Player
from tests.console.served import Served

NAME = "\"'><img src=x onerror=alert(1) data-planted>"
"""What stands in a path too."""
MARK = (
    f"{NAME}</textarea></title></style></script><script data-planted>alert(2)</script><svg data-planted onload=alert(3)>"
    '</svg><a data-planted href="javascript:alert(4)">a</a>" data-planted onfocus=alert(5) autofocus x=\' {{7*7}} ${alert(6)} '
    'hx-get="/x" javascript:alert(7)'
)
EVIL = "/hosts/" + quote(NAME, safe="")
MORE = (
    EVIL, f"{EVIL}/explain", f"{EVIL}/values", f"{EVIL}/log", f"{EVIL}/edit", f"{EVIL}/rehearse", f"/answerfiles{EVIL}",
    f"/events?host={quote(NAME)}", f"/racks/{quote(NAME, safe='')}", f"/media/{quote(NAME, safe='')}", f"/profiles/{quote(NAME, safe='')}",
    f"/answerfiles/profiles/{quote(NAME, safe='')}", f"/profiles/-/scripts/{quote(NAME, safe='')}", f"/users/{quote(NAME, safe='')}",
    f"/help/why?who={quote(NAME)}", f"/hosts?q={quote(MARK)}", f"/events?kind={quote(MARK)}", f"/hosts/-/arm?q={quote(MARK)}",
    f"/network/snippets?other={quote(MARK)}", f"/{quote(MARK)}", f"/login?next={quote(MARK)}", f"/audit?actor={quote(MARK)}",
    "/jobs/evil", "/jobs/done", "/profiles/-/scripts/plain.sh",
)  # fmt: skip

_OURS = """() => {
    const bad = [...document.querySelectorAll('[data-planted]')].map(one => one.outerHTML);
    for (const one of document.querySelectorAll('*')) for (const said of one.attributes) {
        if (said.name.startsWith('on')) bad.push(one.outerHTML);
        if (['href', 'src', 'action', 'formaction', 'hx-get', 'hx-post'].includes(said.name) && /^\\s*javascript:/i.test(said.value))
            bad.push(one.outerHTML);
    }
    return [...bad, ...window.violations];
}"""
"""What of it has become a part of the page, and what the policy has stopped: nothing should have come so far."""


@pytest.fixture(scope="module")
def planted(console: Served) -> Served:
    store = console.store
    said = {"text": MARK, "bold": NAME, MARK: MARK}
    with store.site.write() as connection:
        connection.execute(update(t.medium).values(product=MARK, version=MARK, build=MARK, origin=MARK, state_reason=MARK, place=MARK))
        evil: dict[str, Any] = {
            "name": NAME, "folder": "evil", "format": MARK, "product": MARK, "version": MARK, "build": MARK, "dialect": "xcp-8.3",
            "revision": MARK, "boot": None, "repositories": [], "state": "damaged", "state_reason": MARK, "origin": "javascript:alert(1)",
            "imported_at": 1.0, "place": MARK,
        }  # fmt: skip
        connection.execute(insert(t.medium).values(**evil))
        for medium in (NAME, "xcp83"):
            row = {"medium": medium, "path": MARK, "position": 7, "kind": "rpm", "size": 5, "md5": MARK, "sha256": MARK}
            connection.execute(insert(t.medium_file).values(**row))
        connection.execute(insert(t.profile).values(name=NAME, medium=NAME, parent=None, answers={"timezone": MARK, "x": said}, boot={}))
        answers = {"hostname": MARK, "timezone": MARK, "ntp-server": [MARK]}
        host = {"name": NAME, "profile": "pool", "uuid": UUID, "serial": MARK, "answers": answers,
                "rack": NAME, "tags": [MARK], "address": "10.77.0.66"}  # fmt: skip
        number = connection.execute(insert(t.host).values(**host)).inserted_primary_key
        assert number is not None
        connection.execute(insert(t.host_mac).values(mac="52:54:00:77:66:66", host_id=number[0], position=0))
        connection.execute(update(t.host).where(t.host.c.name == "xen-r3-02").values(tags=[MARK], serial=MARK))
        for what, name in (("site", ""), ("profile", "pool"), ("host", "xen-r1-01"), ("host", NAME)):
            row = {"what": what, "name": name, "at": 9.0, "who": MARK, "action": MARK, "answers": {"timezone": MARK}, "note": MARK}
            connection.execute(insert(t.answers_history).values(**row))
        for name in (NAME, "plain.sh"):
            connection.execute(insert(t.script).values(name=name, body=MARK.encode(), sha256=MARK, changed_at=1.0))
        for number_, state in enumerate(("failed", "done", "running", "cancelled")):
            row = {"id": "evil" if state == "failed" else state, "verb": MARK, "about": MARK, "arguments": said, "actor": MARK, "role": 3,
                   "state": state, "made_at": time.time() + number_, "done": 1, "total": 3, "text": MARK, "result": said,
                   "problem": {"message": MARK, "code": MARK, "fix": MARK}, "began_at": 1.0, "ended_at": 2.0, "cancelled_by": MARK,
                   "attempts": 1}  # fmt: skip
            connection.execute(insert(t.job).values(**row))
        audit.append(connection, time.time(), MARK, MARK, MARK, MARK)
        row = {"name": NAME, "role": "viewer", "password": "none", "created_at": 1.0, "created_by": MARK, "password_at": 1.0}
        connection.execute(insert(t.user).values(**row, entered_from=MARK))
        connection.execute(insert(t.loader_set).values(name=NAME, origin=MARK, imported_at=1.0))
        connection.execute(insert(t.loader_file).values(set=NAME, name=MARK, size=1, sha256=MARK))
    for role in Role:
        console.session(role)
        people.token(store, role, hosts=(MARK,), racks=(NAME,))
    with store.site.write() as connection:
        connection.execute(update(t.session).values(agent=MARK, address=MARK))
        connection.execute(update(t.api_token).values(name=MARK, made_by=MARK, used_from=MARK))
    with store.leases.write() as connection:
        now = time.time()
        row = {"address": "10.77.0.66", "mac": MARK, "client_id": MARK, "hostname": MARK, "state": "bound", "starts": now}
        connection.execute(insert(t.lease).values(**row, expires=now + HOUR, relay=MARK))
    _machines(console)
    for name in (NAME, "xen-r3-02"):
        with store.site.read() as connection:
            known = inventory.host(connection, name)
            assert known is not None
        play(Player(store, name, known.macs[0], 600))
    return console


def _machines(console: Served) -> None:
    """What the record tells of machines that are no hosts, the doctor's word, and an installer's log."""
    finding = {"check": MARK, "grade": "fault", "subject": MARK, "text": MARK, "tell": MARK, "fix": MARK, "where": MARK, "key": MARK}
    with console.store.events.write() as connection:
        connection.execute(update(t.discovered).values(
            vendor_class=MARK, user_class=MARK, hostname=MARK, circuit=MARK, remote=MARK, relay=MARK, serial=MARK,
        ))  # fmt: skip
        for install in ("i-xen-r2-02", f"i-{NAME}"):
            row = {"install": install, "stage": "failed", "host": NAME, "at": time.time(), "size": len(MARK)}
            connection.execute(insert(t.install_log).values(**row, content=zlib.compress(MARK.encode())))
        connection.execute(insert(t.counter).values(minute=int(time.time()) // 60, source=MARK, reason=MARK, count=7))
        for kind, data in (("doctor.finding", finding), ("dhcp.discover", {"vendor_class": MARK, "hostname": MARK}), (MARK, {MARK: MARK})):
            events.add(connection, [{"at": time.time(), "kind": kind, "host": None, "mac": MARK, "text": MARK, "data": data}])


def play(player: Player) -> None:
    """A boot and an installation in which everything that is said is markup."""
    player.armed(armed_by=MARK).does(1, "dhcp.discover", vendor_class=MARK, hostname=MARK, arch=0, text=MARK, user_class=MARK)
    player.does(1, "dhcp.offer", "s", file=MARK, text=MARK).does(1, "dhcp.ack", "s", file=MARK)
    why = {"weight": "chose", "code": MARK, "text": MARK, "source": MARK}
    player.tftp(1, MARK, 5, 1.0).does(1, "boot.menu", "s", target="installer", because=[why], text=MARK)
    player.does(1, "tftp.transfer", "s", file=MARK, outcome="refused", bytes=0, seconds=0.1, why=MARK, because=MARK, text=MARK)
    player.becomes(InstallState.BOOTING).answers().does(1, "http.script", name=MARK, bytes=9).does(1, "http.progress", stage=MARK)
    player.becomes(InstallState.INSTALLING).does(1, "http.file", medium=MARK, path=MARK, outcome="missing", bytes=0, seconds=0.1)
    player.does(1, "install.alarm", because=MARK).does(1, MARK, what=MARK).does(1, "http.progress", stage="failed", text=MARK)
    player.becomes(InstallState.FAILED, ended_at=player.at, ended_because=MARK).told()


def watched(look: Look) -> tuple[Page, Any, list[str]]:
    """A browser that tells what scripts and dialogs there were."""
    seen = look()
    heard: list[str] = []
    seen.page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    seen.page.add_init_script("window.violations = []; addEventListener('securitypolicyviolation', said => "
                              "violations.push(`${said.violatedDirective} ${said.blockedURI} ${said.sample}`));")  # fmt: skip
    return seen.page, seen, heard


def test_what_anybody_says_is_text_on_every_page(look: Look, planted: Served) -> None:
    page, seen, heard = watched(look)
    shown, bad = 0, dict[str, Any]()
    for path in (*PAGES.values(), *MORE):
        answer = page.goto(seen.place + path)
        assert answer is not None
        if answer.status >= 500:
            bad[path] = answer.status
        if page.locator("#editor").count():
            expect(page.locator("#state")).not_to_have_text("Reading…")
        if found := page.evaluate(_OURS):
            bad[path] = found[:3]
        shown += "onerror=alert(1)" in page.locator("body").inner_text()
    assert bad == {}
    assert heard == []
    assert [said for said in seen.complaints if "Failed to load resource" not in said] == []  # an answer of 404 or 422 is told as that
    assert shown > 20, "hardly any page has shown what was planted: the test looks at nothing"


def test_what_comes_while_a_page_is_open_is_text_too(look: Look, planted: Served) -> None:
    page, seen, heard = watched(look)
    for path in ("/events?follow=yes", "/", EVIL):
        page.goto(seen.place + path)
        expect(page.locator("#live")).to_have_text("live")
        now = f"live {time.time()} {MARK}"
        with planted.store.events.write() as connection:
            row = {"at": time.time(), "kind": "dhcp.discover", "host": NAME, "mac": "52:54:00:77:66:66", "text": now}
            events.add(connection, [{**row, "data": {"hostname": now}}])
        if "follow" in path:
            expect(page.locator("body")).to_contain_text(now[:40])
        assert page.evaluate(_OURS) == []
    assert heard == []


def test_what_is_refused_is_told_as_text(look: Look, planted: Served) -> None:
    """An error that names what was said, in a message of the page's own script."""
    page, seen, heard = watched(look)
    page.goto(seen.place + "/hosts/-/import")
    answer = page.evaluate(
        """async mark => {
            const said = await fetch("/api/v1/hosts", {method: "POST", body: JSON.stringify({[mark]: mark}), headers: {
                "Content-Type": "application/json", "X-CSRF": document.querySelector("meta[name=csrf]")?.content ?? ""}});
            return [said.headers.get("Content-Type"), await said.text()];
        }""",
        MARK,
    )
    assert answer[0] == "application/problem+json"
    assert json.loads(answer[1])["detail"]
    page.locator("textarea").first.fill("name,<img src=x onerror=alert(1) data-planted>")
    page.locator("form button[type=submit], main form button").first.click()
    expect(page.locator("body")).to_contain_text("onerror=alert(1)")
    assert page.evaluate(_OURS) == []
    assert heard == []
