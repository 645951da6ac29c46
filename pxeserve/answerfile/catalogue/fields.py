"""The fields of a form for what profiles and hosts declare: the path of each value, what people call it, and the element that says it.

What an element means, which words it knows and what becomes of others is not said here: the dialects say (`form`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.answers import Stage

STAGES = tuple(str(stage) for stage in Stage)


class Kind(StrEnum):
    """How a value is entered."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes-no"
    LIST = "list"  # texts, in order
    TABLE = "table"  # names, each with a word or a text
    ROWS = "rows"  # tables with the same columns, in order
    PASSWORD = "password"  # noqa: S105 - a kind of field
    SCRIPTS = "scripts"  # for each stage a list


@dataclass(frozen=True, slots=True)
class Column:
    """A key of each table among rows."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `path` is where its value is among those that are declared; `element` and `attribute` (modern names; `installation` for
    the outermost one) are what says it in a file, `element` "" for what is pxeserve's own. `words` are all that may be declared, of which a
    generation may know fewer; `about` is said of what no dialect describes."""

    path: str
    label: str
    group: str
    kind: Kind = Kind.TEXT
    element: str = ""
    attribute: str | None = None
    words: tuple[str, ...] = ()
    example: str = ""
    columns: tuple[Column, ...] = ()
    about: str = ""


GROUPS = ("Disks", "Network", "Host", "Time", "Packages", "Scripts and services", "Boot loader and hardware", "Special cases")

_DISKS, _NET, _HOST, _TIME, _PACKS, _RUN, _BOOT, _RARE = GROUPS
_PRIMARY, _NIC, _ROOT = "primary-disk", "admin-interface", "installation"
_YES_NO, _CHOICE, _LIST, _ROWS = Kind.YES_NO, Kind.CHOICE, Kind.LIST, Kind.ROWS
_PACK = (
    Column("address", "Medium or address"),
    Column("repo-gpgcheck", "Check the lists", _YES_NO),
    Column("gpgcheck", "Check packages", _YES_NO),
)  # fmt: skip
_PACKS_ABOUT = "A medium of this server by its name, an address (http, https, ftp, file or nfs://SERVER/PATH), or the word local."

