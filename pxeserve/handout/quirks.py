"""How machines misspell the names that they ask for: each habit a rule that puts the name right, in the order in which they are applied.

Pure text; refuses to know what is behind a name. A name without such a habit is not touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pxeserve.boot import grubimage, syslinux
from pxeserve.domain.quirk import Quirk

SCRIPT, GRUB_CFG = "boot.ipxe", "grub.cfg"
VENDOR_CFG = "EFI/xenserver/grub.cfg"
"""The one path that the GRUB of XenServer and XCP-ng asks for, whoever it is (their grubx64.efi, prefix /EFI/xenserver)."""

NAME_ENDS_IN_FF = Quirk(
    "name-ends-in-ff",
    "a ROM that read on behind option 67 asks for its boot file with 0xFF, or more that is no text, at the end of the name",
    "that end is taken off",
    "netboot.xyz#1198 (netboot.xyz.efi and 0xFF from a Lenovo T460)",
    ("tftp_source/test_names.py",),
)
BACKSLASHES = Quirk(
    "backslashes",
    "names come with backslashes, alone or among slashes",
    "each is a slash",
    "ipxe#31 (/Boot\\x64\\wdsnbp.com)",
    ("tftp_source/test_names.py",),
)
DOUBLE_SLASHES = Quirk(
    "double-slashes",
    "a loader puts a slash before a name that has one, or two between folder and file",
    "several are one, and those at the beginning mean nothing",
    "kayak#246 (//boot/defaults/loader.conf); GRUB 2.06 (/grub/...)",
    ("tftp_source/test_names.py",),
)
UPPER_CASE = Quirk(
    "upper-case",
    "a name comes all in capitals, as a FAT folder would have it",
    "it is read in small letters when it is one of ours; the files of a TFTP root keep their own spelling",
    "pxelinux.cfg lookups with capitals in the MAC; whole names in capitals have not been seen here",
    ("tftp_source/test_names.py",),
    precaution=True,
)
GRUB_FIXED_PATH = Quirk(
    "grub-fixed-path",
    "the GRUB of XenServer and XCP-ng asks for /EFI/xenserver/grub.cfg and for nothing with a MAC in it; UEFI's file names have no case",
    "that path is answered for whoever asks, by the address that it asks from, however it is spelled",
    "RackN MR 1420; grubx64.efi of XCP-ng 8.3",
    ("tftp_source/test_source.py", "tftp_source/test_names.py"),
)

_JUNK = re.compile(r"[\ud800-\udfff\xff\ufffd\0]+$")
_SLASHES = re.compile(r"/{2,}")
_OWN = frozenset({*syslinux.FILES, *grubimage.FILES, SCRIPT, GRUB_CFG})
_FOLDERS = ("b/", "pxelinux.cfg/", "grub/", "ipxe/")


@dataclass(frozen=True, slots=True)
class Rule:
    """A quirk, and the name as it was meant."""

    quirk: Quirk
    mend: Callable[[str], str]


def _small(name: str) -> str:
    small = name.lower()
    return small if name.isupper() and (small in _OWN or small.startswith(_FOLDERS)) else name


def _fixed(name: str) -> str:
    return VENDOR_CFG if name.lower() == VENDOR_CFG.lower() else name


RULES: tuple[Rule, ...] = (
    Rule(NAME_ENDS_IN_FF, lambda name: _JUNK.sub("", name)),
    Rule(BACKSLASHES, lambda name: name.replace("\\", "/")),
    Rule(DOUBLE_SLASHES, lambda name: _SLASHES.sub("/", name).lstrip("/")),
    Rule(UPPER_CASE, _small),
    Rule(GRUB_FIXED_PATH, _fixed),
)
QUIRKS: tuple[Quirk, ...] = tuple(rule.quirk for rule in RULES)


def mended(name: str) -> str:
    """`name` as it was meant."""
    for rule in RULES:
        name = rule.mend(name)
    return name
