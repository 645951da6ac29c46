"""The habits of boot loaders, and of firmware that is to go on to the disk; what goes by each names it where it does."""

from __future__ import annotations

from pxeserve.domain.quirk import Quirk

QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "grub-asks-the-address-server",
        "GRUB beside another DHCP server asks that one for its files",
        "our image carries our address, as what it loads from and as its root",
        "GRUB 2.06 under OVMF; shim#165",
        ("boot/story/test_machines.py",),
    ),
    Quirk(
        "grub-lost-over-http",
        "a GRUB that HTTP Boot started has no address",
        "ours begins with `net_bootp` when it was fetched over HTTP",
        "GRUB 2.06 under OVMF",
        ("tftp_source/test_source.py",),
    ),
    Quirk(
        "grub-same-ports",
        "GRUB's TCP begins with the same port and nearly the same number at each power-on; for a minute the former connection is there",
        "its menu comes by the protocol that brought it, its files by TFTP where HTTP fails",
        "GRUB 2.06 under OVMF",
        ("boot_room/test_menus.py",),
    ),
    Quirk(
        "grub-exits-well",
        "GRUB up to 2.06 ends with success whatever it is told; Red Hat's takes a number behind `exit`",
        "it looks for the disk's own loader first, and is told `exit 1` where an error is wanted",
        "Debian's GRUB 2.06 (minicmd.mod); Red Hat's patch \"Make exit take a return code\"",
        ("boot_room/test_menus.py",),
    ),
    Quirk(
        "uefi-success-stops",
        "UEFI that sees a boot program end with success may stop at its boot manager or setup screen; after an error it goes on",
        "iPXE and a GRUB that can end with an error",
        "UEFI 2.10 section 3.1.1; netboot.xyz#1276 (Dell PowerEdge, Lenovo ThinkSystem); tinkerbell#984",
        ("boot_room/test_leaving.py",),
    ),
    Quirk(
        "grub-splits-at-semicolons",
        "GRUB's script splits at `;` and reads `&`, `$` and their like",
        "words with them are quoted",
        "GRUB's script language",
        ("boot_room/test_menus.py",),
    ),
    Quirk(
        "ipxe-plain-xen",
        "iPXE before 2021 starts Xen only when it is not gzipped",
        "it is unpacked on the way",
        "iPXE 1.0.0+git-20190125",
        ("tftp_source/test_source.py",),
    ),
    Quirk(
        "ipxe-uefi-exit",
        "UEFI goes on behind an iPXE that ends with an error",
        "on UEFI it does so",
        "OVMF 2022.11; warewulf3#106; foreman#8373",
        ("boot_room/test_menus.py",),
    ),
    Quirk(
        "efi-stub-initrd",
        "a kernel that is started as an EFI program finds its RAM disk by `initrd=` only",
        "the word is written",
        "iPXE on UEFI",
        ("boot_room/test_menus.py",),
    ),
    Quirk(
        "pxelinux-int-18",
        '`localboot 0` returns to the card\'s ROM, which some BIOSes take for the end of all booting; -1 is INT 18h, "this device failed"',
        '0 is usual, and boot.leave = "error" says -1',
        "SYSLINUX 4 to 6, core/pxelinux.asm",
        ("boot_room/test_leaving.py",),
    ),
)
