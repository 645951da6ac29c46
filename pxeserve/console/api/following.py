"""`GET /events?follow=true`: the record as it grows, as server-sent events (WHATWG HTML, section 9.2). Each has its event's id, so that a
browser that lost its connection goes on where it was (`Last-Event-ID`), and misses nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, g, request, stream_with_context

from pxeserve.console.api import answering, reading
from pxeserve.console.api.reading import Wrong, WrongFieldsError
from pxeserve.console.api.route import Route
from pxeserve.operations import events, following
from pxeserve.operations.context import Context
from pxeserve.store import events as stored

PATH = "/events"
KIND = "text/event-stream"
_FILTERS = ("host", "mac", "kind", "install", "rack", "tag")


def view(route: Route) -> Callable[..., Response]:
    """Pages of the record; or the record as it grows, where `follow` is asked for."""
    pages = answering.view(route)

    def answered() -> Response:
        said = reading.query(route.query, request.args)
        if not said["follow"]:
            return pages()
        return _stream(g.context, {name: said[name] for name in _FILTERS}, _since())

    return answered


def _since() -> int | None:
    """The last event that the asker has seen, where he says it."""
    said = request.headers.get("Last-Event-ID")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= 18):
        raise WrongFieldsError((Wrong("header", "Last-Event-ID", "the id of an event"),), code="malformed")
    return int(said)


def _stream(context: Context, filters: dict[str, Any], since: int | None) -> Response:
    wanted = events.wanted_of(context, **filters)
    which = events.which_of(context, wanted, filters["rack"], filters["tag"])
    if since is None:
        with context.store.events.read() as connection:
            since = stored.newest_id(connection)
    return Response(stream_with_context(_told(following.after(context.store, which, since))), mimetype=KIND)


def _told(rows: Iterator[list[stored.EventRow]]) -> Iterator[bytes]:
    yield b": following\n\n"
    for some in rows:
        if not some:
            yield b": nothing new\n\n"
        for row in some:
            data = json.dumps(dataclasses.asdict(row), default=str)
            yield f"id: {row.id}\nevent: record\ndata: {data}\n\n".encode()
