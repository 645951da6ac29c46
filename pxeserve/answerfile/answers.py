"""The answers of one installation, whole and independent of how any generation spells them.

What an installer reads out of an answerfile, and what one is written from. Texts stand as the installer takes them, checked or not: an
address may be nonsense. None, or empty, is "not said", so that the generation's own default counts. Refuses to know any generation, where
answers come from, and whether they are sensible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Mode(StrEnum):
    """What is done to the machine. The OEM modes are those of 5.0 and 5.5, which wrote an image to a disk or a flash stick."""

    FRESH = "fresh"
    REINSTALL = "reinstall"
    UPGRADE = "upgrade"
    RESTORE = "restore"
    OEM_HDD = "oemhdd"
    OEM_FLASH = "oemflash"


class Stage(StrEnum):
    """When a script runs. `INSTALL_FAILED` is 5.5's alone: after a failure, and only then."""

    INSTALLATION_START = "installation-start"
    PACKAGES_INSTALLED = "packages-installed"
    FILESYSTEM_POPULATED = "filesystem-populated"
    INSTALLATION_COMPLETE = "installation-complete"
    INSTALL_FAILED = "install-failed"


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk to install on, as it is named below `/dev/` (`sda`, `disk/by-id/NAME`) or as an `iscsi:` specification (RFC 4173).

    `mirror` are the two disks of a software RAID that the installer makes itself (`swraid`; at most one of them `missing`), in which case
    `device` is "". `preserve_first_partition` is `true`, `false` or `if-utility`; `fs_type` is `ext3` or `ext4`.
    """

    device: str
    guest_storage: bool | None = None
    sr_at_end: bool | None = None
    preserve_first_partition: str | None = None
    mirror: tuple[str, ...] = ()
    fs_type: str | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """The installation to reinstall or upgrade: the disk that carries it, named like any, and (9) its file system."""

    device: str
    fs_type: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from. `kind` is `url`, `nfs` (`server:/path`) or `local`, whose address is "". The checks are XCP-ng 8.3's."""

    kind: str
    address: str = ""
    repo_gpgcheck: bool | None = None
    gpgcheck: bool | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """The management interface, by name or MAC. `proto` is `static`, `dhcp` or what else was said (which sets up no IPv4); `protov6` is
    `static`, `dhcp`, `autoconf` or None. `ip`, `mask`, `gateway` belong to a static one; `ipv6` is address/prefix; `vlan` 1 to 4094."""

    name: str | None = None
    hwaddr: str | None = None
    proto: str | None = None
    ip: str | None = None
    mask: str | None = None
    gateway: str | None = None
    protov6: str | None = None
    ipv6: str | None = None
    gatewayv6: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class RootPassword:
    """Root's password: plain text, or (`hashed`) a crypt string, `!!` for "ask at the first boot"."""

    text: str = field(repr=False)
    hashed: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """A script to be fetched and run. `stage` is a Stage's value, or what else was written (which never comes)."""

    stage: str
    address: str


@dataclass(frozen=True, slots=True)
class Bootloader:
    """The boot loader to be written. `kind` is `grub`, `extlinux`, `grub2` or "" for the generation's own; `location` `mbr` or
    `partition`; `write_boot_entry`: an entry in UEFI's memory."""

    kind: str = ""
    location: str | None = None
    write_boot_entry: bool | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the installed host."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Fcoe:
    """A Fibre Channel interface, by name or MAC; `dcb` is what 7.0 and 7.1 read as well."""

    name: str | None = None
    hwaddr: str | None = None
    dcb: str | None = None


@dataclass(frozen=True, slots=True)
class Raid:
    """A RAID 1 that XCP-ng makes before anything else: `device` such as `md127`, of `disks`."""

    device: str
    disks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriverVariant:
    """Which variant of a driver is to be loaded (9). `variant` is None when an element stands where its name should."""

    name: str
    variant: str | None


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition that a lab of the vendor's makes first."""

    number: int
    size: int
    id: int


@dataclass(frozen=True, slots=True)
class Oem:
    """What only the OEM modes of 5.0 and 5.5 read. `xenrt` is the text of that element, `serial` and `scorch` its attributes."""

    rootfs_writable: bool = False
    xenrt: str | None = None
    serial: str | None = None
    scorch: bool | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers of one file. `sr_type` is `lvm`, `ext` or a generation's large-block type; `network_backend` `bridge` or `vswitch`;
    `ntp_source` `dhcp`, `default`, `manual` or `none`; `ssh_mode` `on`, `off` or `auto`; `scripts` in the order in which they run."""

    mode: Mode = Mode.FRESH
    primary_disk: Disk | None = None
    guest_disks: tuple[str, ...] = ()
    existing_installation: Installed | None = None
    backup_disk: str | None = None
    raids: tuple[Raid, ...] = ()
    sr_type: str | None = None
    sources: tuple[Source, ...] = ()
    driver_sources: tuple[Source, ...] = ()
    repo_gpgcheck: bool | None = None
    gpgcheck: bool | None = None
    netinstall_gpg_check: bool | None = None
    admin_interface: Interface | None = None
    root_password: RootPassword | None = None
    nameservers: tuple[str, ...] = ()
    hostname: str | None = None
    timezone: str | None = None
    ntp_source: str | None = None
    ntp_servers: tuple[str, ...] = ()
    keymap: str | None = None
    services: tuple[Service, ...] = ()
    scripts: tuple[Script, ...] = ()
    bootloader: Bootloader | None = None
    network_backend: str | None = None
    fcoe: tuple[Fcoe, ...] = ()
    ui_confirmation_prompt: bool = False
    target_platform: str | None = None
    ssh_mode: str | None = None
    drivers: tuple[DriverVariant, ...] = ()
    partitions: tuple[Partition, ...] = ()
    oem: Oem | None = None
