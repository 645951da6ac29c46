"""How a pool stands now, seen from its master, and in what it differs from the record. Asks live, within bounds; changes nothing.

Refuses to know how the record comes to be, and what should be done about a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxeserve.domain.pool import Pool
from pxeserve.recovery import xapi
from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.xapi import HostSeen, PoolSeen, XapiError

SECONDS = 5.0
"""The longest for one call, and for a member that does not answer its master."""

MOST = 64
"""Members that are looked at: XenServer's largest pool."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One host of a pool: as the record has it, as the pool has it, or both. `wrong` is what is not as it should be, with its cause."""

    host: str
    recorded: bool
    listed: bool
    master: bool = False
    enabled: bool = False
    live: bool = False
    runs: str = ""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stands:
    """A pool. `trouble` says why its master could not be asked, with `fix`; then only what the record says is known of its hosts."""

    hosts: tuple[Looked, ...]
    trouble: str = ""
    fix: str = ""
    ha: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How its hosts are reached: addresses by host, and root's password of the pool. `port` is where toolstacks answer."""

    addresses: Mapping[str, str]
    password: str = field(repr=False)
    port: int = xapi.PORT
    seconds: float = SECONDS

    def master(self, pool: Pool) -> str:
        """Where its master answers, "" when nothing says."""
        return str(pool.address) if pool.address is not None else self.addresses.get(pool.master, "")


def look(pool: Pool, way: Way) -> Stands:
    """Ask the pool. Raises nothing: who cannot be asked is told."""
    address = way.master(pool)
    pin = next((one.fingerprint for one in pool.members if one.host == pool.master), "")
    if not address:
        return Stands(_unasked(pool, way), f"{pool.master} has no static address", give_static(pool.master))
    try:
        with xapi.connect(address, way.port, pool.user, way.password, pin, seconds=way.seconds) as session:
            seen, hosts = session.pool(), session.hosts()
    except XapiError as error:
        return Stands(_unasked(pool, way), error.message, error.fix)
    return Stands(_compared(pool, way, seen, hosts), ha=seen.ha)


def _compared(pool: Pool, way: Way, seen: PoolSeen, hosts: tuple[HostSeen, ...]) -> tuple[Looked, ...]:
    lead = next((one for one in hosts if one.ref == seen.master), None)
    left, found = list(hosts[:MOST]), []
    for name in pool.hosts[:MOST]:
        one = next((one for one in left if one.name == name or one.address == way.addresses.get(name)), None)
        if one is None:
            found.append(Looked(name, recorded=True, listed=False, wrong=(f"the pool does not list it{_why(pool, way, name)}",)))
            continue
        left.remove(one)
        found.append(_looked(pool, way, name, one, lead))
    found += [_looked(pool, way, "", one, lead) for one in left]
    return tuple(found)


def _looked(pool: Pool, way: Way, name: str, one: HostSeen, lead: HostSeen | None) -> Looked:
    wrong = [] if name else ["the record does not have it in this pool"]
    if not one.live:
        wrong.append(f"it does not answer its master{_why(pool, way, name) if name else ''}")
    elif not one.enabled:
        wrong.append("it is not enabled: no guest starts on it")
    if lead is not None and one.runs() != lead.runs():
        wrong.append(f"it runs {one.runs()}, and the master {lead.runs()}")
    if pool.version and one.version != pool.version:
        wrong.append(f"it runs {one.version}, and the record says {pool.version}")
    if name == pool.master and one is not lead:
        wrong.append(f"the record calls it the master, and {lead.name if lead else 'nobody'} is")
    return Looked(name or one.name, bool(name), True, one is lead, one.enabled, one.live, one.runs(), tuple(wrong))


def _unasked(pool: Pool, way: Way) -> tuple[Looked, ...]:
    return tuple(
        Looked(name, recorded=True, listed=False, master=name == pool.master, wrong=tuple(filter(None, [_why(pool, way, name)[2:]])))
        for name in pool.hosts[:MOST]
    )


def _why(pool: Pool, way: Way, name: str) -> str:
    """What is seen at a host's own address, with a colon before it; "" when its toolstack answers there as it should."""
    address, member = way.addresses.get(name, ""), pool.member(name)
    if not address:
        return ": it has no static address"
    try:
        answered = xapi.shown(address, way.port, seconds=min(way.seconds, 1.0)).fingerprint
    except XapiError as error:
        return f": {error.cause} at {address}"
    pin = member.fingerprint if member is not None else ""
    return f": another certificate than its own answers at {address}" if pin and answered != pin else ""
