"""What a file of a network boot is, by its name. Refuses to know who asked for it."""

from __future__ import annotations

import re

from pxeserve.boot.entry import SAYS
from pxeserve.timeline.missing.facts import File
from pxeserve.timeline.names import RAM_DISK

_BOOT = re.compile(r"/?b/[a-z0-9]+/([^/]+)/(.+)")
_LOADER = (".0", ".efi", ".kpxe", ".pxe", ".krn")
_MODULE = (".c32", ".mod", ".lst", ".fs")
_PAYLOAD = ("m/", "f/")


def split(path: str) -> tuple[str, str]:
    """The set of loaders that a path names, "" for none, and the name beneath the boot's folder, without what a loader says behind it."""
    path = path.partition(SAYS)[0]
    found = _BOOT.fullmatch(path)
    return (found[1], found[2]) if found else ("", path.lstrip("/"))


def kind(name: str) -> File:
    """What the file `name` is."""
    plain = name.removeprefix("x/")
    if plain.startswith("i/") or RAM_DISK.search(plain):
        return File.RAM_DISK
    if plain.startswith(_PAYLOAD):
        return File.KERNEL
    if name.startswith(("pxelinux.cfg/", "ipxe/")) or name.endswith((".cfg", "boot.ipxe")) or "grub.cfg-" in name:
        return File.MENU
    if name.endswith(_MODULE):
        return File.MODULE
    return File.LOADER if name.lower().endswith(_LOADER) else File.OTHER
