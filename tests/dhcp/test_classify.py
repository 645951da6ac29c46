"""Who asks: the firmware that was seen on our own wire, and the lies that others may tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pxeserve.dhcp.classify import Kind, classify, client_id
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREQUEST, Message
from pxeserve.domain.client import Firmware

MAC = "52:54:00:77:00:01"
BIOS = b"PXEClient:Arch:00000:UNDI:002001"


def asker(**options: bytes):  # type: ignore[no-untyped-def]
    found = {int(code.removeprefix("o")): value for code, value in options.items()}
    return classify(Message(BOOTREQUEST, 1, MAC, {53: b"\x01", **found}))


@pytest.mark.parametrize(
    ("options", "kind", "ipxe", "arch", "firmware"),
    [
        ({"o60": BIOS, "o77": b"iPXE", "o93": b"\0\0", "o175": b"\xb1"}, Kind.PXE, True, 0, Firmware.BIOS),
        ({"o60": BIOS, "o77": b"\x04iPXE", "o93": b"\0\0"}, Kind.PXE, True, 0, Firmware.BIOS),
        ({"o60": BIOS, "o77": b"PXE", "o93": b"\0\0", "o175": b"\xb1"}, Kind.PXE, False, 0, Firmware.BIOS),
        ({"o60": b"PXEClient:Arch:00007:UNDI:003000", "o93": b"\0\x07"}, Kind.PXE, False, 7, Firmware.UEFI_X64),
        ({"o60": b"HTTPClient:Arch:00016:UNDI:003000", "o93": b"\0\x10"}, Kind.HTTP, False, 16, Firmware.UEFI_HTTP),
        ({"o60": b"PXEClient", "o93": b"\0\x63\0\x07"}, Kind.PXE, False, 7, Firmware.UEFI_X64),
        ({"o60": b"PXEClient", "o93": b"\0\x63"}, Kind.PXE, False, 99, None),
        ({"o60": b"PXEClient", "o93": b"\0\x02"}, Kind.PXE, False, 2, None),
        ({"o60": b"PXEClient:Arch:00011:UNDI:003000"}, Kind.PXE, False, 11, Firmware.UEFI_ARM64),
        ({"o60": b"PXEClient", "o93": b"\0"}, Kind.PXE, False, 0, Firmware.BIOS),
        ({"o60": b"PXEClient"}, Kind.PXE, False, 0, Firmware.BIOS),
        ({"o60": b"udhcp 1.35.0"}, Kind.ORDINARY, False, None, None),
        ({"o60": b"udhcp 1.35.0", "o93": b"\0\0"}, Kind.ORDINARY, False, None, None),
        ({}, Kind.ORDINARY, False, None, None),
        ({"o60": b"PXEclient"}, Kind.ORDINARY, False, None, None),
        ({"o60": b"\xff\xfe"}, Kind.ORDINARY, False, None, None),
    ],
)
@pytest.mark.quirk("ipxe-77")
@pytest.mark.quirk("no-option-93")
@pytest.mark.quirk("arch-list")
def test_the_table_of_clients(options: dict[str, bytes], kind: Kind, ipxe: bool, arch: int | None, firmware: Firmware | None) -> None:
    found = asker(**options)
    assert (found.kind, found.ipxe, found.client.arch, found.client.firmware) == (kind, ipxe, arch, firmware)
    assert found.client.pxe is (kind is not Kind.ORDINARY)


def test_a_client_id_that_only_repeats_the_mac_is_none() -> None:
    """UEFI sends none, the installer behind it sends 01 and the MAC: one machine, one address."""
    assert client_id(MAC, b"\x01" + bytes.fromhex("525400770001")) == ""
    assert client_id(MAC, b"") == ""
    assert client_id(MAC, b"\xff\x00\x01") == "ff0001"
    assert client_id(MAC, b"\x01" + bytes.fromhex("525400770002")) == "01525400770002"


def test_a_client_id_never_grows_beyond_what_the_store_reads_back() -> None:
    assert len(client_id(MAC, b"x" * 1000)) == 510


@pytest.mark.quirk("no-vendor-class")
def test_an_architecture_without_a_vendor_class_is_a_network_boot_all_the_same(machine: Callable[..., Any]) -> None:
    asker = classify(machine(options={Code.VENDOR_CLASS: b"", Code.USER_CLASS: b"", Code.ARCH: b"\0\x07"}).discover())
    assert (asker.kind, asker.client.firmware) == (Kind.PXE, Firmware.UEFI_X64)


@pytest.mark.parametrize(
    ("features", "arch", "script"),
    [
        (b"", b"\0\0", Firmware.IPXE),                              # says nothing: hardly any build lacks HTTP
        (b"\x13\x01\x01", b"\0\0", Firmware.IPXE),
        (b"\x13\x01\x01", b"\0\x07", Firmware.IPXE_UEFI),
        (b"\x15\x01\x01", b"\0\0", None),                         # TFTP alone
        (b"\x13\x01\x01", b"\0\x0b", None),                       # ARM: no script is written for it
        (b"\x13\x09", b"\0\0", Firmware.IPXE),                     # garbage is its own
    ],
)  # fmt: skip
@pytest.mark.quirk("ipxe-no-http")
def test_ipxe_gets_a_script_when_it_can_fetch_one(
    machine: Callable[..., Any], features: bytes, arch: bytes, script: Firmware | None
) -> None:
    options = {Code.ARCH: arch} | ({Code.IPXE: features} if features else {})
    asker = classify(machine(options=options).discover())
    assert asker.ipxe
    assert asker.script is script
