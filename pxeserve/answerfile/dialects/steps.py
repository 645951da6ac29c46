"""The steps in which installers read an answerfile: what each reads, and what it cannot do without.

A step is as small as keeps the order of failures true. Where generations differ in how they take a step, each way is a step of its own.
Refuses to know how a step is taken (`reading/` does), and who takes it (the dialects say).
"""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """A step of reading. `reads` are the modern names of the elements it reads, `requires` those of them whose lack it refuses."""

    reads: tuple[str, ...]
    requires: tuple[str, ...]

    def __init__(self, _label: str, reads: tuple[str, ...] = (), requires: tuple[str, ...] = ()) -> None:
        self.reads, self.requires = reads, requires

    # scripts
    HOOK_PLAIN = "one script, before the disks are unmounted", ("post-install-script",)
    HOOKS_PLAIN = "a script for success and one for failure", ("post-install-script", "install-failed-script")
    HOOKS_5_6 = "scripts by stage, nfs never completed", ("script", "post-install-script", "install-failed-script")
    HOOKS_6_0 = "scripts by stage, the two old ones without type", ("script", "post-install-script", "install-failed-script")
    HOOKS = "scripts by stage", ("script", "post-install-script", "install-failed-script")

    # storage
    SR_TYPE_PLAIN = "SR type, checked first"
    SR_TYPE = "SR type"
    SR_TYPE_LARGE_BLOCK = "SR type, with one for 4 KiB sectors"
    PARTITIONS_5_6 = "partitions made first", ("initial-partitions", "partition")
    PARTITIONS_SKIPPED = "partitions looked at and never taken", ("initial-partitions", "partition")
    PRIMARY_PLAIN = "primary disk", ("primary-disk",), ("primary-disk",)
    PRIMARY_BARE = "primary disk by its text alone", ("primary-disk",), ("primary-disk",)
    PRIMARY_5_6 = "primary disk, or a LUN", ("primary-disk",), ("primary-disk",)
    PRIMARY_ZAP = "primary disk and its utility partition", ("primary-disk", "zap-utility-partitions"), ("primary-disk",)
    PRIMARY = "primary disk, its first partition kept or not", ("primary-disk",), ("primary-disk",)
    PRIMARY_CHECKED = "primary disk or mirror that has to be there", ("primary-disk",), ("primary-disk",)
    TARGET = "disk to move the installation to", ("primary-disk",)
    GUESTS_PLAIN = "disks for guests", ("guest-disk",)
    GUESTS_5_6 = "disks for guests, none of several paths", ("guest-disk",)
    GUESTS_6_0 = "disks for guests or LUNs, none of several paths", ("guest-disk",)
    GUESTS_KEPT = "disks for guests, as often as they are named", ("guest-disk",)
    GUESTS = "disks for guests, each once", ("guest-disk",)
    GUESTS_CHECKED = "disks for guests that have to be there", ("guest-disk",)
    RAIDS = "RAID 1 to be made first", ("raid", "disk")
    EXISTING_PLAIN = "installation by its disk", ("existing-installation",), ("existing-installation",)
    EXISTING_BY_ID = "installation by its disk or the disk's identity", ("existing-installation",), ("existing-installation",)
    EXISTING = "installation, the first of several", ("existing-installation",), ("existing-installation",)
    BACKUP = "backup to restore", ("backup-disk",)
    BACKUP_MULTIPATH = "backup to restore, also on a disk with several paths", ("backup-disk",)
    MULTIPATH = "disks with several paths"

    # packages
    SOURCE_PLAIN = "source of packages", ("source",), ("source",)
    SOURCE = "source of packages, or an nfs address", ("source",), ("source",)
    SOURCES = "sources of packages", ("source",), ("source",)
    SOURCES_PARSED = "sources of packages, their addresses taken apart", ("source",), ("source",)
    SOURCES_GPG = "sources of packages, each with its checks", ("source",), ("source",)
    GPG_CHECKS = "checks of packages"
    DRIVERS_PLAIN = "sources of drivers", ("driver-source",)
    DRIVERS = "sources of drivers, or nfs addresses", ("driver-source",)
    DRIVERS_PARSED = "sources of drivers, their addresses taken apart", ("driver-source",)
    DRIVER_VARIANTS = "variants of drivers", ("selected-multiversion-drivers", "driver")

    # network
    INTERFACE_4_1 = (
        "management interface, whatever its protocol",
        ("admin-interface", "ipaddr", "subnet", "gateway"),
        ("admin-interface", "ipaddr", "subnet", "gateway"),
    )
    INTERFACE_5 = (
        "management interface that is there",
        ("admin-interface", "ipaddr", "subnet", "gateway"),
        ("admin-interface", "ipaddr", "subnet", "gateway"),
    )
    INTERFACE_OEM = "management interface, or none", ("admin-interface", "ipaddr", "subnet", "gateway")
    INTERFACE_6_0 = (
        "management interface, there or not",
        ("admin-interface", "ipaddr", "subnet", "gateway"),
        ("admin-interface", "ipaddr", "subnet", "gateway"),
    )
    INTERFACE = (
        "management interface with IPv6",
        ("admin-interface", "ipaddr", "subnet", "gateway", "ipv6", "gatewayv6"),
        ("admin-interface", "ipaddr", "subnet", "gateway", "ipv6", "gatewayv6"),
    )
    INTERFACE_NAMED = (
        "management interface whose name is there",
        ("admin-interface", "ipaddr", "subnet", "gateway", "ipv6", "gatewayv6"),
        ("admin-interface", "ipaddr", "subnet", "gateway", "ipv6", "gatewayv6"),
    )
    FCOE_DCB = "Fibre Channel interfaces and their bridging", ("fcoe-interface",)
    FCOE = "Fibre Channel interfaces", ("fcoe-interface",)
    NAME_SERVERS = "name servers", ("name-server",)
    HOST_NAME_LONE = "host name, when there is one", ("hostname",)
    HOST_NAME = "host name", ("hostname",)
    NETWORK_BACKEND_5_6 = "network backend, checked", ("network-backend",)
    NETWORK_BACKEND = "network backend", ("network-backend",)

    # settings
    PASSWORD_PLAIN = "root's password in plain text", ("root-password",), ("root-password",)
    PASSWORD = "root's password by its type", ("root-password",)
    ZONE_REQUIRED = "time zone, without which there is none", ("timezone",), ("timezone",)
    ZONE = "time zone", ("timezone",)
    NTP_SERVERS = "time servers", ("ntp-server",)
    NTP = "source of time, and its servers", ("ntp", "ntp-server")
    KEYMAP_LONE = "keymap, when there is one", ("keymap",)
    KEYMAP = "keymap", ("keymap",)
    SERVICES = "services", ("service",)
    SSH_MODE = "whether ssh is let in", ("ssh-mode",)
    BOOTLOADER_PLAIN = "boot loader, when it is known", ("bootloader",)
    BOOTLOADER_5_6 = "boot loader and its place, when they are known", ("bootloader",)
    BOOTLOADER = "boot loader, checked", ("bootloader",)
    TARGET_PLATFORM = "target platform", ("target-platform",)
    CONFIRMATION = "whether a person is asked first", ("ui-confirmation-prompt",)

    # the OEM edition of 5.0 and 5.5
    OEM_SOURCE = "image of the OEM edition", ("source", "xenrt"), ("source",)
    ROOTFS_WRITABLE = "whether the OEM edition's disk may be written", ("rootfs-writable",)
