"""How a loader leaves the network boot so that the machine's own disk is next: data, since firmware differs.

There is no one way on UEFI. Most firmware goes on with its next boot entry when a network boot program ends well; some go on only when it
ends with an error; some go back to their setup screen on both, and there the disk's own loader has to be started by us.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Leave(StrEnum):
    """Words of a profile's `boot.leave`."""

    AUTO = "auto"    # look for an installed system's loader and start it; end the boot program when there is none
    EXIT = "exit"    # end the boot program, and say that all is well
    ERROR = "error"  # end it with an error, for firmware that goes on only then (seen on Dell and Lenovo machines)
    DISK = "disk"    # start the disk by name: for an iPXE whose firmware stands still on both


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
