"""Which files of a tree boot it: hypervisor, kernel and RAM disk, as every generation's media name them."""

from __future__ import annotations

from collections.abc import Container

from pxeserve.domain.medium import BootFiles

_BOOTS = (
    BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img"),
    BootFiles("boot/xen.efi", "boot/vmlinuz", "install.img"),
)


def boot_files(files: Container[str]) -> BootFiles | None:
    """The files of a boot entry, when the tree has them all. XenServer 9's hypervisor is an EFI program."""
    return next((boot for boot in _BOOTS if all(path in files for path in (boot.xen, boot.kernel, boot.initrd))), None)
