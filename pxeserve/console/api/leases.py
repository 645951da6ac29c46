"""DHCP: who holds which address, and how another DHCP server leads machines here."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found, Moment


class Leases(Found):
    """Which leases."""

    ended: bool = Field(False, description="Those of the past days too.")


class Lease(Answer):
    """An address and who holds it."""

    address: str
    mac: str
    host: str | None
    hostname: str
    client_id: str
    state: str = Field(description="bound, declined, released or expired.")
    starts: Moment
    expires: Moment
    relay: str


class Subnet(Answer):
    """A subnet in which addresses are lent."""

    network: str
    ranges: list[list[str]]
    router: str | None
    dns: list[str]
    domain: str | None
    ntp: list[str]
    lease: int = Field(description="Seconds.")
    addresses: int = Field(description="Of its ranges.")
    lent: int
    declined: int = Field(description="In quarantine: somebody else was heard at them.")
    free: int
    reservations: int


class Reservation(Answer):
    """A host's own address."""

    host: str
    address: str
    macs: list[str]
    subnet: str | None = Field(description="None where no subnet holds it.")


class Networks(Answer):
    """How this server takes part in DHCP."""

    mode: str
    interface: str | None
    address: str | None
    others_allowed: bool
    subnets: list[Subnet]
    reservations: list[Reservation]


class Snippet(Answer):
    """Lines for another DHCP server."""

    other: str = Field(alias="for")
    server: str
    http_port: int
    interface: str | None
    text: str
    notes: list[str]


class Exports(Answer):
    """Lines for the host's own NFS server."""

    text: str
    left_out: dict[str, str] = Field(description="Media that are left out, and why.")
    sources: dict[str, str]


ROUTES = (
    Route("GET", "/leases", "dhcp.leases", "Addresses that are lent, by address", Lease, query=Leases, way=Way.LIST, key="address",
          within="leases"),
    Route("GET", "/networks", "dhcp.networks", "Subnets with what is lent in them, and reservations", Networks),
    Route("GET", "/dhcp-snippets/{other}", "dhcp.snippet", "Lines for another DHCP server: isc, kea, dnsmasq or windows", Snippet),
    Route("GET", "/nfs-exports", "nfs.exports", "Lines for the host's own NFS server", Exports),
)  # fmt: skip
