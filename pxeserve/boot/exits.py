"""Words for leaving the network boot so that the machine's own disk is next, and where installed systems keep their loaders: data.

There is no one way on UEFI. The specification (2.10, section 3.1.1) lets firmware stop at its boot manager when a boot program ends well,
and go on when it ends with an error; some go back to their setup screen on both, and there the disk's own loader has to be started by us.
`leaving` says what each word comes to for each loader.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Leave(StrEnum):
    """Words of a profile's `boot.leave`."""

    AUTO = "auto"    # look for an installed system's loader and start it; end the boot program when there is none
    EXIT = "exit"    # end the boot program, and say that all is well
    ERROR = "error"  # end it with an error, for firmware that goes on only then (seen on Dell and Lenovo machines)
    DISK = "disk"    # start the disk by name: for firmware that stands still on both
    SILENT = "silent"  # give no boot file at all while the machine is idle: all firmware goes on after that


@dataclass(frozen=True, slots=True)
class Installed:
    """Where an operating system keeps its own UEFI loader on its EFI system partition."""

    path: str
    system: str


INSTALLED = (
    Installed("/EFI/xenserver/grubx64.efi", "XenServer, XCP-ng"),
    Installed("/EFI/xcp-ng/grubx64.efi", "XCP-ng"),
    Installed("/EFI/debian/shimx64.efi", "Debian"),
    Installed("/EFI/debian/grubx64.efi", "Debian"),
    Installed("/EFI/ubuntu/shimx64.efi", "Ubuntu"),
    Installed("/EFI/centos/shimx64.efi", "CentOS"),
    Installed("/EFI/redhat/shimx64.efi", "Red Hat"),
    Installed("/EFI/rocky/shimx64.efi", "Rocky Linux"),
    Installed("/EFI/almalinux/shimx64.efi", "AlmaLinux"),
    Installed("/EFI/Microsoft/Boot/bootmgfw.efi", "Windows"),
)
"""In the order in which they are looked for. XenServer first: these are hosts of ours. The removable-media path is left to the firmware,
since what lies there may be a stick that installs something."""

REMOVABLE = (
    Installed("/EFI/BOOT/BOOTX64.EFI", "what the disk starts by default"),
    Installed("/EFI/BOOT/BOOTAA64.EFI", "what the disk starts by default"),
    Installed("/EFI/BOOT/BOOTIA32.EFI", "what the disk starts by default"),
)
"""The removable-media path (UEFI 2.10 section 3.5.1.1), where a profile says `boot.leave = "disk"`."""
