"""What an installer generation can be told, in the few questions that a writer asks of it.

Refuses to know what any answer means, and how a file is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

NAMES = ("4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")


@dataclass(frozen=True, slots=True)
class Facts:
    """One generation. `modes` maps each element that it reads to the modes in which it does, `required` to those that fail without it;
    `attributes` maps an element (`installation` for the root) to the attributes that are read of it."""

    name: str
    modes: Mapping[str, frozenset[str]]
    required: Mapping[str, frozenset[str]]
    attributes: Mapping[str, frozenset[str]]
    rank: int

    def since(self, name: str) -> bool:
        """Whether it is generation `name` or a later one."""
        return self.rank >= _RANKS[name]

    def has(self, element: str, attribute: str) -> bool:
        """Whether it reads `attribute` of `element`."""
        return attribute in self.attributes.get(element, frozenset())


_RANKS = {name: rank for rank, name in enumerate(("4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1", "8.2", "xs8", "xs9"))}
_RANKS |= {"xcp-8.2": _RANKS["8.2"], "xcp-8.3": _RANKS["xs8"]}


@cache
def facts(name: str) -> Facts:
    """The facts of generation `name`. Raises KeyError for a name that is none."""
    rank = _RANKS[name]
    xcp = name.startswith("xcp-")
    fr, fru, frux = "FR", "FRU", "FRUX"
    oem = name in ("5.0", "5.5")

    def after(since: str) -> bool:
        return rank >= _RANKS[since]

    new = after("6.0")
    every = frux if after("6.2") else fru
    modes = {
        "primary-disk": ("FR" if new else "F") + ("U" if after("5.6") and name != "xs9" else "") + ("HO" if oem else ""),
        "guest-disk": (fr if new else "F") + ("H" if oem else ""),
        "sr-type": (fr if new else "F") + ("H" if oem else ""),
        "existing-installation": "U" if new else "RU",
        "source": fru + ("HO" if oem else ""),
        "admin-interface": fr + ("H" if oem else ""),
        "post-install-script": every + ("HO" if oem else ""),
        **dict.fromkeys(("root-password", "nameserver", "hostname", "timezone", "keymap", "ntp-servers"), fr),
        "bootloader": fru,
    }
    if after("5.5"):
        modes["driver-source"] = frux if after("7.0") else fru
        modes["install-failed-script"] = every + ("HO" if oem else "")
    if after("5.6"):
        modes["script"] = every
        if name != "xs9":
            modes["network-backend"] = fru
    if name == "5.6":
        modes["initial-partitions"] = "F"
    if after("6.2"):
        modes["backup-disk"] = "X"
    if after("7.0") and name != "xs9":
        modes["fcoe-interface"] = frux
    if after("7.1"):
        modes["ui-confirmation-prompt"] = frux
    if after("8.2"):
        modes["service"] = fr
    if xcp:
        modes["raid"] = fr
    if after("xs8"):
        modes["ntp"] = fr
    if name == "xs8":
        modes["target-platform"] = fru
    if name == "xs9":
        modes |= {"ssh-mode": fr, "selected-multiversion-drivers": frux}
    if oem:
        modes |= {"rootfs-writable": "H", "xenrt": "HO"}
    required = {"primary-disk": (fr if new else "F") + ("HO" if oem else ""), "existing-installation": modes["existing-installation"],
                "source": modes["source"], "admin-interface": fr}
    if not new:
        required["timezone"] = fr
    if not after("5.6"):
        required["root-password"] = fr
    attributes: dict[str, set[str]] = {"installation": {"mode", "srtype"}, "primary-disk": {"gueststorage"}, "admin-interface": set(),
                  "root-password": set(), "bootloader": set(), "fcoe-interface": set(), "source": set()}
    if after("5.6"):
        attributes["primary-disk"].add("sr-at-end")
        attributes["root-password"].add("type")
        attributes["bootloader"].add("location")
    if new:
        attributes["primary-disk"].add("preserve-first-partition")
    if after("6.2"):
        attributes["admin-interface"].add("protov6")
    if name in ("7.0", "7.1"):
        attributes["fcoe-interface"].add("dcb")
    if after("7.1"):
        attributes["bootloader"].add("write-boot-entry")
    if after("8.2"):
        attributes["admin-interface"].add("vlan")
    if name in ("xs8", "xs9"):
        attributes["primary-disk"].add("swraid")
    if name == "xs9":
        attributes["primary-disk"].add("fs-type")
        attributes["existing-installation"] = {"fs-type"}
    if name == "xcp-8.3":
        attributes["installation"] |= {"gpgcheck", "repo-gpgcheck"}
        attributes["source"] |= {"gpgcheck", "repo-gpgcheck"}
    letters = {"F": "fresh", "R": "reinstall", "U": "upgrade", "X": "restore", "H": "oemhdd", "O": "oemflash"}

    def spelt(of: Mapping[str, str]) -> dict[str, frozenset[str]]:
        return {key: frozenset(letters[letter] for letter in value) for key, value in of.items()}

    return Facts(name, spelt(modes), spelt(required), {key: frozenset(value) for key, value in attributes.items()}, rank)
