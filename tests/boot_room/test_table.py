"""The table of loaders: a loader or a sentence for every combination, and the ones that matter by name."""

from __future__ import annotations

import pytest

from pxeserve.boot import table
from pxeserve.boot.entry import Load
from pxeserve.boot.table import Family
from pxeserve.domain.client import Firmware

MODES = ("proxy", "server", "off")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("firmware", Firmware)
@pytest.mark.parametrize("load", Load)
def test_every_combination_has_a_line_that_says_why(firmware: Firmware, load: Load, mode: str) -> None:
    row = table.row(firmware, load, mode)
    assert row is not None
    assert row.because
    assert bool(row.file) == (row.family is not None)
    assert load is not Load.OWN_DISK or row.file  # nobody is kept from its own disk


@pytest.mark.parametrize(
    ("firmware", "load", "mode", "file"),
    [
        (Firmware.BIOS, Load.XEN, "proxy", "pxelinux.0"),
        (Firmware.BIOS, Load.XEN_BIOS, "proxy", "pxelinux.0"),
        (Firmware.IPXE, Load.XEN_BIOS, "server", "boot.ipxe"),
        (Firmware.UEFI_X64, Load.XEN, "proxy", "grubx64.efi"),
        (Firmware.UEFI_X64, Load.XEN_EFI, "server", "EFI/xenserver/grubx64.efi"),
        (Firmware.UEFI_HTTP, Load.XEN, "server", "grubx64.efi"),
        (Firmware.UEFI_ARM64, Load.LINUX, "server", "grubaa64.efi"),
        (Firmware.UEFI_IA32, Load.LINUX, "server", "grubia32.efi"),
        (Firmware.IPXE, Load.XEN, "proxy", "boot.ipxe"),
        (Firmware.IPXE_UEFI, Load.XEN, "proxy", "boot.ipxe"),
    ],
)
def test_what_is_given(firmware: Firmware, load: Load, mode: str, file: str) -> None:
    row = table.row(firmware, load, mode)
    assert row is not None
    assert row.file == file
    assert row.http == (firmware in (Firmware.UEFI_HTTP, Firmware.IPXE, Firmware.IPXE_UEFI))


@pytest.mark.parametrize(
    ("firmware", "load", "mode", "says"),
    [
        (Firmware.BIOS, Load.XEN_EFI, "server", "switch the machine's firmware to UEFI"),
        (Firmware.IPXE, Load.XEN_EFI, "server", "switch the machine's firmware to UEFI"),
        (Firmware.UEFI_X64, Load.XEN_BIOS, "server", "firmware to BIOS"),
        (Firmware.IPXE_UEFI, Load.XEN_BIOS, "proxy", "firmware to BIOS"),
        (Firmware.UEFI_HTTP, Load.XEN_BIOS, "proxy", "firmware to BIOS"),
        (Firmware.UEFI_X64, Load.XEN_EFI, "proxy", 'mode = "server"'),
        (Firmware.UEFI_HTTP, Load.XEN_EFI, "server", "boot the machine by UEFI PXE"),
        (Firmware.UEFI_ARM64, Load.XEN, "server", "no XenServer or XCP-ng medium exists for ARM"),
        (Firmware.UEFI_IA32, Load.XEN, "server", "64-bit UEFI"),
    ],
)
def test_what_is_refused_says_what_to_change(firmware: Firmware, load: Load, mode: str, says: str) -> None:
    row = table.row(firmware, load, mode)
    assert row is not None
    assert row.file == ""
    assert says in row.because


def test_only_a_vendors_own_loader_may_be_called_signed() -> None:
    assert all(row.family is Family.VENDOR for row in table.ROWS if row.signed)


def test_idle_machines_are_left_alone_beside_another_server_and_as_it_is_told() -> None:
    assert set(table.silent("auto", "proxy")) == set(Firmware)
    assert table.silent("auto", "server") == {}
    assert table.silent("menu", "proxy") == {}
    assert set(table.silent("silent", "server")) == set(Firmware)
