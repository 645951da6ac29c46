"""Whether an old machine is off: by which addresses it may answer, and whether anything does there. What this server could not have heard
is told apart from silence. Refuses to know what follows from either.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address

from pxeserve.doctor.network import interfaces
from pxeserve.domain.host import Host
from pxeserve.installs.evidence import neighbour
from pxeserve.operations.context import Context
from pxeserve.recovery.planning.facts import Heard
from pxeserve.recovery.reaching import address_of
from pxeserve.recovery.xapi import PORT, XapiError, shown
from pxeserve.store import backups, installs, leases
from pxeserve.store.backups import BackupRow
from pxeserve.store.pools import PoolRow

SECONDS = 3.5
"""Of one knock: Linux gives an address on its own network up after 3 (three ARP requests, arp(7)), and sends three SYNs meanwhile."""

_KNOCKS, _MORE = 2, 3
"""So many knocks make a silence; so many where the neighbour table still holds an answer: one that is old is tried again for 8 seconds."""

_MOST = 8
"""Addresses of one machine that are knocked at."""


def whereabouts(context: Context, host: Host, pool: PoolRow) -> dict[str, str]:
    """Each address by which the old machine of `host` may answer, with what says so: what is entered, its pool's where it led that, the
    newest good backup of its pool, its newest install (unless that address is lent to another machine by now), its newest lease."""
    with context.store.site.read() as connection:
        entered, install = address_of(connection, host), installs.newest_of(connection, host.id)
        backup = backups.newest_good(connection, pool.id)
    found = {str(entered): "entered"} if entered is not None else {}
    if pool.pool.address is not None and host.name == pool.pool.master:
        found.setdefault(str(pool.pool.address), "its pool's")
    if backup is not None:
        for address in _held(backup, host, pool):
            found.setdefault(str(address), f"backup {backup.id}")
    now = time.time()
    with context.store.leases.read() as connection:
        bound = install.bound_address if install is not None else None
        lease = leases.by_address(connection, bound) if bound is not None else None
        if install is not None and bound is not None and (lease is None or lease.mac in host.macs or not lease.bound(now)):
            found.setdefault(str(bound), f"install {install.id}")
        for mac in host.macs:
            for row in leases.by_mac(connection, mac)[:1]:
                if row.state != "declined":
                    found.setdefault(str(row.address), "its lease")
        for seen in sorted(leases.sightings_of(connection, host.macs), key=lambda one: -one.at)[:1]:
            found.setdefault(str(seen.address), "a lease of another server")
    return dict(list(found.items())[:_MOST])


def knocked(addresses: Mapping[str, str], fingerprint: str) -> tuple[Heard, ...]:
    """`heard_at` for each address, all at once, with what says that it is the machine's."""
    if not addresses:
        return ()
    with ThreadPoolExecutor(len(addresses)) as knocking:
        heard = knocking.map(lambda address: heard_at(address, fingerprint), addresses)
        return tuple(replace(one, whence=whence) for one, whence in zip(heard, addresses.values(), strict=True))


def heard_at(address: str, fingerprint: str) -> Heard:
    """Whether a machine answers at `address`, and whether it is the one that is known by `fingerprint`. One that refuses the connection, or
    takes it and says nothing, is on: its guests may run though its toolstack does not. So is one that answers ARP. Silence is what comes
    of all knocks where this server could have heard something; where it could not, `deaf` says why."""
    where = IPv4Address(address)
    own = [one for one in interfaces() if any(where in each.network for each in one.addresses)]
    for one in own:
        if not one.up:
            why = f"{one.name}, by which this server is on its network, is down"
            return _deaf(address, why, f"see to its cable, and ip link set {one.name} up")
    for number in range(1, _MORE + 1):
        try:
            socket.create_connection((address, PORT), SECONDS).close()
        except ConnectionError:
            return Heard(address, answers=True)
        except TimeoutError:
            pass
        except OSError as error:
            if not own or error.errno != errno.EHOSTUNREACH:
                return _deaf(address, _why(error), f"mend the way there: ip route get {address}")
        else:
            return _answering(address, fingerprint)
        if number >= _KNOCKS and not (own and neighbour(where)):
            return Heard(address, answers=False)
    return Heard(address, answers=True)


def answers_as(address: str, fingerprint: str) -> bool:
    """Whether the toolstack that is known by `fingerprint` answers at `address` now."""
    try:
        return shown(address, PORT, seconds=SECONDS).fingerprint == fingerprint
    except XapiError:
        return False


def _answering(address: str, fingerprint: str) -> Heard:
    try:
        found = shown(address, PORT, seconds=SECONDS)
    except XapiError:
        return Heard(address, answers=True)
    return Heard(address, answers=True, same=found.fingerprint == fingerprint if fingerprint else None)


def _deaf(address: str, why: str, fix: str) -> Heard:
    return Heard(address, answers=False, deaf=why, fix=fix)


def _why(error: OSError) -> str:
    """The words for what keeps this server from hearing anything there. Firewalls, also the old machine's own, say EHOSTUNREACH too (ICMP
    3/10, RFC 1812)."""
    match error.errno:
        case errno.ENETUNREACH:
            return "this server has no route to it"
        case errno.EHOSTUNREACH:
            return "a router or a firewall on the way says that it cannot be reached, or the router itself is silent"
    return f"this server may not go there ({os.strerror(error.errno or 0).lower()})"


def _held(backup: BackupRow, host: Host, pool: PoolRow) -> Iterator[IPv4Address]:
    """Where `host` was when the backup was made: a host that was alone is the only one in it, whatever its name."""
    hosts = [one for one in backup.holds.get("hosts", ()) if isinstance(one, Mapping)]
    alone = len(hosts) == len(pool.pool.members) == 1
    for one in hosts:
        names = {str(one.get(key, "")).lower().partition(".")[0] for key in ("name", "hostname")}
        if alone or host.name.partition(".")[0] in names:
            try:
                address = IPv4Address(str(one.get("address")))
            except AddressValueError:
                continue
            if not address.is_unspecified:
                yield address
