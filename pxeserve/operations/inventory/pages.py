"""Hosts a page at a time, so that a site of ten thousand costs no more than the part that is looked at."""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts
from pxeserve.operations.record.silence import silences
from pxeserve.operations.registry import verb
from pxeserve.operations.words.selection import chosen, selection
from pxeserve.snapshot import shared
from pxeserve.store import installs

Limit = Annotated[int, Field(ge=1, le=500)]


@verb("host.page", role=Role.VIEWER)
def page(
    context: Context, *, name: list[str] | None = None, rack: str | None = None, tag: list[str] | None = None, after: str | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """At most `limit` hosts by name, of all or of those that are asked for (`selection`), from the first one after the name `after` on;
    `next` is the name to go on after, None at the end."""
    snapshot = shared(context.store).current()
    meant = sorted(chosen(list(snapshot.hosts.values()), selection(name, rack, tag)), key=lambda host: host.name)
    begin = bisect_right(meant, after, key=lambda host: host.name) if after is not None else 0
    part = meant[begin : begin + limit]
    ids = [host.id for host in part]
    with context.store.site.read() as connection:
        newest, done = installs.newest_by_host(connection, ids), installs.last_done(connection, ids)
    silent = silences(context, part, newest, time.time())
    return {
        "items": [hosts.with_state(snapshot, host, newest.get(host.id), done.get(host.id), silent.get(host.name)) for host in part],
        "next": part[-1].name if begin + limit < len(meant) else None,
        "total": len(meant),
    }
