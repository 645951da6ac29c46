"""What the installers of XenServer 7.2 to 8 and XCP-ng read in common, element by element. Each generation's own file says what it adds.

Quoted texts are what those installers show (`AnswerfileException`, `XmlUnwrapError`).
"""

from __future__ import annotations

import re

from pxeserve.answerfile.dialects.old.shape import Dialect, Element, Reading

_FRESH, _REINSTALL, _UPGRADE, _RESTORE = "fresh", "reinstall", "upgrade", "restore"
ALL = frozenset({_FRESH, _REINSTALL, _UPGRADE, _RESTORE})
SETTINGS = frozenset({_FRESH, _REINSTALL})
_INSTALLING = frozenset({_FRESH, _REINSTALL, _UPGRADE})

_DISK = re.compile(r"[!-~]+")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_URL = re.compile(r"(?:https?|ftp|file|nfs)://[!-~]+|[!-~]+:/[!-~]*|")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
BOOLEAN = re.compile(r"yes|true|no|false", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_KIND = re.compile("url|nfs|local")
_DISK_SAYS = "a disk such as sda or disk/by-id/NAME"
_VLAN = re.compile(r"[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4]")


def _missing(name: str) -> str:
    return f"Missing mandatory element {name}"


ELEMENTS = (
    Element(
        "primary-disk", frozenset({_FRESH, _REINSTALL, _UPGRADE}), SETTINGS, _missing("primary-disk"),
        {
            "gueststorage": BOOLEAN, "guest-storage": BOOLEAN, "sr-at-end": BOOLEAN,
            "preserve-first-partition": re.compile("true|yes|false|no|if-utility"),
        },
        _DISK, _DISK_SAYS,
    ),
    Element("guest-disk", SETTINGS, text=_DISK, says=_DISK_SAYS, repeatable=True),
    Element(
        "existing-installation", frozenset({_UPGRADE}), frozenset({_UPGRADE}), _missing("existing-installation"), text=_DISK,
        says="the disk that carries the installation",
    ),
    Element("backup-disk", frozenset({_RESTORE}), frozenset({_RESTORE}), _missing("backup-disk"), text=_DISK, says=_DISK_SAYS),
    Element(
        "source", _INSTALLING, _INSTALLING, _missing("source"), {"type": _KIND}, _URL, "an address such as http://192.0.2.1/media/xcp83",
        repeatable=True,
    ),
    Element("driver-source", ALL, attributes={"type": _KIND}, text=_URL, says="an address", repeatable=True),
    Element(
        "admin-interface", SETTINGS, SETTINGS, _missing("admin-interface"),
        {
            "name": re.compile(r"[!-~]+"), "hwaddr": _MAC, "proto": re.compile("static|dhcp|none"),
            "protov6": re.compile("static|dhcp|autoconf|none"), "vlan": _VLAN,
        },
    ),
    Element("ip", SETTINGS, text=_IP, says="an IPv4 address", parent="admin-interface"),
    Element("ipaddr", SETTINGS, text=_IP, says="an IPv4 address", parent="admin-interface"),
    Element("subnet-mask", SETTINGS, text=_IP, says="a mask such as 255.255.255.0", parent="admin-interface"),
    Element("subnet", SETTINGS, text=_IP, says="a mask such as 255.255.255.0", parent="admin-interface"),
    Element("gateway", SETTINGS, text=_IP, says="an IPv4 address", parent="admin-interface"),
    Element("ipv6", SETTINGS, text=re.compile(r"[0-9a-fA-F:]+/\d{1,3}"), says="an IPv6 address/prefix", parent="admin-interface"),
    Element("gatewayv6", SETTINGS, text=re.compile(r"[0-9a-fA-F:]+"), says="an IPv6 address", parent="admin-interface"),
    Element(
        "root-password", SETTINGS, attributes={"type": re.compile("plaintext|hash")}, text=re.compile(r"[ -~]+"),
        says="a password or its hash",
    ),
    Element("timezone", SETTINGS, text=_ZONE, says="a zone such as Europe/London"),
    Element("keymap", SETTINGS, text=re.compile(r"[A-Za-z0-9_.-]+"), says="a keymap such as us"),
    Element("hostname", SETTINGS, text=re.compile(r"[A-Za-z0-9.-]{1,255}"), says="a host name"),
    Element("nameserver", SETTINGS, text=_IP, says="an IPv4 address", repeatable=True),
    Element("name-server", SETTINGS, text=_IP, says="an IPv4 address", repeatable=True),
    Element("ntp-servers", SETTINGS, text=re.compile(r"[A-Za-z0-9.-]+"), says="one server", repeatable=True),
    Element("ntp-server", SETTINGS, text=re.compile(r"[A-Za-z0-9.-]+"), says="one server", repeatable=True),
    Element("service", SETTINGS, attributes={"name": None, "state": re.compile("enabled|disabled")}, repeatable=True),
    Element("post-install-script", ALL, attributes={"type": _KIND}, text=_URL, says="an address", lone=True),
    Element("install-failed-script", ALL, attributes={"type": _KIND}, text=_URL, says="an address", lone=True),
    Element(
        "script", ALL,
        attributes={"stage": re.compile("installation-start|filesystem-populated|installation-complete"), "type": _KIND},
        text=_URL, says="an address", repeatable=True,
    ),
    Element(
        "bootloader", ALL, attributes={"location": re.compile("mbr|partition"), "write-boot-entry": BOOLEAN}, text=re.compile("grub2|"),
        says="grub2 or nothing",
    ),
    Element("network-backend", _INSTALLING, text=re.compile("bridge|openvswitch|vswitch"), says="bridge, openvswitch or vswitch"),
    Element("fcoe-interface", ALL, attributes={"name": None, "hwaddr": _MAC}, repeatable=True),
    Element("ui-confirmation-prompt", ALL, text=re.compile("true|yes"), says="true, or left out: any text at all means yes"),
)  # fmt: skip

READING = Reading(
    trims=True, takes_hash=True, prefixes_dev=False, roots=("installation", "upgrade", "restore"), https=True, sr_types=("lvm", "ext"),
    script_stages=True, vlan=True, default_timezone=True,
)

LATER = {
    "ntp": "XenServer 8", "target-platform": "XenServer 8", "ssh-mode": "XenServer 9", "selected-multiversion-drivers": "XenServer 9",
    "raid": "XCP-ng",
}  # fmt: skip


def dialect(
    name: str,
    source: str,
    more: tuple[Element, ...] = (),
    root: dict[str, re.Pattern[str] | None] | None = None,
    reading: Reading = READING,
) -> Dialect:
    """A generation that reads all of the above, and `more`."""
    types = re.compile("|".join(reading.sr_types))
    known = {element.name: element for element in (*ELEMENTS, *more)}
    return Dialect(
        name=name,
        source=source,
        modes=ALL,
        bad_mode="Unknown mode",
        root_attributes={"mode": re.compile("|".join(sorted(ALL))), "srtype": types, "sr-type": types, **(root or {})},
        elements=known,
        later={element: since for element, since in LATER.items() if element not in known},
        reading=reading,
    )
