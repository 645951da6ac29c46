"""An entry as pxelinux reads it: always one, started at once, so that nobody at the machine has to choose."""

from __future__ import annotations

from collections.abc import Container

from pxeserve.boot import entry as entries
from pxeserve.boot.entry import Entry, Load, MenuError, bounded
from pxeserve.boot.leaving import Reader, way
from pxeserve.domain.decide import Decision
from pxeserve.domain.host import BootWords

__all__ = ["MAX_APPEND", "MBOOT", "MenuError", "menu", "own_disk", "write"]

MAX_APPEND = 2047
"""Longest `append` line, in bytes: the command line that SYSLINUX hands over (doc/syslinux.txt); mboot.c32 alone takes 4 KiB."""

MBOOT = "mboot.c32"


def menu(decision: Decision, *, answerfile_url: str | None = None) -> bytes:
    """The configuration file for `decision`. Raises MenuError, see `entry.entry`."""
    return write(entries.entry(decision, answerfile_url=answerfile_url))


def own_disk(who: str, words: BootWords = BootWords()) -> bytes:  # noqa: B008 - frozen
    """The menu that leaves the network boot."""
    return write(entries.own_disk(who, words))


def write(entry: Entry, modules: Container[str] = frozenset()) -> bytes:
    """The configuration file; `modules` are those that lie beside the loader. Raises MenuError for what a BIOS cannot load."""
    head = [f"serial {entry.serial.port} {entry.serial.speed}"] if entry.serial else []
    body = [
        *head,
        f"# pxeserve: {entry.says}",
        f"default {entry.label}",
        "prompt 0",
        "noescape 1",
        f"label {entry.label}",
        *(f"  {line}" for line in _lines(entry, modules)),
    ]
    return ("\n".join(body) + "\n").encode("ascii", "replace")


def _lines(entry: Entry, modules: Container[str]) -> list[str]:
    match entry.load:
        case Load.OWN_DISK:
            chosen = way(Reader.PXELINUX, entry.leave)
            usable = not chosen.module or chosen.module in modules
            return list((chosen if usable else way(Reader.PXELINUX, "")).lines)
        case Load.XEN | Load.XEN_BIOS:
            text = " --- ".join(str(part) for part in entry.parts)
            return [f"kernel {MBOOT}", f"append {bounded(text, MAX_APPEND, 'the boot entry')}"]
        case Load.LINUX:
            kernel, *initrd = entry.parts
            lines = [f"linux {kernel.file}", *(f"initrd {part.file}" for part in initrd)]
            return [*lines, f"append {bounded(kernel.words, MAX_APPEND, 'boot.args')}"] if kernel.words else lines
        case Load.XEN_EFI:
            raise MenuError("this installer's hypervisor is an EFI program", fix="switch the machine's firmware from BIOS to UEFI")
