"""What is written is what the installer of 4.1 reads, and what people meant."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.model import AnswerError, merged, read, redacted
from pxeserve.answerfile.render import RenderError, Wanted, render

GOLDEN = Path(__file__).parent / "golden"
DHCP = {"name": "eth0", "proto": "dhcp"}
STATIC = {"hwaddr": "00:16:3E:00:00:01", "proto": "static", "ipaddr": "192.0.2.11", "subnet": "255.255.255.0", "gateway": "192.0.2.1"}
LEAST = {"primary-disk": "sda", "timezone": "Europe/London", "admin-interface": DHCP}
FULL = {
    "primary-disk": {"device": "/dev/sda", "guest-storage": "no"},
    "guest-disks": ["sdb", "sdc"],
    "timezone": "Europe/London",
    "keymap": "uk",
    "hostname": "xen01",
    "nameservers": ["192.0.2.1", "192.0.2.2"],
    "ntp-servers": ["ntp.example.com"],
    "admin-interface": STATIC,
    "sr-type": "ext",
}


def wanted(declared: dict[str, Any], mode: str = "fresh", dialect: str = "4.1") -> Wanted:
    source, hook, progress = (f"http://192.0.2.1/{path}" for path in ("media/xs41", "s/TOKEN/post-install", "p/TOKEN"))
    return Wanted(dialect, mode, read(declared), source, hook, progress, "pass<word>&more")


@pytest.mark.parametrize(
    ("name", "declared", "mode"),
    [
        ("least", LEAST, "fresh"),
        ("full", FULL, "fresh"),
        ("reinstall", {**FULL, "existing-installation": "sda"}, "reinstall"),
        ("upgrade", {"existing-installation": "sda"}, "upgrade"),
    ],
)
def test_the_answerfile_is_this_to_the_letter(name: str, declared: dict[str, Any], mode: str) -> None:
    assert render(wanted(declared, mode)).decode() == (GOLDEN / f"{name}.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", ["4.1", "8.2", "xs8", "xcp-8.2", "xcp-8.3"])
@pytest.mark.parametrize(("kind", "source"), [("nfs", "192.0.2.1:/media/xs41"), ("url", "ftp://192.0.2.1/media/xs41")])
def test_packages_may_come_from_nfs_and_from_ftp(dialect: str, kind: str, source: str) -> None:
    text = render(replace(wanted(LEAST, dialect=dialect), source=source, source_type=kind))
    node = minidom.parseString(text).getElementsByTagName("source")[0]
    assert (node.getAttribute("type"), node.firstChild.data) == (kind, source)


def _text(document: minidom.Document, name: str) -> list[str]:
    """As the installer reads it: the text nodes of each such element anywhere, joined."""
    nodes = document.getElementsByTagName(name)
    return ["".join(child.data for child in node.childNodes if child.nodeType == child.TEXT_NODE) for node in nodes]


_WORD = st.from_regex(r"[!-~]{1,20}", fullmatch=True)


_DISKS = st.lists(st.from_regex(r"sd[a-z]", fullmatch=True), max_size=3, unique=True)


@given(_WORD, _DISKS, st.sampled_from(["Etc/UTC", "Europe/London"]), st.booleans())
def test_the_installers_own_reading_gives_back_what_was_meant(word: str, disks: list[str], zone: str, static: bool) -> None:
    declared = {**LEAST, "guest-disks": disks, "timezone": zone, "admin-interface": STATIC if static else DHCP}
    document = minidom.parseString(render(replace(wanted(declared), password=word)))
    assert _text(document, "root-password") == [word]
    assert _text(document, "guest-disk") == disks
    assert _text(document, "timezone") == [zone]
    assert _text(document, "source") == ["http://192.0.2.1/media/xs41"]
    [nic] = document.getElementsByTagName("admin-interface")
    assert nic.getAttribute("proto") == ("static" if static else "dhcp")
    assert _text(document, "ip") == (["192.0.2.11"] if static else [])


@pytest.mark.parametrize(
    ("declared", "mode", "dialect", "says"),
    [
        ({}, "fresh", "4.1", "primary-disk is missing"),
        ({**LEAST, "admin-interface": None}, "fresh", "4.1", "admin-interface is missing"),
        (LEAST, "reinstall", "4.1", "existing-installation is missing"),
        (LEAST, "restore", "4.1", "mode restore is not known"),
        (LEAST, "fresh", "xs9", "cannot be written by this release"),
        ({**LEAST, "root-password": {"hash": "$6$abc"}}, "fresh", "4.1", "would take for the password itself"),
    ],
)
def test_answers_that_do_not_suffice_are_named(declared: dict[str, Any], mode: str, dialect: str, says: str) -> None:
    with pytest.raises(RenderError, match=says):
        render(wanted(declared, mode, dialect))


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"primry-disk": "sda"}, "primry-disk: unknown; did you mean primary-disk?"),
        ({"primary-disk": "../sda"}, "not a disk"),
        ({"primary-disk": {"device": "sda", "guest-storage": "maybe"}}, "neither yes nor no"),
        ({"timezone": " London"}, "without blanks at the ends"),
        ({"hostname": "xen\u00e9"}, "ASCII only"),
        ({"hostname": 5}, "not a plain text"),
        ({"nameservers": ["ns1"]}, "not an IPv4 address"),
        ({"nameservers": 5}, "not a list"),
        ({"sr-type": "zfs"}, "none of lvm, ext and largeblock"),
        ({"root-password": {"md5": "x"}}, "is needed"),
        ({"root-password": {"plaintext": ""}}, "is empty"),
        ({"admin-interface": "eth0"}, "not a table"),
        ({"admin-interface": {"proto": "dhcp"}}, "either name or hwaddr"),
        ({"admin-interface": {**DHCP, "hwaddr": "00:16:3e:00:00:01"}}, "either name or hwaddr"),
        ({"admin-interface": {"name": "eth0", "proto": "none"}}, "neither static nor dhcp"),
        ({"admin-interface": {**STATIC, "gateway": None}}, "needs gateway"),
        ({"admin-interface": {**STATIC, "subnet": "24"}}, "not a mask"),
        ({"admin-interface": {**STATIC, "gateway": "198.51.100.1"}}, "not in 192.0.2.0/24"),
        ({"admin-interface": {**DHCP, "vlan": "4095"}}, "is not a VLAN from 1 to 4094"),
        ({"post-install-script": "ssh://x"}, "not an http:// or ftp:// address"),
    ],
)
def test_answers_that_nobody_could_mean_are_refused_by_element(declared: dict[str, Any], says: str) -> None:
    with pytest.raises(AnswerError) as error:
        read(declared)
    assert says in str(error.value)
    assert str(error.value).startswith(next(iter(declared)))


def test_a_hosts_own_answers_win_and_no_password_is_shown() -> None:
    assert merged({"timezone": "A", "keymap": "us"}, {"timezone": "B"}) == {"timezone": "B", "keymap": "us"}
    for password in ("secret", {"plaintext": "secret"}, {"hash": "secret"}):
        assert "secret" not in str(redacted({"root-password": password}))
    assert redacted({"root-password": "random"}) == {"root-password": "random"}
    assert "secret" not in repr(read({"root-password": {"plaintext": "secret"}}))
