"""The table of loaders: which boot loader goes to which firmware, or what to change. Data; the first line that fits counts.

Refuses to know which files are here; `loaders` looks for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pxeserve.boot.entry import Load
from pxeserve.boot.entry import load_of as load_of_medium
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import PlainBoot
from pxeserve.domain.medium import Medium


class Family(StrEnum):
    """Where a loader comes from, and so whose set its files are."""

    SYSLINUX = "syslinux"  # the medium's own set, else an imported one
    GRUB = "grub"          # images that were made when loaders were imported
    VENDOR = "vendor"      # the medium's own UEFI loader, byte for byte
    IPXE = "ipxe"          # none: iPXE is there already and is given a script


@dataclass(frozen=True, slots=True)
class Row:
    """One line. A `file` of "" refuses, and `because` then says what to change. `signed`: firmware with Secure Boot may take it."""

    firmware: frozenset[Firmware]
    loads: frozenset[Load]
    modes: frozenset[str]
    family: Family | None
    file: str
    because: str
    http: bool = False
    signed: bool = False


SCRIPT = "boot.ipxe"
VENDOR_FILE = "EFI/xenserver/grubx64.efi"
_ANY = frozenset({"proxy", "server", "off"})
_ALL = frozenset(Load)
_XEN = frozenset({Load.XEN, Load.XEN_BIOS, Load.XEN_EFI})
_PLAIN = frozenset({Load.LINUX, Load.OWN_DISK})
_ARM = frozenset({Firmware.UEFI_ARM64, Firmware.UEFI_HTTP_ARM64})
_BIOS = frozenset({Firmware.BIOS, Firmware.IPXE})
_UEFI_X64 = frozenset({Firmware.UEFI_X64, Firmware.UEFI_HTTP, Firmware.IPXE_UEFI})
_GRUB_IMAGE = "an image of our own that carries this server's address, since GRUB beside another DHCP server would ask that one"


def _one(firmware: Firmware) -> frozenset[Firmware]:
    return frozenset({firmware})


def _refuse(firmware: Iterable[Firmware], loads: Iterable[Load], because: str, modes: Iterable[str] = _ANY) -> Row:
    return Row(frozenset(firmware), frozenset(loads), frozenset(modes), None, "", because)


ROWS: tuple[Row, ...] = (
    _refuse(
        _BIOS, {Load.XEN_EFI},
        "this medium's installer starts from UEFI only: it has had no BIOS boot code since 2024; switch the machine's firmware to UEFI",
    ),
    _refuse(
        _UEFI_X64, {Load.XEN_BIOS},
        "XenServer before 7.0 starts from a BIOS only; switch the machine's firmware to BIOS (legacy, CSM), its network boot too",
    ),
    Row(
        _one(Firmware.BIOS), _ALL, _ANY, Family.SYSLINUX, "pxelinux.0",
        "the one loader that every BIOS card's ROM starts, with mboot.c32 for the hypervisor",
    ),
    Row(
        _one(Firmware.IPXE), _ALL, _ANY, Family.IPXE, SCRIPT,
        "iPXE loads everything over HTTP and starts Xen by itself on a BIOS", http=True,
    ),
    _refuse(
        {Firmware.UEFI_IA32}, _XEN,
        "a 32-bit UEFI cannot start the 64-bit hypervisor; switch the machine to 64-bit UEFI, or to BIOS where the medium still knows it",
    ),
    Row(_one(Firmware.UEFI_IA32), _PLAIN, _ANY, Family.GRUB, "grubia32.efi", _GRUB_IMAGE),
    _refuse(_ARM, _XEN, "no XenServer or XCP-ng medium exists for ARM; give the host a profile with plain files"),
    Row(_one(Firmware.UEFI_ARM64), _PLAIN, _ANY, Family.GRUB, "grubaa64.efi", _GRUB_IMAGE),
    Row(_one(Firmware.UEFI_HTTP_ARM64), _PLAIN, _ANY, Family.GRUB, "grubaa64.efi", _GRUB_IMAGE, http=True),
    Row(
        _one(Firmware.UEFI_X64), frozenset({Load.XEN_EFI}), frozenset({"server"}), Family.VENDOR, VENDOR_FILE,
        "only XenServer's own GRUB can load xen.efi; it asks this server for /EFI/xenserver/grub.cfg", signed=True,
    ),
    _refuse(
        {Firmware.UEFI_X64}, {Load.XEN_EFI},
        "only XenServer's own GRUB can load this medium's xen.efi, and beside another DHCP server it asks that one for its files; "
        'let pxeserve be the DHCP server of this network: [dhcp] mode = "server"', {"proxy", "off"},
    ),
    _refuse(
        {Firmware.UEFI_HTTP, Firmware.IPXE_UEFI}, {Load.XEN_EFI},
        "only XenServer's own GRUB can load this medium's xen.efi, and it finds its files only when UEFI PXE has started it; "
        "boot the machine by UEFI PXE over IPv4, not by HTTP Boot or iPXE",
    ),
    Row(_one(Firmware.UEFI_X64), _ALL, _ANY, Family.GRUB, "grubx64.efi", _GRUB_IMAGE),
    Row(
        _one(Firmware.UEFI_HTTP), _ALL, _ANY, Family.GRUB, "grubx64.efi",
        "an image of our own, since a GRUB that HTTP Boot started has neither address nor prefix", http=True,
    ),
    Row(
        _one(Firmware.IPXE_UEFI), _ALL, _ANY, Family.IPXE, SCRIPT,
        "iPXE loads everything over HTTP; for a hypervisor it goes on to GRUB, since on UEFI it cannot start one", http=True,
    ),
)  # fmt: skip

SECURE_BOOT = (
    "Secure Boot takes only what a vendor has signed, and {file} is not; switch Secure Boot off in the machine's firmware for the "
    "installation, or say boot.secure_boot = no if it is off"
)

SILENT_BY_PROFILE = "the profile says boot.leave = silent: an idle machine is given no boot file, and goes on to its own disk by itself"
SILENT_IN_PROXY = "beside another DHCP server an idle machine gets no answer: its firmware goes on to its own disk by itself"


def row(firmware: Firmware, load: Load, mode: str) -> Row | None:
    """The first line that fits."""
    return next((one for one in ROWS if firmware in one.firmware and load in one.loads and mode in one.modes), None)


def silent(idle: str, mode: str) -> dict[Firmware, str]:
    """Firmware that is led to its own disk by no answer, with the reason; `idle` is the configuration's `[boot] idle`."""
    if idle == "menu":
        return {}
    if idle == "silent":
        return dict.fromkeys(Firmware, "[boot] idle is silent: machines that install nothing get no boot file")
    return dict.fromkeys(Firmware, SILENT_IN_PROXY) if mode == "proxy" else {}


def load_of(medium: Medium | None, plain: PlainBoot | None) -> Load:
    """What a host with this medium or these plain files would load."""
    if plain is not None:
        return Load.XEN if plain.multiboot else Load.LINUX
    return load_of_medium(medium) if medium is not None else Load.OWN_DISK
