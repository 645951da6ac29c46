"""The ways out of a network boot: one for every loader and every word, written as the table says, and told in the documentation."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pxeserve.boot import entry as entries
from pxeserve.boot import grub, ipxe, leaving, pxelinux
from pxeserve.boot.exits import Leave
from pxeserve.boot.leaving import CHAIN, Reader, way
from pxeserve.boot.loaders import Loaders
from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Loader, Target, decide
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.store import open_store

DOCS = Path(__file__).parents[2] / "docs" / "local-boot.md"
MAC = "52:54:00:77:00:01"


def menu(reader: Reader, leave: str, modules: frozenset[str] = frozenset({CHAIN})) -> list[str]:
    entry = entries.own_disk("xen01", BootWords(leave=leave))
    match reader:
        case Reader.PXELINUX:
            body = pxelinux.write(entry, modules)
        case Reader.GRUB:
            body = grub.write(entry, ("",))
        case _:
            body = ipxe.write(entry, "http://10.77.0.1", ipxe.Host(reader is Reader.IPXE_UEFI))
    return [line.strip() for line in body.decode().splitlines()]


@pytest.mark.quirk("pxelinux-int-18")
@pytest.mark.quirk("uefi-success-stops")
@pytest.mark.parametrize("leave", ["", *Leave])
@pytest.mark.parametrize("reader", Reader)
def test_every_loader_has_one_way_for_every_word_and_is_told_it(reader: Reader, leave: str) -> None:
    fitting = [one for one in leaving.WAYS if one.reader is reader and (leave or Leave.AUTO) in one.leave]
    assert len(fitting) == 1
    assert tuple(menu(reader, leave)[-len(fitting[0].lines) :]) == fitting[0].lines
    for one in fitting[0].looks_for:
        assert any(one.path in line for line in menu(reader, leave))
    assert fitting[0].source


@pytest.mark.quirk("pxelinux-int-18")
def test_the_ways_that_matter_by_name() -> None:
    assert menu(Reader.PXELINUX, "")[-1] == "localboot 0"
    assert menu(Reader.PXELINUX, "error")[-1] == "localboot -1"
    assert menu(Reader.PXELINUX, "disk")[-2:] == ["kernel chain.c32", "append hd0"]
    assert menu(Reader.IPXE_BIOS, "")[-1] == "exit"
    assert menu(Reader.IPXE_BIOS, "disk")[-1] == "sanboot --no-describe --drive 0x80 || exit 1"


@pytest.mark.quirk("uefi-success-stops")
def test_on_uefi_nothing_ends_well_unless_it_was_asked_for() -> None:
    for reader in (Reader.GRUB, Reader.IPXE_UEFI):
        assert [way(reader, leave).lines[-1] for leave in ("", "auto", "error", "exit")] == ["exit 1"] * 3 + ["exit"]


def test_a_set_without_chain_c32_leaves_as_usual() -> None:
    assert menu(Reader.PXELINUX, "disk", frozenset())[-1] == "localboot 0"


def test_the_removable_path_is_looked_at_only_where_a_profile_says_so() -> None:
    assert not any("BOOTX64" in line for leave in ("", "error", "exit") for line in menu(Reader.GRUB, leave))
    assert any("BOOTX64" in line for line in menu(Reader.GRUB, "disk"))


LOADERS = dict.fromkeys(Firmware, Loader("set", "file", "origin"))
HOST = Host(1, "xen01", (MAC,), "rack")


@pytest.mark.quirk("uefi-success-stops")
def test_a_maker_that_stops_is_told_by_its_uuid_where_that_says_it() -> None:
    dell = leaving.stops("4c4c4544-0044-3010-8056-b4c04f4b3132")
    assert dell is not None
    assert dell.name == "Dell"
    assert leaving.stops("30373237-3132-584d-5130-313130304b4a") is None
    assert leaving.stops(None) is None


@pytest.mark.parametrize(
    ("mode", "idle", "leave", "silent"),
    [
        ("server", "auto", "", False),
        ("server", "auto", "exit", False),
        ("server", "auto", "silent", True),
        ("server", "menu", "", False),
        ("server", "silent", "", True),
        ("proxy", "auto", "", True),
        ("proxy", "menu", "", False),
        ("proxy", "menu", "silent", True),
        ("off", "auto", "", False),
    ],
)
def test_who_is_idle_in_silence(tmp_path: Path, mode: str, idle: str, leave: str, silent: bool) -> None:
    store = open_store(tmp_path, migrate=True)
    try:
        site = Loaders(store, tmp_path, mode, idle).site_for(None, Profile("rack", words=BootWords(leave=leave)))
        assert bool(site.silent) is silent
        client = Client(MAC, Firmware.BIOS, address=IPv4Address("10.77.0.9"))
        decision = decide(client, HOST, None, replace(site, loaders=LOADERS), profile=Profile("rack"), now=0.0)
        assert decision.target is (Target.ADDRESS_ONLY if silent else Target.OWN_DISK)
    finally:
        store.close()


def test_the_documentation_has_every_way() -> None:
    rows = []
    for one in leaving.WAYS:
        words = ", ".join(f"`{leave}`" for leave in Leave if leave in one.leave)
        rows.append(f"| {one.reader} | {words} | {one.says} | {one.source} |")
    rows += [f"| {one.name} | {one.source} |" for one in leaving.STOPS]
    text = DOCS.read_text(encoding="utf-8")
    assert [row for row in rows if row not in text] == []
