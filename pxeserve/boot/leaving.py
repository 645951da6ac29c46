"""The ways out of a network boot, for each loader and each word of `boot.leave`: data that the writers of menus go by.

Refuses to know whose machine it is: which word counts is the profile's affair, and `stops` says which makers need one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.boot.exits import INSTALLED, REMOVABLE, Installed, Leave

CHAIN = "chain.c32"
"""SYSLINUX's module that starts a disk by itself. Not every set has it."""


class Reader(StrEnum):
    """What runs on the machine when it is to leave."""

    PXELINUX = "pxelinux"
    GRUB = "GRUB on UEFI"
    IPXE_BIOS = "iPXE on a BIOS"
    IPXE_UEFI = "iPXE on UEFI"


@dataclass(frozen=True, slots=True)
class Way:
    """What a loader is told: to look for one of `looks_for` and start it, then `lines`. `says` is a phrase, `source` where it is known
    from; `module` has to lie beside the loader."""

    reader: Reader
    leave: frozenset[Leave]
    lines: tuple[str, ...]
    says: str
    source: str
    looks_for: tuple[Installed, ...] = ()
    module: str = ""


def _of(*words: Leave) -> frozenset[Leave]:
    return frozenset(words)


_SANBOOT = "sanboot --no-describe --drive 0x80 || exit 1"
WAYS: tuple[Way, ...] = (
    Way(
        Reader.PXELINUX, _of(Leave.AUTO, Leave.EXIT, Leave.SILENT), ("localboot 0",),
        "returns to the card's ROM, which tells the BIOS to try the next device",
        "doc/syslinux.txt, LOCALBOOT; SeaBIOS and iPXE's ROM on our own wire",
    ),
    Way(
        Reader.PXELINUX, _of(Leave.ERROR), ("localboot -1",),
        "reports a failed boot by INT 18h, for a BIOS that takes a return for the end of all booting",
        "SYSLINUX 4 to 6, core/pxelinux.asm (its manual names -1 for ISOLINUX alone)",
    ),
    Way(
        Reader.PXELINUX, _of(Leave.DISK), (f"kernel {CHAIN}", "append hd0"),
        "starts the first disk's boot sector itself, for a BIOS that goes nowhere by itself",
        "SYSLINUX, chain.c32", module=CHAIN,
    ),
    Way(
        Reader.GRUB, _of(Leave.AUTO, Leave.ERROR, Leave.SILENT), ("exit 1",),
        "starts an installed system's own loader where it finds one; else ends, with an error if this GRUB knows how",
        "UEFI 2.10 section 3.1.1; netboot.xyz#1276; GRUB 2.06 ends with success all the same", INSTALLED,
    ),
    Way(
        Reader.GRUB, _of(Leave.EXIT), ("exit",),
        "ends well, for firmware that tries its next entry then",
        "UEFI 2.10 section 3.1.1 leaves that to the firmware",
    ),
    Way(
        Reader.GRUB, _of(Leave.DISK), ("exit 1",),
        "as usual, and where no installed system is known it starts what lies at the disks' removable-media path",
        "UEFI 2.10 section 3.5.1.1", (*INSTALLED, *REMOVABLE),
    ),
    Way(
        Reader.IPXE_BIOS, _of(Leave.AUTO, Leave.EXIT, Leave.SILENT), ("exit",),
        "ends iPXE, and the BIOS tries the next device", "iPXE 1.0.0+git-20190125 and SeaBIOS, on our own wire",
    ),
    Way(
        Reader.IPXE_BIOS, _of(Leave.ERROR), ("exit 1",),
        "the same: on a BIOS the number means nothing", "netboot.xyz#1276",
    ),
    Way(Reader.IPXE_BIOS, _of(Leave.DISK), (_SANBOOT,), "starts the first disk itself", "iPXE, sanboot"),
    Way(
        Reader.IPXE_UEFI, _of(Leave.AUTO, Leave.ERROR, Leave.SILENT), ("exit 1",),
        "ends with an error, and the firmware tries its next entry",
        "OVMF 2022.11 on our own wire; warewulf3#106, foreman#8373, netboot.xyz#1276",
    ),
    Way(
        Reader.IPXE_UEFI, _of(Leave.EXIT), ("exit",),
        "ends well; much firmware then stops at its boot manager", "UEFI 2.10 section 3.1.1; tinkerbell#984",
    ),
    Way(
        Reader.IPXE_UEFI, _of(Leave.DISK), (_SANBOOT,),
        "starts the first disk itself, which only some builds can; else ends with an error", "iPXE, sanboot",
    ),
)  # fmt: skip


def way(reader: Reader, leave: str) -> Way:
    """How `reader` leaves by the word of a profile, "" for the usual one."""
    word = Leave(leave or Leave.AUTO)
    return next(one for one in WAYS if one.reader is reader and word in one.leave)


@dataclass(frozen=True, slots=True)
class Maker:
    """Machines whose UEFI stops at a menu when a boot program ends well. `uuid` is what their system UUIDs begin with; "" where nothing
    in a DHCP message tells them, and only the profile can."""

    name: str
    uuid: str
    source: str


STOPS: tuple[Maker, ...] = (
    Maker("Dell", "4c4c4544", 'netboot.xyz#1276 (PowerEdge); its UUIDs are "DELL" and the service tag'),
    Maker("Lenovo", "", "netboot.xyz#1276 (ThinkSystem with XCC)"),
    Maker("QEMU's OVMF", "", "OVMF 2022.11, on our own wire"),
)
"""GRUB 2.06 cannot end with an error, so such a machine stops where no installed system's loader is found on its disks."""


def stops(uuid: str | None) -> Maker | None:
    """The maker of a machine that stops, as far as its system UUID tells."""
    return next((one for one in STOPS if one.uuid and uuid and uuid.startswith(one.uuid)), None)
