"""What firewalld and ufw are set to let through, read from their files: no bus is asked and no program run.

Files tell what holds after a reload; what was added for the moment is in the kernel's rules. Source: firewalld.zone(5),
firewalld.service(5), firewalld.conf(5), ufw(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

_PLACES = ("etc/firewalld", "usr/lib/firewalld")
_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,64}", re.ASCII)
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone of an interface: its name, whether it lets everything in, and its ports as (protocol, first, last)."""

    name: str
    everything: bool
    ports: tuple[tuple[str, int, int], ...]
    services: tuple[str, ...]

    def opens(self, protocol: str, first: int, last: int) -> bool:
        """Whether all ports from `first` to `last` are open."""
        if self.everything:
            return True
        at = first
        for known, low, high in sorted(self.ports):
            if known == protocol and low <= at <= high:
                at = high + 1
        return at > last


def zone_of(root: Path, interface: str) -> Zone | None:
    """The zone that `interface` is in as far as the files tell: the one that names it, else the default one. None when there is none."""
    zones: dict[str, etree._Element] = {}
    for place in _PLACES:
        for path in sorted((root / place / "zones").glob("*.xml")):
            parsed = _parsed(path)
            if parsed is not None:
                zones.setdefault(path.stem, parsed)
    named = next((name for name, zone in zones.items() if interface in [one.get("name") for one in zone.findall("interface")]), None)
    name = named or _default(root)
    if name not in zones:
        return None
    zone = zones[name]
    services = tuple(str(one.get("name")) for one in zone.findall("service"))
    ports = list(_ports(zone))
    for service in services:
        ports += _service(root, service)
    return Zone(name, zone.get("target") in ("ACCEPT", "{chain}_{zone}_ACCEPT"), tuple(ports), services)


def ufw_enabled(root: Path) -> bool:
    """Whether ufw is switched on."""
    try:
        text = (root / "etc/ufw/ufw.conf").read_text(errors="replace")
    except OSError:
        return False
    return re.search(r"^\s*ENABLED\s*=\s*[\"']?yes", text, re.MULTILINE | re.IGNORECASE) is not None


def _default(root: Path) -> str:
    try:
        text = (root / "etc/firewalld/firewalld.conf").read_text(errors="replace")
    except OSError:
        return "public"
    found = re.search(r"^\s*DefaultZone\s*=\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else "public"


def _service(root: Path, name: str) -> Iterator[tuple[str, int, int]]:
    if not _NAME.fullmatch(name):
        return
    for place in _PLACES:
        parsed = _parsed(root / place / "services" / f"{name}.xml")
        if parsed is not None:
            yield from _ports(parsed)
            return


def _ports(element: etree._Element) -> Iterator[tuple[str, int, int]]:
    for one in element.findall("port"):
        first, _, last = str(one.get("port", "")).partition("-")
        if first.isascii() and first.isdigit() and (last or first).isdigit():
            yield str(one.get("protocol")), int(first), int(last or first)


def _parsed(path: Path) -> etree._Element | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(path.read_bytes(), parser)
    except (OSError, etree.XMLSyntaxError):
        return None
