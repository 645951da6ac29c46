"""XCP-ng's netinstall trees: what boots, and no repository at all; the packages come from another address.

Nothing in such a tree says which version it is, short of its RAM disk; it is taken for the newest that is known.
"""

from __future__ import annotations

import re

from pxeserve.domain.medium import Role
from pxeserve.domain.products import ROWS
from pxeserve.repo.formats.boot import boot_files
from pxeserve.repo.formats.interface import Files, Found, Read
from pxeserve.repo.formats.xs import PACKAGES_FILE, REPOSITORY_FILE

NAME = "none"
MARKERS = ("boot/xen.gz", "boot/vmlinuz", "install.img")

PRODUCT = "XCP-ng"
_MENUS = ("boot/isolinux/isolinux.cfg", "EFI/xenserver/grub.cfg", "EFI/xenserver/grub-usb.cfg")
"""Menus of the medium itself: `netinstall` stands among their kernel's words (XCP-ng 8.2 on)."""

_SIGNS = (
    "EFI/xenserver/grubx64.efi", "EFI/xcp-ng/grubx64.efi", "EFI/xenserver/grub.cfg", "boot/efiboot.img", "boot/alt/vmlinuz",
    "RPM-GPG-KEY-xcpng",
)  # fmt: skip
_LARGEST_MENU = 64 << 10


def read_medium(files: Files, read: Read) -> Found | None:
    """What a netinstall tree is; None for one that cannot boot, has packages or indexes, or shows no sign of XCP-ng."""
    if boot_files(files) is None or any(_is_package(path) for path in files):
        return None
    menus = [path for path in _MENUS if path in files and files[path].size <= _LARGEST_MENU]
    said = any(re.search(rb"\bnetinstall\b", read(path)) for path in menus)
    if not said and not any(path in files for path in _SIGNS):
        return None
    dialect = next(row.dialect for row in reversed(ROWS) if row.product == PRODUCT)
    note = f"nothing in a netinstall tree says its version: taken for {dialect}; `pxeserve media set NAME version=8.2.1` says another one"
    return Found(NAME, Role.NETINSTALL, PRODUCT, "", "", dialect, (), (), (), (), (note,))


def _is_package(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(".rpm") or name in (REPOSITORY_FILE, PACKAGES_FILE) or path.startswith("repodata/")
