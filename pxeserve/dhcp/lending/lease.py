"""The nouns of lending: a lease, what is known of hosts, on what grounds an address is asked for, and why it is not given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address
from typing import NamedTuple

from pxeserve.dhcp.lending.offers import Holder


class State(StrEnum):
    """What became of a lease."""

    BOUND = "bound"
    RELEASED = "released"
    DECLINED = "declined"


class Lease(NamedTuple):
    """One address and its holder. Times are epoch seconds."""

    address: IPv4Address
    mac: str
    client_id: str
    state: State
    starts: float
    expires: float
    hostname: str = ""
    relay: str = ""

    def active(self, now: float) -> bool:
        """Whether the address is not to be given to anybody else."""
        return self.state is not State.RELEASED and now < self.expires

    def is_of(self, holder: Holder) -> bool:
        """Whether `holder` is the one."""
        return self.mac == holder.mac and self.client_id == holder.client_id


@dataclass(frozen=True, slots=True)
class Known:
    """What the table must know of the inventory: each MAC's host by name, and who has an address reserved (all MACs of one host
    share it). A rehearsal's MAC is in neither, so it can never take the real host's address."""

    names: Mapping[str, str] = field(default_factory=dict)
    reserved: Mapping[str, IPv4Address] = field(default_factory=dict)


class Claim(StrEnum):
    """How a REQUEST comes to its address (RFC 2131 section 4.3.2). RENEWING stands for REBINDING too: one answer fits both."""

    SELECTING = "selecting"
    INIT_REBOOT = "init-reboot"
    RENEWING = "renewing"


class Denial(StrEnum):
    """Why an address is not given."""

    WRONG_NETWORK = "wrong-network"
    NOT_LENDABLE = "not-lendable"
    RESERVED = "reserved-for-another"
    HELD = "held-by-another"
    NO_LEASE = "no-lease"
    RESERVATION_WAITS = "reservation-waits"
    EXHAUSTED = "pool-exhausted"
    KEPT = "pool-kept-for-hosts"


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be stored: leases to write, addresses to forget."""

    put: tuple[Lease, ...]
    gone: tuple[IPv4Address, ...]

    def __bool__(self) -> bool:
        return bool(self.put or self.gone)
