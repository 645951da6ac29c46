"""The site's scripts through the verbs: kept, changed, shown, refused, and frozen into the install of whoever runs them."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.scripts.names import DOM0_MEM, HOOK, ROTATION
from pxeserve.errors import PxeserveError
from pxeserve.installs import seal
from pxeserve.keys import load_keys
from pxeserve.operations.answerfiles import scripts
from pxeserve.store import audit, installs, inventory
from pxeserve.store import tables as t
from tests.operations.test_site import Site, furnished

GOOD = b"#!/bin/sh\necho 'it works: \xc3\xbc' >/dev/null\n"


def packed(body: bytes) -> str:
    return base64.b64encode(body).decode()


@pytest.fixture
def site(tmp_path: Path) -> Any:
    made = furnished(tmp_path)
    yield made
    with made.context.store.site.read() as connection:
        assert audit.broken_at(connection) is None
    made.context.store.close()


def frozen(site: Site, name: str = "xen01") -> seal.Frozen:
    with site.context.store.site.read() as connection:
        host = inventory.host(connection, name)
        assert host is not None
        row = installs.newest_of(connection, host.id)
    assert row is not None
    assert row.sealed is not None
    return seal.unseal(row.sealed, row.id, load_keys(site.data).seal)


def test_a_script_is_kept_byte_for_byte_changed_and_forgotten(site: Site) -> None:
    kept = site.ask("script.add", name="ntp.sh", content=packed(GOOD))
    assert (kept["name"], kept["bytes"], kept["sha256"]) == ("ntp.sh", len(GOOD), hashlib.sha256(GOOD).hexdigest())
    assert base64.b64decode(site.ask("script.show", name="ntp.sh")["content"]) == GOOD
    assert "there is already a script ntp.sh" in site.refused("script.add", name="ntp.sh", content=packed(GOOD))
    changed = GOOD + b"exit 1\n"
    assert site.ask("script.set", name="ntp.sh", content=packed(changed))["sha256"] == hashlib.sha256(changed).hexdigest()
    assert [one["name"] for one in site.ask("script.list")] == ["ntp.sh"]
    assert site.ask("script.remove", name="ntp.sh") == {"removed": "ntp.sh"}
    assert site.ask("script.list") == []
    for verb in ("script.show", "script.remove"):
        assert "there is no script ntp.sh" in site.refused(verb, name="ntp.sh")
    with site.context.store.site.read() as connection:
        acts = [(row.action, row.object.split(" ")[0]) for row in connection.execute(t.audit.select()) if row.action.startswith("script")]
    assert acts == [("script.add", "ntp.sh"), ("script.set", "ntp.sh"), ("script.remove", "ntp.sh")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("../x", packed(GOOD), "is not a name for a script"),
        ("x y", packed(GOOD), "is not a name for a script"),
        ("x", "no base64!", "not base64"),
        ("x", packed(b"#" * 200_000), "too long"),
        ("x", packed(b"#!/bin/sh\n" + b"#" * 65_600), "65536 are served at most"),
        ("x", packed(b"echo\n"), "names no interpreter"),
        ("x", packed(b"#!/bin/sh\r\necho\r\n"), "carriage return"),
        ("x", packed(b"#!/usr/bin/perl\n"), "has no /usr/bin/perl"),
        ("x", packed(b"#!/bin/sh\nif true\n"), "sh cannot read this script"),
    ],
)
def test_what_no_installer_could_run_is_not_kept(site: Site, name: str, content: str, says: str) -> None:
    assert says in site.refused("script.add", name=name, content=content)
    assert site.ask("script.list") == []


def test_a_script_that_somebody_runs_stays(site: Site) -> None:
    site.ask("script.add", name="ntp.sh", content=packed(GOOD))
    site.ask("profile.set", name="rack", set=["scripts.filesystem-populated=[ntp.sh]"])
    site.ask("host.set", name="xen01", set=["scripts.filesystem-populated+=[ntp.sh]"])
    assert site.ask("script.list")[0]["used_by"] == ["profile rack", "host xen01"]
    assert "is run by profile rack, host xen01" in site.refused("script.remove", name="ntp.sh")
    assert site.ask("script.set", name="ntp.sh", content=packed(GOOD + b"\n"))["used_by"] == ["profile rack", "host xen01"]


def test_what_is_armed_runs_what_it_was_armed_with(site: Site) -> None:
    site.ask("script.add", name="ntp.sh", content=packed(GOOD))
    site.ask("profile.set", name="rack", set=["scripts.filesystem-populated=[ntp.sh, http://192.0.2.9/own.sh]", "boot.dom0_mem=1024M"])
    site.ask("host.install", name="xen01")
    site.ask("script.set", name="ntp.sh", content=packed(GOOD + b"exit 9\n"))
    found = frozen(site)
    assert set(found.scripts) == {HOOK, DOM0_MEM, ROTATION, "filesystem-populated.1.ntp.sh"}
    assert found.scripts["filesystem-populated.1.ntp.sh"] == GOOD
    assert b"http://192.0.2.9/own.sh" in found.scripts[HOOK]
    with site.context.store.site.read() as connection:
        told = next(row.data for row in connection.execute(t.install_event.select()) if row.kind == "install.armed")
    assert told["scripts"]["filesystem-populated.1.ntp.sh"] == hashlib.sha256(GOOD).hexdigest()


def test_no_two_installs_share_an_address(site: Site) -> None:
    addresses = set()
    for _ in range(3):
        site.ask("host.install", name="xen01")
        hook = frozen(site).scripts[HOOK].decode()
        addresses |= {word for word in hook.split() if "/s/" in word or "/p/" in word}
        site.ask("host.cancel", name="xen01")
    assert len(addresses) == 3 * 2   # the rotation's script and the place for reports


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scripts.filesystem-populated=[none.sh]"], "scripts.filesystem-populated: there is no script none.sh"),
        (["scripts.installation-start=[ntp.sh]"], "installers of 4.1 never come to that stage"),
    ],
)
def test_what_could_not_run_is_refused_when_it_is_set(site: Site, words: list[str], says: str) -> None:
    site.ask("script.add", name="ntp.sh", content=packed(GOOD))
    for verb, name in (("host.set", "xen01"), ("profile.set", "rack")):
        assert says in site.refused(verb, name=name, set=words)


def test_what_would_not_run_at_the_machine_is_refused_when_it_is_armed(site: Site) -> None:
    site.ask("script.add", name="three.py", content=packed(b"#!/usr/bin/python3\n"))
    site.ask("host.set", name="xen01", set=["scripts.filesystem-populated=[three.py]"])
    assert "has no /usr/bin/python3" in site.refused("host.install", name="xen01")
    assert "has no /usr/bin/python3" in site.refused("answerfile.render", name="xen01")


def test_dom0_mem_that_xen_would_not_read_is_refused(site: Site) -> None:
    assert "Xen takes it for KiB" in site.refused("profile.set", name="rack", set=["boot.dom0_mem=752"])


def test_lint_needs_no_service() -> None:
    assert scripts.lint("x", GOOD, "8.2")["verdict"] == "surprising"
    assert scripts.lint("x", b"#!/bin/sh\nexit 0\n", None) == {"file": "x", "verdict": "accepted", "findings": []}
    assert scripts.lint("x", b"#!/usr/bin/python\n", "xs9")["verdict"] == "refused"
    with pytest.raises(PxeserveError, match=r"dialect 3\.2 is not known"):
        scripts.lint("x", GOOD, "3.2")


def test_no_more_are_kept_than_a_site_needs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "MOST", 2)
    for name in ("a", "b"):
        site.ask("script.add", name=name, content=packed(GOOD))
    assert "2 scripts are kept, and no more" in site.refused("script.add", name="c", content=packed(GOOD))
