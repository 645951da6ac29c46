"""The record as it grows, narrowed as its pages are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from pxeserve.console.api.following import Filter
from pxeserve.store import tables as t
from pxeserve.store.events import EventRow, Wanted
from tests.console.api.conftest import Api


def write(console: Any, *kinds: str, host: str | None = "xen01") -> None:
    with console.store.events.write() as connection:
        connection.execute(insert(t.event), [{"at": 1.0, "kind": kind, "host": host, "text": "", "data": {}} for kind in kinds])


def records(answer: Any, count: int) -> list[int]:
    """The ids of the first so many events of a stream."""
    found: list[int] = []
    pieces: Iterator[bytes] = iter(answer.response)
    while len(found) < count:
        for block in next(pieces).decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            found += [int(lines["id"])] if lines.get("event") == "record" else []
    answer.close()
    return found


def follow(api: Api, query: str = "", **headers: str) -> Any:
    answer = api.client.get(f"/api/v1/events?follow=true{query}", headers=headers, buffered=False)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/event-stream"
    return answer


def test_what_is_missed_comes_first_and_then_what_is_written(site: Api, console: Any) -> None:
    write(console, "a.one", "b.two")
    answer = follow(site, **{"Last-Event-ID": "1"})
    write(console, "c.three")
    assert records(answer, 2) == [2, 3]


def test_only_what_is_wanted_comes(site: Api, console: Any) -> None:
    write(console, "a.one", "b.two", "a.three")
    answer = follow(site, "&kind=a&host=xen01", **{"Last-Event-ID": "0"})
    assert records(answer, 2) == [1, 3]


@pytest.mark.parametrize("query", ["&host=nobody", "&rack=R9", "&tag=none"])
def test_who_is_not_there_is_not_followed(site: Api, query: str) -> None:
    assert site.client.get(f"/api/v1/events?follow=true{query}").status_code == 404


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 19])
def test_a_last_event_that_is_none_is_refused(site: Api, last: str) -> None:
    assert site.client.get("/api/v1/events?follow=true", headers={"Last-Event-ID": last}).status_code == 400


def test_rack_and_tags_are_asked_anew_for_each_event(site: Api, console: Any) -> None:
    from pxeserve.snapshot import shared

    wish = Filter(Wanted(), "R2", ("a",))
    row = EventRow(1, 1.0, "a.one", host="xen01")
    assert not wish.wants(row, shared(console.store).current())
    site.patch("/hosts/xen01", {"set": ["rack=R2", "tags=a"]})
    assert wish.wants(row, shared(console.store).current())
    assert not wish.wants(EventRow(1, 1.0, "a.one"), shared(console.store).current())
