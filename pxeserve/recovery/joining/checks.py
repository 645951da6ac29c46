"""What speaks against a join, seen by reading both sides first: XAPI would refuse most of it too, after minutes, and in fewer words. Pure.

XAPI's own rules: ocaml/xapi/xapi_pool.ml, `pre_join_checks`. What it does not mind and people do (clocks that differ) is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pxeserve.recovery.xapi import GuestSeen, HostSeen, StorageSeen

CLOCKS = 300.0
"""Seconds that two clocks may differ: further apart Kerberos refuses (RFC 4120), and sessions and logs cannot be put together."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a join: the host that answers, its CPUs' vendor, and what its clock shows less what ours does, in seconds."""

    host: HostSeen
    cpu_vendor: str
    ahead: float


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a join is not begun, and what to do. `note`s hinder nothing: XAPI decides."""

    because: str
    fix: str


def hindrance(
    joiner: Side, master: Side, own_hosts: int, storages: Sequence[StorageSeen], guests: Sequence[GuestSeen], *, ha: bool
) -> Hindrance | None:
    """The first thing that speaks against it; None when nothing does. `storages` and `guests` (those that run or are suspended) are the
    joiner's, `own_hosts` how many hosts its own pool has; `ha` whether the pool is highly available."""
    one, lead = joiner.host, master.host
    if own_hosts > 1:
        return Hindrance(
            f"{one.name} leads a pool of {own_hosts} hosts", "only a host that is alone joins: look whether this is the right host"
        )
    if (one.product, one.version, one.build) != (lead.product, lead.version, lead.build):
        fix = "arm it again with the medium of the pool's version, and install the same updates"
        return Hindrance(f"{one.name} runs {one.runs()}, and the pool's master {lead.runs()}", fix)
    if one.linux_pack != lead.linux_pack:
        who = one.name if lead.linux_pack else lead.name
        return Hindrance(
            f"{who} lacks the Linux Pack, which the other has", "all hosts of a pool have it, or none (guide 4.1): install alike"
        )
    if joiner.cpu_vendor and master.cpu_vendor and joiner.cpu_vendor != master.cpu_vendor:
        said = f"{one.name} has CPUs of {joiner.cpu_vendor}, and the master of {master.cpu_vendor}"
        return Hindrance(said, "hosts of one pool have CPUs of the same vendor")
    if shared := [storage.name for storage in storages if storage.shared and not storage.tools]:
        fix = "shared storage belongs to the pool: xe pbd-unplug and xe sr-forget on it"
        return Hindrance(f"{one.name} has shared storage of its own: {', '.join(shared[:5])}", fix)
    if guests:
        said = f"{len(guests)} guests run or are suspended on {one.name}: {', '.join(guest.name for guest in guests[:5])}"
        return Hindrance(said, "is this the host that was meant? A newly installed one has none; else shut them down: xe vm-shutdown")
    if one.external_auth != lead.external_auth:
        fix = "xe pool-enable-external-auth or -disable-external-auth on it"
        return Hindrance(f"{one.name} has another external authentication than the pool", fix)
    if ha:
        said = "the pool is highly available, and takes no host meanwhile"
        return Hindrance(said, f"xe pool-ha-disable, then pxeserve join again {one.name}")
    if abs(joiner.ahead - master.ahead) > CLOCKS:
        said = f"the clocks of {one.name} and {lead.name} are {abs(joiner.ahead - master.ahead):.0f} s apart"
        return Hindrance(said, "give both the same NTP servers, and wait until they agree")
    return None


def former(hosts: Sequence[HostSeen], joiner: HostSeen) -> HostSeen | None:
    """What stands in the pool of the same machine from before: a host of its name or address that does not live."""
    return next(
        (one for one in hosts if one.uuid != joiner.uuid and not one.live and (one.name == joiner.name or one.address == joiner.address)),
        None,
    )
