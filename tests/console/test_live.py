"""Live streams, over the real listener: what is written comes, what was missed comes, and nobody keeps what is not theirs any more."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pxeserve.console import live
from pxeserve.console import stream as stream_of
from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.store import accounts, events, inventory
from tests.console import people
from tests.console.served import Served, served


@pytest.fixture
def serving() -> Iterator[Served]:
    with served() as one:
        with one.store.site.write() as connection:
            inventory.put_hosts(
                connection,
                [
                    Host(0, "xen01", ("52:54:00:77:00:01",), "rack-a", rack="a"),
                    Host(0, "xen02", ("52:54:00:77:00:02",), "rack-a", rack="b"),
                ],
            )
        yield one


class Reader:
    """The other end of a stream, message by message."""

    def __init__(self, served: Served, query: str = "", *more: str, **who: str) -> None:
        said = [f"GET /live{query} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *more]
        said += [f"Cookie: __Host-sid={who['session']}"] if "session" in who else [f"Authorization: Bearer {who['token']}"]
        self._sock = served.secure()
        self._sock.sendall("\r\n".join([*said, "", ""]).encode())
        self._file = self._sock.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers = dict(iter(lambda: self._file.readline().decode().strip().lower().partition(": ")[::2], ("", "")))

    def messages(self) -> Iterator[dict[str, str]]:
        """Until the other side ends it."""
        message: dict[str, str] = {}
        for chunk in iter(self._chunk, b""):
            for line in chunk.decode().split("\n"):
                name, colon, value = line.partition(": ")
                if colon:
                    message[name or "comment"] = value
                elif message:
                    yield message
                    message = {}

    def _chunk(self) -> bytes:
        size = int(self._file.readline() or b"0", 16)
        chunk = self._file.read(size)
        self._file.readline()
        return chunk

    def begun(self) -> Iterator[dict[str, str]]:
        """Its messages, after it has said that it is there."""
        messages = self.messages()
        while next(messages).get("event") != "here":
            pass
        return messages

    def close(self) -> None:
        self._sock.close()
        self._file.close()


def write(served: Served, *rows: tuple[str, str | None]) -> None:
    with served.store.events.write() as connection:
        events.add(
            connection, [{"at": time.time(), "kind": kind, "host": host, "text": f"{kind} of {host}", "data": {}} for kind, host in rows]
        )


def texts(messages: Iterator[dict[str, str]], count: int) -> list[Any]:
    told = (message for message in messages if "data" in message)  # and not that nothing is new, which a busy machine may hear between
    return [json.loads(message["data"])["text"] for _, message in zip(range(count), told, strict=False)]


def test_what_is_written_comes_to_whoever_wants_it(serving: Served) -> None:
    session = serving.session(Role.VIEWER)
    everything = Reader(serving, session=session)
    one = Reader(serving, "?host=xen02", session=session)
    rack = Reader(serving, "?rack=a&kind=install", session=session)
    assert everything.status == 200
    assert everything.headers["content-type"].startswith("text/event-stream")
    assert everything.headers["cache-control"] == "no-store"
    waiting = everything.begun(), one.begun(), rack.begun()
    write(serving, ("dhcp.offer", "xen01"), ("dhcp.offer", "xen02"), ("dhcp.strange", None), ("install.done", "xen01"))
    assert texts(waiting[0], 4) == ["dhcp.offer of xen01", "dhcp.offer of xen02", "dhcp.strange of None", "install.done of xen01"]
    assert texts(waiting[1], 1) == ["dhcp.offer of xen02"]
    assert texts(waiting[2], 1) == ["install.done of xen01"]


def test_a_reader_who_was_away_gets_what_was_missed_and_nothing_twice(serving: Served) -> None:
    session = serving.session(Role.VIEWER)
    write(serving, ("a.one", "xen01"))
    first = Reader(serving, session=session)
    messages = first.begun()
    write(serving, ("a.two", "xen01"))
    seen = next(messages)["id"]
    first.close()
    write(serving, ("a.three", "xen01"), ("a.four", "xen02"))
    again = Reader(serving, "", f"Last-Event-ID: {seen}", session=session)
    messages = (message for message in again.messages() if message.get("event") == "record")
    assert texts(messages, 2) == ["a.three of xen01", "a.four of xen02"]
    write(serving, ("a.five", "xen01"))
    assert texts(messages, 1) == ["a.five of xen01"]


def test_a_page_hears_what_came_since_it_was_made(serving: Served) -> None:
    session = serving.session(Role.VIEWER)
    write(serving, ("a.one", "xen01"))
    page = serving.ask("/hosts", "Accept: text/html", session=session)[1]
    [stands] = re.findall(r'data-seen="(\d+)"', page)
    write(serving, ("a.two", "xen01"), ("a.three", "xen02"))
    reader = Reader(serving, f"?host=xen01&since={stands}", session=session)
    messages = (message for message in reader.messages() if message.get("event") == "record")
    write(serving, ("a.four", "xen01"))
    assert texts(messages, 2) == ["a.two of xen01", "a.four of xen01"]


def test_one_who_missed_too_much_is_told_to_look_anew(serving: Served) -> None:
    write(serving, *[("a.b", "xen01")] * (live._AT_ONCE + 5))
    reader = Reader(serving, "", "Last-Event-ID: 1", session=serving.session(Role.VIEWER))
    kinds = [message.get("event") for _, message in zip(range(3), reader.messages(), strict=False)]
    assert kinds == [None, "reset", "here"]


def test_a_reader_who_does_not_read_is_told_so_and_costs_a_bounded_room() -> None:
    from pxeserve.operations.context import Actor
    from pxeserve.snapshot import Snapshot
    from pxeserve.store.events import EventRow

    nothing = Snapshot(0, {}, {}, {}, {}, {}, None)  # type: ignore[arg-type]
    stream = stream_of.Stream(Actor("a"), (stream_of.Topic(),), 0)
    for number in range(3 * stream_of._BACKLOG):
        stream.offer([stream_of.Told(EventRow(number, 0.0, "a.b"))], nothing)
    taken = stream.take(0.0)
    assert taken is not None
    assert taken[1]
    assert len(taken[0]) <= stream_of._BACKLOG
    assert stream.take(0.0) == ([], False)


def test_an_event_is_put_into_words_once_for_all_who_hear_it(serving: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    session = serving.session(Role.VIEWER)
    readers = [Reader(serving, session=session) for _ in range(8)]
    waiting = [reader.begun() for reader in readers]
    worded: list[int] = []
    plain = stream_of.EventRow.plain
    monkeypatch.setattr(stream_of.EventRow, "plain", lambda row: worded.append(row.id) or plain(row))
    write(serving, ("a.b", "xen01"), ("a.c", "xen02"))
    assert {tuple(texts(one, 2)) for one in waiting} == {("a.b of xen01", "a.c of xen02")}
    assert len(worded) == len(set(worded)) == 2


def test_a_slow_reader_holds_the_text_of_a_few_events_at_a_time(serving: Served) -> None:
    """256 of them would hold half a gigabyte of the same texts each."""
    from pxeserve.operations.context import Actor
    from pxeserve.store.events import EventRow

    stream = serving.hub.open(Actor("a", key="a"), (stream_of.Topic(),))
    rows = [EventRow(number, 0.0, "a.b", text="x" * 2000) for number in range(stream_of._BACKLOG)]
    stream.offer([stream_of.Told(row) for row in rows], serving.hub.known())
    pieces = live.said(serving.hub, stream, None)
    told, longest = 0, 0
    while told < stream_of._BACKLOG:
        piece = next(pieces)
        told += piece.count("event: record")
        longest = max(longest, len(piece))
    assert longest < 64 << 10


def test_a_session_that_ends_ends_its_streams(serving: Served) -> None:
    reader = Reader(serving, session=serving.session(Role.OPERATOR))
    other = Reader(serving, session=serving.session(Role.VIEWER))
    messages, others = reader.begun(), other.begun()
    with serving.store.site.write() as connection:
        assert accounts.end_sessions_of(connection, "operator") == 1
    assert list(messages) == []
    write(serving, ("a.b", "xen01"))
    assert texts(others, 1) == ["a.b of xen01"]


def test_a_token_that_is_limited_sees_its_own_hosts_alone(serving: Served) -> None:
    reader = Reader(serving, token=people.token(serving.store, Role.VIEWER, racks=("b",)))
    messages = reader.begun()
    write(serving, ("a.one", "xen01"), ("a.strange", None), ("a.two", "xen02"))
    assert texts(messages, 1) == ["a.two of xen02"]


_OTHERS = ("host=xen01", "host=nobody", "rack=a", "rack=nowhere")


@pytest.mark.parametrize(
    "path",
    [
        *(f"/live?{query}" for query in (*_OTHERS, "host=xen02&host=xen01")),
        *(f"/api/v1/events?follow=true&{query}" for query in (*_OTHERS, "tag=prod")),
    ],
)
def test_a_token_that_is_limited_is_told_nothing_of_what_else_there_is(serving: Served, path: str) -> None:
    """Neither of other hosts nor whether there are any of that name."""
    token = people.token(serving.store, Role.VIEWER, racks=("b",), hosts=("spare",))
    limited = {"Authorization": f"Bearer {token}"}
    answer = serving.app.test_client().get(path, base_url=f"https://127.0.0.1:{serving.port}", headers=limited)
    assert answer.status_code == 403
    assert "is limited to" in answer.json["detail"]
    assert not any(name in answer.text for name in ("xen", "nobody", "nowhere", "prod"))


def test_a_token_that_is_limited_follows_its_own(serving: Served) -> None:
    token = people.token(serving.store, Role.VIEWER, racks=("b",))
    waiting = [Reader(serving, query, token=token).begun() for query in ("?host=xen02", "?rack=b")]
    write(serving, ("a.one", "xen01"), ("a.two", "xen02"))
    assert [texts(messages, 1) for messages in waiting] == [["a.two of xen02"]] * 2


def test_there_are_so_many_streams_of_one_session_and_in_all(serving: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "OF_ONE", 2)
    monkeypatch.setattr(live, "IN_ALL", 3)
    one, other = serving.session(Role.VIEWER), serving.session(Role.OPERATOR)
    readers = [Reader(serving, session=one) for _ in range(2)]
    too_many = Reader(serving, session=one)
    assert (too_many.status, too_many.headers["retry-after"]) == (429, "5")
    readers.append(Reader(serving, session=other))
    too_many = Reader(serving, session=other)
    assert (too_many.status, too_many.headers["retry-after"]) == (503, "5")
    for reader in readers:
        reader.close()


def test_a_reader_that_is_gone_gives_its_place_back(serving: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING", 0.1)
    reader = Reader(serving, session=serving.session(Role.VIEWER))
    assert next(reader.begun())["comment"] == "nothing new"
    reader.close()
    until = time.monotonic() + 60
    while serving.hub.count and time.monotonic() < until:
        socket.socketpair()[0].close()
    assert serving.hub.count == 0


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("?host=nobody", ()),
        ("?rack=nowhere", ()),
        ("", ("Last-Event-ID: x",)),
        ("", (f"Last-Event-ID: {'9' * 40}",)),
        ("?since=x", ()),
    ],
)
def test_what_cannot_be_followed_is_refused(serving: Served, query: str, more: tuple[str, ...]) -> None:
    reader = Reader(serving, query, *more, session=serving.session(Role.VIEWER))
    assert reader.status in (400, 404)
    assert serving.hub.count == 0


def test_all_streams_end_when_the_service_does(serving: Served) -> None:
    reader = Reader(serving, session=serving.session(Role.VIEWER))
    messages = reader.begun()
    serving.hub.close()
    assert list(messages) == []


def test_two_hundred_and_fifty_streams_get_everything_and_pages_are_answered_beside_them(
    serving: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "OF_ONE", 250)
    session = serving.session(Role.VIEWER)
    readers = [Reader(serving, session=session) for _ in range(250)]
    waiting = [reader.begun() for reader in readers]
    assert serving.ask("/", "Accept: text/html", session=session)[0] == 200
    write(serving, ("a.one", "xen01"), ("a.two", "xen02"))
    for messages in waiting:
        assert texts(messages, 2) == ["a.one of xen01", "a.two of xen02"]
    for reader in readers:
        reader.close()
