"""Every page there is: fit for everybody, in both themes, on a desk and on a phone. A page that is not in the table fails.

`bin/test` looks at each page in one way, by turns, so that each way has a quarter of them; with --long each page is looked at in all four.
"""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from pxeserve.console import jobs
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from tests.browser import recovering
from tests.browser.conftest import PHONE, Look
from tests.console.served import Served

PAGES = {
    "overview": "/", "racks": "/racks", "rack": "/racks/R2", "discovered": "/discovered",
    "hosts": "/hosts", "host": "/hosts/xen-r1-12", "host-stuck": "/hosts/xen-r2-01", "host-installing": "/hosts/xen-r1-13",
    "host-explain": "/hosts/xen-r1-01/explain", "host-values": "/hosts/xen-r1-01/values", "host-rehearse": "/hosts/xen-r1-01/rehearse",
    "host-log": "/hosts/xen-r2-02/log", "host-edit": "/hosts/xen-r3-01/edit", "host-new": "/hosts/-/new", "hosts-import": "/hosts/-/import",
    "hosts-arm": "/hosts/-/arm?q=rack:R3", "hosts-cancel": "/hosts/-/cancel?q=rack:R1",
    "answerfiles": "/answerfiles", "site": "/answerfiles/site", "file": "/answerfiles/file", "host-answers": "/answerfiles/hosts/xen-r1-01",
    "template-new": "/answerfiles/-/new-template?from=8.2", "template": "/answerfiles/-/templates/site.xml.j2",
    "profiles": "/profiles", "profile": "/profiles/pool", "script-new": "/profiles/-/scripts/new", "script": "/profiles/-/scripts/after.sh",
    "pools": "/pools", "pool": "/pools/rack-c", "pool-new": "/pools/-/new",
    "recoveries": "/recoveries", "recovery": "/recoveries/r0", "recovery-waits": "/recoveries/r1",
    "host-recover": "/hosts/xen-r3-20/recover",
    "backups": "/backups", "backup": "/backups/b1", "backup-refused": "/backups/b2",
    "media": "/media", "medium": "/media/xcp83", "media-import": "/media/-/import", "media-create": "/media/-/create",
    "media-revise": "/media/xcp83/revise", "job": "/jobs/",
    "network": "/network", "reservations": "/network/reservations",
    "network-snippets": "/network/snippets?for=dnsmasq", "events": "/events",
    "events-host": "/events?host=xen-r2-02",
    "audit": "/audit", "users": "/users", "user": "/users/operator", "account": "/account", "settings": "/settings",
    "help": "/help", "help-networks": "/help/networks", "help-missing": "/help/missing-steps", "help-quirks": "/help/quirks",
    "help-why": "/help/why?who=xen-r2-01",
}  # fmt: skip
LOOKED_AT_ELSEWHERE = {"/login", "/setup", "/answerfiles/profiles/<name>"}
"""By tests that need another browser, or another site."""
NO_PAGES = {
    "/audit/verify", "/hosts/-/export.csv", "/hosts/-/export.yaml", "/live", "/media/-/work", "/overview/traffic", "/session",
    "/static/<path:name>", "/favicon.ico",
}  # fmt: skip
"""What is part of one, or a file."""
WAYS: dict[str, tuple[str, dict[str, int] | None]] = {
    "desk-light": ("light", None), "phone-dark": ("dark", PHONE), "desk-dark": ("dark", None), "phone-light": ("light", PHONE),
}  # fmt: skip
LOOKS = [
    pytest.param(name, *how, id=f"{way}-{name}", marks=() if turn == number % len(WAYS) else pytest.mark.long)
    for number, name in enumerate(PAGES)
    for turn, (way, how) in enumerate(WAYS.items())
]


@pytest.fixture(scope="module")
def job(console: Served) -> str:
    """A script, a template, an operator and a job beside what is there; the job's id."""
    context = Context(console.config, console.store, Actor("tester"), lambda _progress: None)
    console.session(Role.OPERATOR)
    registry.call(context, "script.add", {"name": "after.sh", "content": base64.b64encode(b"#!/bin/sh\necho after\n").decode()})
    for text in ("<installation/>", "<installation mode='{{ mode }}'/>"):
        asked = "template.set" if "mode" in text else "template.add"
        registry.call(context, asked, {"name": "site.xml.j2", "text": text})
    for number in (19, 20):
        said = ("name=eth0", "proto=static", f"ipaddr=127.85.15.{number}", "subnet=255.0.0.0", "gateway=127.0.0.1")
        registry.call(context, "host.set", {"name": f"xen-r3-{number}", "set": [f"admin-interface.{one}" for one in said]})
    luns = "storage.luns={kind: lvmoiscsi, target: 10.77.0.6, target_iqn: 'iqn.2008-03.org.example:t', scsi_id: '36', chap_user: pool}"
    guests = "storage.guests={kind: nfs, server: 10.77.0.5, path: /srv/guests, default: yes}"
    words = [luns, guests, "storage.disks={kind: ext, device: /dev/sdb}", "networks.backup.device=eth1", "version=8.3.0"]
    registry.call(context, "pool.add", {"name": "rack-c", "master": "xen-r3-19", "add": ["xen-r3-20"], "set": words})
    recovering.lay(console.store, registry.call(context, "recover.plan", {"name": "xen-r3-20"}))
    return jobs.bench(console.store).begin(context, "media.verify", {"name": "xcp83"}, "medium xcp83")


@pytest.mark.parametrize(("name", "scheme", "size"), LOOKS)
def test_every_page_is_fit_for_everybody(look: Look, job: str, name: str, scheme: str, size: dict[str, int] | None) -> None:
    """Nothing that axe calls serious, nothing wider than the screen, no complaint of the browser."""
    seen = look(color_scheme=scheme, **({"viewport": size} if size else {}))
    page = seen.at(PAGES[name] + (job if name == "job" else ""))
    expect(page.locator("h1")).to_be_visible()
    if page.locator("#editor").count():
        expect(page.locator("#state")).not_to_have_text("Reading…")
    seen.keep(f"{name}-{'phone' if size else 'desk'}-{scheme}")
    assert seen.grave() == []
    assert seen.sideways() <= 0
    assert seen.complaints == []


def test_no_page_is_left_out(console: Served, job: str) -> None:
    known = {_rule(console, path + (job if name == "job" else "")) for name, path in PAGES.items()}
    there = {rule.rule for rule in console.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")}
    assert there - known - NO_PAGES - LOOKED_AT_ELSEWHERE == set()


def _rule(console: Served, path: str) -> str:
    found, _ = console.app.url_map.bind("127.0.0.1").match(path.partition("?")[0], return_rule=True)
    return str(found.rule)
