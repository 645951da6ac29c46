"""What one may begin with: values for the usual kinds of hosts, to be changed from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """Values by their modern names, as a profile declares them."""

    name: str
    about: str
    values: Mapping[str, Any] = field(default_factory=dict)


PRESETS = (
    Preset(
        "One disk, DHCP",
        "A host with one disk whose address comes from DHCP.",
        {"primary-disk": "sda", "admin-interface": {"name": "eth0", "proto": "dhcp"}, "timezone": "Etc/UTC"},
    ),
    Preset(
        "One disk, static address",
        "The same with an address of its own, which each host says for itself.",
        {
            "primary-disk": "sda",
            "admin-interface": {"name": "eth0", "proto": "static", "subnet": "255.255.255.0"},
            "timezone": "Etc/UTC",
        },
    ),
    Preset(
        "Guests on another disk",
        "The host on the first disk, its guests on the second, so that an installation anew leaves them a place of their own.",
        {
            "primary-disk": {"device": "sda", "guest-storage": False},
            "guest-disks": ["sdb"],
            "admin-interface": {"name": "eth0", "proto": "dhcp"},
            "timezone": "Etc/UTC",
        },
    ),
    Preset(
        "Mirror of two disks",
        "A software RAID that the installer makes itself (XenServer 8 and later).",
        {
            "primary-disk": {"mirror": ["sda", "sdb"]},
            "admin-interface": {"name": "eth0", "proto": "dhcp"},
            "timezone": "Etc/UTC",
        },
    ),
)
