"""An entry as an iPXE script: everything over HTTP, started at once.

iPXE starts Xen by itself on a BIOS (multiboot), from an uncompressed hypervisor: versions before 2021 cannot unpack one. Its UEFI builds
know no multiboot; there it loads the GRUB that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pxeserve.boot.entry import SAYS, Entry, Load, MenuError, Part
from pxeserve.boot.leaving import Reader, way

EXPANDED = "x/"
"""Stands before a name whose content is wanted without its gzip."""


_SAYS = SAYS + "${serial:uristring}&uuid=${uuid}"
"""The system's serial number, escaped for an address (setting type uristring), and its UUID: ipxe.org/cfg/serial, ipxe.org/cfg/uuid."""


@dataclass(frozen=True, slots=True)
class Host:
    """What iPXE runs on. `grub` is the GRUB image that UEFI needs for a hypervisor, beneath the boot file's folder; "" for none."""

    uefi: bool
    grub: str = ""


def write(entry: Entry, base: str, host: Host) -> bytes:
    """The script; `base` is the address that names are relative to, without a slash at its end. Raises MenuError."""
    lines = ["#!ipxe", f"# pxeserve: {entry.says}"]
    match entry.load:
        case Load.OWN_DISK:
            lines += way(Reader.IPXE_UEFI if host.uefi else Reader.IPXE_BIOS, entry.leave).lines
        case Load.LINUX:
            lines += _linux(entry.parts, base)
        case Load.XEN | Load.XEN_BIOS if not host.uefi:
            lines += _xen(entry.parts, base)
        case _:
            lines += _through_grub(base, host)
    return ("\n".join(lines) + "\n").encode("ascii", "replace")


def anybody(base: str) -> bytes:
    """The script that a machine gets which named nobody: it comes again and says who it is and what it runs on."""
    again = f"chain --replace {base}/ipxe/${{netX/mac:hexhyp}}.${{platform}}{_SAYS}"
    return f"#!ipxe\n# pxeserve: asks again by the card's own address\n{again}\n".encode()


def asking(address: str) -> bytes:
    """The script that asks for the script at `address` again, with what SMBIOS says of the machine. What it does not know is left empty."""
    lines = ["#!ipxe", "# pxeserve: asks again with the machine's serial number", f"chain --replace {address}{_SAYS} || goto failed"]
    return ("\n".join([*lines, *_failed()]) + "\n").encode()


def _linux(parts: Sequence[Part], base: str) -> list[str]:
    """Quirk `efi-stub-initrd`: as an EFI program the kernel finds its RAM disk only by the word `initrd=`."""
    kernel, *initrd = parts
    names = [f"initrd={_name(part)}" for part in initrd]
    lines = [f"kernel --name {_name(kernel)} {base}/{_line(Part(kernel.file, ' '.join([*names, kernel.words])))} || goto failed"]
    lines += [f"initrd --name {_name(part)} {base}/{part.file} || goto failed" for part in initrd]
    return [*lines, *_boot()]


def _xen(parts: Sequence[Part], base: str) -> list[str]:
    hypervisor, *modules = parts
    lines = [f"kernel {base}/{EXPANDED}{_line(hypervisor)} || goto failed"]
    lines += [f"module {base}/{_line(part)} || goto failed" for part in modules]
    return [*lines, *_boot()]


def _through_grub(base: str, host: Host) -> list[str]:
    if not host.grub:
        raise MenuError("iPXE on UEFI cannot start a hypervisor, and there is no GRUB image that could", fix="pxeserve loaders import")
    return [f"chain --replace {base}/{host.grub} || goto failed", *_failed()]


def _boot() -> list[str]:
    return ["boot || goto failed", *_failed()]


def _failed() -> list[str]:
    return [
        ":failed",
        "echo pxeserve: that could not be loaded; going on with the next boot device in 10 s",
        "sleep 10",
        "exit 1",
    ]


def _name(part: Part) -> str:
    return part.file.rsplit("/", 1)[-1]


def _line(part: Part) -> str:
    words = part.words.split()
    for one in words:
        if one in ("||", "&&") or "${" in one or one.startswith("#"):
            raise MenuError(f"{one!r} means something to iPXE and cannot be handed on", fix="write the word without it")
    return " ".join([part.file, *words])
