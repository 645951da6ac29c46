"""What a rehearsal needs to know before it sets out: whom it plays, where the server is, and what it should find there.

Made by the verb `rehearse.begin`, carried as JSON to the process that walks. Everything else it must learn as a machine does: from answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

TEXT_DIALECTS = frozenset({"4.1", "5.0", "5.5"})
YUM_DIALECTS = frozenset({"7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3"})
"""Generations whose repositories are walked package by package; those of the others are replayed."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that the medium holds: its path beneath the medium's folder, size in bytes, MD5 and SHA-256 in hex, "" where not known."""

    path: str
    size: int
    md5: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One rehearsal. `mac` is the rehearsal's own; `expires` is epoch seconds; `interface` is the one that is served, and `relay` an
    address of this machine from which DHCP messages can be sent as a relay agent's; `subnet` is the one to ask an address of, None
    where no subnet is served. `files` are what the medium boots with, `paths` all that it holds, where its installer is replayed; `mtu` is
    the interface's, 0 where it is not known; `alone` says that no other server should answer DHCP."""

    host: str
    mac: str
    install: str
    expires: float
    firmware: str
    interface: str
    server: IPv4Address
    dhcp_port: int
    tftp_port: int
    http_port: int
    dhcp_mode: str
    relay: IPv4Address
    subnet: IPv4Network | None
    medium: str | None
    dialect: str
    unattended: bool
    packages: tuple[Package, ...] = ()
    files: tuple[Package, ...] = ()
    format: str = ""
    role: str = "main"
    paths: tuple[str, ...] = ()
    mtu: int = 0
    alone: bool = False
    profile: str = ""

    @property
    def loopback(self) -> bool:
        """Whether nothing of it leaves this machine, and every address of the subnet is this machine's own."""
        return self.server.is_loopback and (self.proxy or (self.subnet is not None and self.subnet.is_loopback))

    @property
    def proxy(self) -> bool:
        """Whether another server gives the addresses. The rehearsal asks no stranger for one: it takes one that nobody has."""
        return self.dhcp_mode == "proxy"

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        values = asdict(self)
        for name in ("server", "relay"):
            values[name] = str(values[name])
        values["subnet"] = str(self.subnet) if self.subnet else None
        return values

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Plan:
        """The reverse of `plain`."""
        read = dict(values)
        read["server"], read["relay"] = IPv4Address(values["server"]), IPv4Address(values["relay"])
        read["subnet"] = IPv4Network(values["subnet"]) if values["subnet"] else None
        for name in ("packages", "files"):
            read[name] = tuple(Package(**one) for one in values[name])
        read["paths"] = tuple(values["paths"])
        return cls(**read)