FIELDS = (
    Field("primary-disk.device", "Disk to install on", _DISKS, element=_PRIMARY, example="sda"),
    Field("primary-disk.mirror", "Mirror of two disks", _DISKS, _LIST, _PRIMARY, "swraid", example="sda"),
    Field("primary-disk.guest-storage", "Rest of it for guests", _DISKS, _YES_NO, _PRIMARY, "guest-storage"),
    Field("primary-disk.sr-at-end", "Local SR last on the disk", _DISKS, _YES_NO, _PRIMARY, "sr-at-end"),
    Field(
        "primary-disk.preserve-first-partition", "Keep the first partition", _DISKS, _CHOICE, _PRIMARY, "preserve-first-partition",
        ("true", "false", "if-utility"),
    ),
    Field("primary-disk.fs-type", "File system", _DISKS, _CHOICE, _PRIMARY, "fs-type", ("ext3", "ext4")),
    Field("guest-disks", "More disks for guests", _DISKS, _LIST, "guest-disk", example="sdb"),
    Field("sr-type", "Type of the local SR", _DISKS, _CHOICE, _ROOT, "sr-type", ("lvm", "ext", "largeblock")),
    Field("raid", "Arrays made first", _DISKS, _ROWS, "raid", columns=(Column("device", "Array"), Column("disks", "Disks", _LIST))),
    Field("admin-interface.name", "Management card", _NET, element=_NIC, attribute="name", example="eth0"),
    Field("admin-interface.hwaddr", "or its MAC address", _NET, element=_NIC, attribute="hwaddr", example="52:54:00:77:00:01"),
    Field("admin-interface.proto", "IPv4", _NET, _CHOICE, _NIC, "proto", ("static", "dhcp", "none")),
    Field("admin-interface.ipaddr", "Address", _NET, element="ipaddr", example="192.0.2.11"),
    Field("admin-interface.subnet", "Netmask", _NET, element="subnet", example="255.255.255.0"),
    Field("admin-interface.gateway", "Gateway", _NET, element="gateway", example="192.0.2.1"),
    Field("admin-interface.protov6", "IPv6", _NET, _CHOICE, _NIC, "protov6", ("static", "dhcp", "autoconf", "none")),
    Field("admin-interface.ipv6", "IPv6 address/prefix", _NET, element="ipv6", example="2001:db8::11/64"),
    Field("admin-interface.gatewayv6", "IPv6 gateway", _NET, element="gatewayv6", example="2001:db8::1"),
    Field("admin-interface.vlan", "VLAN", _NET, Kind.NUMBER, _NIC, "vlan", example="100"),
    Field("nameservers", "Name servers", _NET, _LIST, "name-server", example="192.0.2.1"),
    Field("network-backend", "Switch of the host's networks", _NET, _CHOICE, "network-backend", words=("bridge", "vswitch")),
    Field(
        "fcoe-interfaces", "Fibre Channel cards", _NET, _ROWS, "fcoe-interface",
        columns=(Column("name", "Card"), Column("hwaddr", "or MAC"), Column("dcb", "DCB", _CHOICE, ("on", "off"))),
    ),
    Field("hostname", "Host name", _HOST, element="hostname", example="xen01"),
    Field("root-password", "Root password", _HOST, Kind.PASSWORD, "root-password"),
    Field("keymap", "Keymap", _HOST, element="keymap", example="us"),
    Field("timezone", "Time zone", _TIME, element="timezone", example="Europe/London"),
    Field("ntp-source", "Source of time", _TIME, _CHOICE, "ntp", "source", ("dhcp", "default", "manual", "none")),
    Field("ntp-servers", "Time servers", _TIME, _LIST, "ntp-server", example="192.0.2.1"),
    Field(
        "source", "Fetched over", _PACKS, _CHOICE, words=("http", "nfs", "ftp"),
        about="By which protocol the installer fetches the profile's medium from here.",
    ),
    Field("sources", "Packages on top", _PACKS, _ROWS, "source", columns=_PACK, about=_PACKS_ABOUT),
    Field("driver-sources", "Driver disks", _PACKS, _ROWS, "driver-source", columns=_PACK[:1], about=_PACKS_ABOUT),
    Field("repo-gpgcheck", "Check signatures of the lists", _PACKS, _YES_NO, _ROOT, "repo-gpgcheck"),
    Field("gpgcheck", "Check signatures of packages", _PACKS, _YES_NO, _ROOT, "gpgcheck"),
    Field("netinstall-gpg-check", "Check signatures in a net installation", _PACKS, _YES_NO, _ROOT, "netinstall-gpg-check"),
    Field("scripts", "Scripts", _RUN, Kind.SCRIPTS, "script", words=STAGES, about="The name of a script of this server, or an address."),
    Field("services", "Services", _RUN, Kind.TABLE, "service", words=("enabled", "disabled"), example="sshd"),
    Field("ssh-mode", "SSH", _RUN, _CHOICE, "ssh-mode", words=("on", "off", "auto")),
    Field("bootloader.kind", "Boot loader", _BOOT, _CHOICE, "bootloader", words=("grub", "extlinux", "grub2")),
    Field("bootloader.location", "Where it is written", _BOOT, _CHOICE, "bootloader", "location", ("mbr", "partition")),
    Field("bootloader.write-boot-entry", "Entry in UEFI's memory", _BOOT, _YES_NO, "bootloader", "write-boot-entry"),
    Field("drivers", "Variants of drivers", _BOOT, Kind.TABLE, "driver", example="igb"),
    Field("target-platform", "Platform", _BOOT, element="target-platform"),
    Field("existing-installation.device", "Disk with the installation", _RARE, element="existing-installation", example="sda"),
    Field("existing-installation.fs-type", "Its file system", _RARE, _CHOICE, "existing-installation", "fs-type", ("ext3", "ext4")),
    Field("backup-disk", "Disk with the backup", _RARE, element="backup-disk", example="sda"),
    Field(
        "initial-partitions", "Partitions made first", _RARE, _ROWS, "initial-partitions",
        columns=(Column("number", "Number"), Column("size", "Size"), Column("id", "Type")),
    ),
    Field("ui-confirmation-prompt", "Ask before it begins", _RARE, _YES_NO, "ui-confirmation-prompt"),
    Field(
        "template", "Template", _RARE,
        about="A template of the site's own that writes the whole file from these answers, by its name beneath the folder of templates.",
    ),
)  # fmt: skip
