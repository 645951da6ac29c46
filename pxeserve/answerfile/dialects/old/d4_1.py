"""What the installer of XenServer 4.0 and 4.1 reads (host-installer 23fe203cd660, 2008-03), element by element.

Quoted texts are what that installer shows when an answer is missing or wrong.
"""

from __future__ import annotations

import re

from pxeserve.answerfile.dialects.old.shape import Dialect, Element

SOURCE = "XenServer 4.1 installer, answerfile parser"

_FRESH, _REINSTALL, _UPGRADE = "fresh", "reinstall", "upgrade"
_ALL = frozenset({_FRESH, _REINSTALL, _UPGRADE})
_SETTINGS = frozenset({_FRESH, _REINSTALL})
_INDEX = "An unrecoverable error has occurred.  The error was: list index out of range"

_DISK = re.compile(r"(?!/)[!-~]+")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_URL = re.compile(r"(?:http|ftp)://[!-~]+|[!-~]+:/[!-~]*|")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_YES = re.compile(r"yes|true|no|false", re.IGNORECASE)



ELEMENTS = (
    Element(
        "primary-disk", frozenset({_FRESH}), frozenset({_FRESH}), _INDEX, {"gueststorage": _YES}, _DISK,
        "a disk without /dev/, such as sda",
    ),
    Element("guest-disk", frozenset({_FRESH}), text=_DISK, says="a disk without /dev/, such as sdb", repeatable=True),
    Element(
        "existing-installation", frozenset({_REINSTALL, _UPGRADE}), frozenset({_REINSTALL, _UPGRADE}), _INDEX, text=_DISK,
        says="the disk that carries the installation, without /dev/",
    ),
    Element(
        "source", _ALL, _ALL, "No source media specified.", {"type": re.compile("url|nfs|local")}, _URL,
        "an address such as http://192.0.2.1/media/xs41",
    ),
    Element(
        "admin-interface", _SETTINGS, _SETTINGS, _INDEX,
        {"name": re.compile(r"[!-~]+"), "hwaddr": re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"), "proto": re.compile("static|dhcp")},
    ),
    Element("ip", _SETTINGS, text=_IP, says="an IPv4 address", parent="admin-interface"),
    Element("subnet-mask", _SETTINGS, text=_IP, says="a mask such as 255.255.255.0", parent="admin-interface"),
    Element("gateway", _SETTINGS, text=_IP, says="an IPv4 address", parent="admin-interface"),
    Element("root-password", _SETTINGS, _SETTINGS, _INDEX, text=re.compile(r"[ -~]+"), says="a password in plain ASCII"),
    Element("timezone", _SETTINGS, _SETTINGS, _INDEX, text=_ZONE, says="a zone such as Europe/London"),
    Element("keymap", _SETTINGS, text=re.compile(r"[A-Za-z0-9_.-]+"), says="a keymap such as us", lone=True),
    Element("hostname", _SETTINGS, text=re.compile(r"[A-Za-z0-9.-]{1,255}"), says="a host name", lone=True),
    Element("nameserver", _SETTINGS, text=_IP, says="an IPv4 address", repeatable=True),
    Element("ntp-servers", _SETTINGS, text=re.compile(r"[A-Za-z0-9.-]+"), says="one server", repeatable=True),
    Element("post-install-script", _ALL, text=_URL, says="an address", lone=True),
    Element("bootloader", _ALL, text=re.compile("grub|extlinux"), says="grub or extlinux", lone=True),
)

LATER = {
    "driver-source": "5.5", "install-failed-script": "5.5", "script": "5.6", "network-backend": "5.6", "initial-partitions": "5.6",
    "name-server": "6.0", "ntp-server": "6.0", "ipaddr": "6.0", "subnet": "6.0", "ipv6": "6.1", "gatewayv6": "6.1", "backup-disk": "6.2",
    "fcoe-interface": "7.0", "ui-confirmation-prompt": "7.1", "service": "7.6", "raid": "XCP-ng 7.5", "ntp": "XenServer 8",
    "target-platform": "XenServer 8", "ssh-mode": "XenServer 9", "selected-multiversion-drivers": "XenServer 9",
}  # fmt: skip

DIALECT = Dialect(
    name="4.1",
    source=SOURCE,
    modes=_ALL,
    bad_mode="UnboundLocalError: local variable 'results' referenced before assignment",
    root_attributes={"mode": re.compile("fresh|reinstall|upgrade"), "srtype": re.compile("lvm|ext")},
    elements={element.name: element for element in ELEMENTS},
    later=LATER,
)
