"""What an arming leaves in the record for whoever asks later why nothing came; and that no secret is among it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.events.ledger import Ledger
from pxeserve.installs import seal
from pxeserve.keys import load_keys
from pxeserve.operations.watching.besides import known
from pxeserve.store import audit, installs, inventory
from pxeserve.store import tables as t
from pxeserve.timeline.missing.armed import MOST, armed, findings
from tests.operations.test_site import MAC, Site, furnished


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    yield made
    with made.context.store.site.read() as connection:
        assert audit.broken_at(connection) is None
    made.context.store.close()


def told(site: Site) -> dict[str, Any]:
    with site.context.store.site.read() as connection:
        return dict(next(row.data for row in connection.execute(t.install_event.select()) if row.kind == "install.armed"))


def frozen(site: Site) -> seal.Frozen:
    with site.context.store.site.read() as connection:
        host = inventory.host(connection, "xen01")
        assert host is not None
        row = installs.newest_of(connection, host.id)
    assert row is not None
    assert row.sealed is not None
    return seal.unseal(row.sealed, row.id, load_keys(site.data).seal)


def test_an_arming_tells_the_record_what_its_answerfile_names(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["guest-disks=[sdb]"])
    armed_with = site.ask("host.install", name="xen01")
    said = armed(told(site))
    assert (said.dialect, said.medium, said.disks, said.cards, said.source) == ("4.1", "sample", ("sda", "sdb"), ("eth0",), "url")
    assert (said.fixed, said.plain, said.interactive, said.stages) == (False, False, False, ("filesystem-populated",))
    text = json.dumps(told(site))
    given = frozen(site)
    assert given.answerfile is not None
    assert armed_with["root_password"] not in text
    for name in given.scripts:
        assert seal.token(given.key, seal.purpose("script", name)) not in text
    assert seal.token(given.key, "answerfile") not in text


def test_cards_words_and_vlans_are_told_too(site: Site) -> None:
    words = ["boot.kernel_args=network_config=dhcp:vlan=17", "admin-interface.proto=static", "admin-interface.ipaddr=10.77.0.11"]
    site.ask("profile.set", name="rack", set=[*words, "admin-interface.subnet=255.255.255.0", "admin-interface.gateway=10.77.0.1"])
    site.ask("host.install", name="xen01")
    said = armed(told(site))
    assert (said.vlan, said.fixed) == ("17", True)


def test_an_interactive_arming_names_its_generation_alone(site: Site) -> None:
    site.ask("host.install", name="xen01", interactive=True)
    said = armed(told(site))
    assert (said.interactive, said.dialect, said.disks, said.findings, said.stages) == (True, "4.1", (), (), None)


def test_findings_lose_secrets_and_addresses() -> None:
    found = [
        Finding("XA-020", Severity.WARNING, 7, 1, "<x>hunter2 is not read: http://10.0.0.1/s/TOKEN/hook", "not hunter2", "x"),
        Finding("XA-066", Severity.INFO, 2, 1, "sda is a guess\x1b", "by-id", "x"),
    ]
    kept = findings(found, ["hunter2", ""])
    assert [one["line"] for one in kept] == [7, 2]
    text = json.dumps(kept)
    assert "hunter2" not in text
    assert "TOKEN" not in text
    assert "\x1b" not in kept[1]["message"]
    assert armed({"findings": kept}).findings[0].message == "<x>(not shown) is not read: (an address)"
    assert len(findings([found[0]] * 50, [])) == MOST


def test_an_old_record_says_less_and_a_broken_one_nothing() -> None:
    assert armed({"mode": "fresh", "medium": "xs41"}).dialect == ""
    assert armed({}).plain is False
    assert armed({"medium": None}).plain
    broken: dict[str, Any] = {"findings": "x", "disks": 7, "stages": {}, "dialect": ["y"], "vlan": None}
    assert armed(broken) == armed({})


def test_the_linters_finding_is_named_when_nothing_follows_the_answerfile(site: Site) -> None:
    """From the template over the arming and the record to the sentence."""
    folder = site.data / "templates"
    folder.mkdir(exist_ok=True)
    lines = [
        '<installation mode="{{ mode }}">', "<primarydisk>sdb</primarydisk>", '<primary-disk gueststorage="yes">sda</primary-disk>',
        "<keymap>us</keymap>", "<root-password>{{ password.text }}</root-password>",
        '<source type="{{ source.type }}">{{ source.address }}</source>',
        '<interface name="eth0" proto="dhcp"/>', '<admin-interface name="eth0" proto="dhcp"/>', "<timezone>Europe/London</timezone>",
        '<post-install-script>{{ hooks["filesystem-populated"] }}</post-install-script>', "</installation>",
    ]  # fmt: skip
    (folder / "own.xml.j2").write_text("\n".join(lines), encoding="utf-8")
    site.ask("profile.set", name="rack", set=["template=own.xml.j2"])
    site.ask("host.install", name="xen01")
    Ledger(site.context.store).take_over()
    event = told_after(site)
    assert any("primarydisk" in one.message for one in armed(event).findings)
    with site.context.store.site.read() as connection:
        host = inventory.host(connection, "xen01")
    assert known(site.context, host).mode == site.context.config.dhcp.mode


def told_after(site: Site) -> dict[str, Any]:
    with site.context.store.events.read() as connection:
        return dict(next(row.data for row in connection.execute(t.event.select()) if row.kind == "install.armed"))


def test_explain_says_what_the_record_waits_for(site: Site) -> None:
    assert site.ask("explain", mac=MAC)["next"] is None
    site.ask("host.install", name="xen01")
    Ledger(site.context.store).take_over()
    following = site.ask("explain", mac=MAC)["next"]
    assert following["expected"] == "the machine boots from its network card and asks by DHCP"
    assert following["overdue"] is False
