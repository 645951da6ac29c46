"""`GET /events?follow=true`: the record as it grows, as server-sent events, narrowed as its pages are; the same streams as `live` gives to
pages, with the same limits. Each event has its id, so that a reader who lost the connection goes on where it was (`Last-Event-ID`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, request

from pxeserve.console import live
from pxeserve.console.api import answering, reading
from pxeserve.console.api.route import Route
from pxeserve.errors import RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.record import events
from pxeserve.operations.within import refuse_others
from pxeserve.snapshot import Snapshot
from pxeserve.store.events import EventRow, Wanted

PATH = "/events"
KIND = "text/event-stream"
_FILTERS = ("host", "mac", "kind", "install", "rack", "tag")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the query says: each field narrows; who stands in `rack` and carries `tags` is asked anew for each event."""

    wanted: Wanted
    rack: str | None
    tags: tuple[str, ...]

    def wants(self, row: EventRow, snapshot: Snapshot) -> bool:
        """See `live.Wish`."""
        said = self.wanted
        narrow = ((said.host, row.host), (said.mac, row.mac), (said.install, row.install))
        if any(asked is not None and asked != known for asked, known in narrow):
            return False
        kind = said.kind.removesuffix(".*") if said.kind is not None else None
        if kind is not None and row.kind != kind and not row.kind.startswith(f"{kind}."):
            return False
        return (self.rack is None and not self.tags) or self._is_of(row, snapshot)

    def _is_of(self, row: EventRow, snapshot: Snapshot) -> bool:
        host = snapshot.hosts.get(row.host or "")
        return host is not None and self.rack in (None, host.rack) and set(self.tags) <= set(host.tags)


def view(route: Route) -> Callable[..., Response]:
    """Pages of the record; or the record as it grows, where `follow` is asked for."""
    pages = answering.view(route)

    def answered() -> Response:
        said = reading.query(route.query, request.args)
        if not said["follow"] or request.method == "HEAD":
            return pages()
        return _stream(g.context, {name: said[name] for name in _FILTERS})

    return answered


def _stream(context: Context, filters: dict[str, Any]) -> Response:
    hub: live.Hub = current_app.extensions["live"]
    host, rack = ({filters[name]} - {None} for name in ("host", "rack"))
    refuse_others(context.actor, host, rack, hub.known().hosts)
    if context.actor.limit is not None and filters["tag"]:
        raise RefusedError(f"{context.actor.name} is limited to some hosts, and follows none by their tags", code="forbidden")
    wish = Filter(events.wanted_of(context, **filters), filters["rack"], tuple(filters["tag"] or ()))
    since = live.since_of(request)
    stream = hub.open(context.actor, (wish, *live.allowed(context.actor)))
    response = Response(live.said(hub, stream, since))
    response.call_on_close(lambda: hub.leave(stream))
    return live.streaming(response)
