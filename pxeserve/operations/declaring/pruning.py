"""What a declared site no longer names is removed, but for what is at work or still used. Refuses to know what it does name."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator

from sqlalchemy import Connection

from pxeserve.domain.install import LIVE_STATES
from pxeserve.store import installs, inventory, pools


def prune_hosts(connection: Connection, wanted: Container[str], later: Container[str]) -> list[str]:
    """Remove the hosts that are not `wanted`, by name, and never one that is armed or being installed; a line each. Nothing is
    said yet of those that are looked at `later`."""
    live = {row.host_id: row.state for row in installs.in_states(connection, LIVE_STATES) if row.rehearsal_mac is None}
    gone: list[int] = []
    lines: list[str] = []
    for host in inventory.hosts(connection):
        if host.name in wanted or host.name in later:
            continue
        if host.id in live:
            lines.append(f"= host {host.name}: kept, {host.name} has an install that is {live[host.id]}")
            continue
        gone.append(host.id)
        lines.append(f"- host {host.name}")
    if gone:
        inventory.remove_hosts(connection, gone)
    return lines


def in_pools(connection: Connection) -> dict[str, str]:
    """The hosts that are in a pool, by name, and which."""
    return {name: row.pool.name for row in pools.pools(connection) for name in row.pool.hosts}


def prune_left(connection: Connection, wanted: Container[str], later: Collection[str]) -> list[str]:
    """The same for those of whom nothing was said, once pools are as they are declared: who is in one stays; a line each."""
    pooled = in_pools(connection)
    gone = {name for name in later if name not in wanted and name not in pooled}
    others = [host.name for host in inventory.hosts(connection) if host.name not in gone]
    kept = [f"= host {name}: kept, it is in pool {pooled[name]}" for name in sorted(later) if name not in wanted and name in pooled]
    return [*prune_hosts(connection, frozenset(others), ()), *kept]


def prune_profiles(connection: Connection, wanted: Container[str]) -> list[str]:
    """Remove the profiles that are not `wanted` and that nothing is left to use; a line each."""
    users: dict[str, list[str]] = {}
    for host in inventory.hosts(connection):
        users.setdefault(host.profile, []).append(f"host {host.name}")
    parents = {profile.name: profile.parent for profile in inventory.profiles(connection)}
    for name, parent in parents.items():
        if parent is not None:
            users.setdefault(parent, []).append(f"profile {name}")
    surplus = [name for name in parents if name not in wanted]
    gone = list(_unused(surplus, parents, users))
    if gone:
        inventory.remove_profiles(connection, gone)
    removed = set(gone)
    kept = [name for name in surplus if name not in removed]
    lines = [f"- profile {name}" for name in gone]
    return [*lines, *(f"= profile {name}: kept, profile {name} is used by {', '.join(users[name][:5])}" for name in kept)]


def _unused(surplus: list[str], parents: dict[str, str | None], users: dict[str, list[str]]) -> Iterator[str]:
    """Those that nobody uses, from the outermost in; each that goes may leave its parent unused."""
    may_go = set(surplus)
    waiting = [name for name in surplus if not users.get(name)]
    while waiting:
        name = waiting.pop()
        yield name
        parent = parents[name]
        if parent is not None:
            users[parent].remove(f"profile {name}")
            if parent in may_go and not users[parent]:
                waiting.append(parent)
