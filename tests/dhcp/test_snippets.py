"""Lines for other DHCP servers: golden texts, and what an offer comes to when it is compared with them."""

from __future__ import annotations

import os
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pxeserve.dhcp.asking import Question, Told, questions, verdict
from pxeserve.dhcp.snippets import Other, Place, snippet

GOLDEN = Path(__file__).parent / "golden"
PLACE = Place(IPv4Address("10.77.0.1"), 8069)
OTHER = IPv4Address("10.77.0.2")


@pytest.mark.parametrize("other", Other)
def test_the_lines_are_these_to_the_letter(other: Other) -> None:
    text = snippet(other, PLACE)
    if os.environ.get("REWRITE"):
        (GOLDEN / f"{other}.txt").write_text(text)
    assert text == (GOLDEN / f"{other}.txt").read_text()


def question(name: str) -> Question:
    return next(one for one in questions(PLACE) if one.name == name)


def test_every_kind_of_machine_is_asked_for() -> None:
    asked = [one.name for one in questions(PLACE)]
    assert asked == [
        "bios", "uefi-ia32", "uefi-x64 (7)", "uefi-x64 (9)", "uefi-arm64", "http-x64", "http-arm64", "ipxe-bios", "ipxe-uefi",
    ]  # fmt: skip


RIGHT = Told(OTHER, "grubx64.efi", PLACE.server, "")
HTTP = Told(OTHER, "http://10.77.0.1:8069/grubx64.efi", OTHER, "HTTPClient")


@pytest.mark.parametrize(
    ("name", "told", "word", "says"),
    [
        ("uefi-x64 (7)", [RIGHT], "right", "10.77.0.2 says it"),
        ("uefi-x64 (7)", [], "silent", "no offer came"),
        ("uefi-x64 (7)", [replace(RIGHT, file="pxelinux.0")], "wrong", "10.77.0.2 says pxelinux.0 from 10.77.0.1"),
        ("uefi-x64 (7)", [replace(RIGHT, file="")], "wrong", "no boot file"),
        ("uefi-x64 (7)", [replace(RIGHT, next_server=OTHER)], "wrong", "grubx64.efi from 10.77.0.2"),
        ("uefi-x64 (7)", [RIGHT, replace(RIGHT, file="other")], "wrong", "says other"),
        ("http-x64", [HTTP], "right", "says it"),
        ("http-x64", [replace(HTTP, vendor_class="")], "wrong", "with option 60 missing"),
        ("ipxe-uefi", [replace(RIGHT, file="http://10.77.0.1:8069/boot.ipxe", next_server=OTHER)], "right", "says it"),
        ("ipxe-uefi", [RIGHT], "wrong", "grubx64.efi"),
    ],
)
def test_an_offer_is_judged(name: str, told: list[Told], word: str, says: str) -> None:
    found = verdict(question(name), told, PLACE)
    assert found.word == word
    assert says in found.says
