"""Queries on the record: events and counters. Written by the worker alone, read by whoever tells people about a machine.

Refuses to know what an event means.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, literal, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import asking as asked
from pxeserve.store import tables as t
from pxeserve.store.ready import Ready

MOST = 10_000
"""Most events that one query gives."""

_PIECE = 250
"""Rows of `facts` that are in memory at once."""


class EventRow(NamedTuple):
    """One event as it lies in the record; a tuple, as ten thousand of them are read at once. `id` grows with every event written; `at` is
    epoch seconds, when it happened, by the wall clock; `steady` is the same by a clock that nobody sets, where the row has it. `times` is
    how many events it stands for."""

    id: int
    at: float
    kind: str
    host: str | None = None
    mac: str | None = None
    address: str | None = None
    install: str | None = None
    session: str | None = None
    text: str = ""
    data: Mapping[str, Any] | None = None
    steady: float | None = None
    times: int = 1

    @property
    def moment(self) -> float:
        """When it happened, for order and durations: seconds."""
        return self.at if self.steady is None else self.steady

    def plain(self) -> dict[str, Any]:
        """One event as programs are told it."""
        return dict(zip(self._fields[:-1], self[:-1], strict=True))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: each field narrows. `hosts` are names, any of which; `since` is an event's id, and later ones are meant; `kind` is a
    kind or the beginning of one up to a dot (`dhcp`, or `dhcp.*`); `from_time` and `to_time` are epoch seconds, inclusive; `until` is an
    event's id, and earlier ones are meant."""

    host: str | None = None
    mac: str | None = None
    since: int | None = None
    kind: str | None = None
    from_time: float | None = None
    until: int | None = None
    install: str | None = None
    hosts: frozenset[str] | None = None
    to_time: float | None = None


def add(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Append `events`, each a row of the table without its id. One whose `outbox_id` is there already is left out."""
    _EVENTS.put(connection, [_values(event) for event in events])


def add_counts(connection: Connection, counts: Mapping[tuple[int, str, str], int]) -> None:
    """Add to the counters, keyed (minute, source, reason); minute is epoch seconds // 60."""
    _COUNTS.put(connection, [(*key, n) for key, n in counts.items()])


def latest(connection: Connection, wanted: Wanted, limit: int) -> list[EventRow]:
    """The last `limit` events that are wanted, the oldest first."""
    return _asked(connection, wanted, "desc", limit)[::-1]


def of_doctor(connection: Connection, limit: int) -> list[EventRow]:
    """The last `limit` events of the doctor's rounds, the oldest first; by an index of their own, as they are few among many."""
    return made(asked.OF_DOCTOR.ask(connection, limit))[::-1]


def menus(connection: Connection, mac: str, limit: int) -> list[EventRow]:
    """The last `limit` menus that `mac` was given, the oldest first; by an index of their own, as an installation's files are many."""
    return made(asked.MENUS.ask(connection, mac, limit))[::-1]


Fact = tuple[str, str | None, str | None, tuple[Any, ...]]


def facts(connection: Connection, wanted: Wanted, keys: Sequence[str], limit: int) -> Iterator[Fact]:
    """Of the last `limit` events that are wanted, the newest first and a few at a time: kind, MAC, address, and what stands under `keys` in
    their data, None where nothing does. For whoever looks through many for little, in a process that is to stay small."""
    columns = [t.event.c.data[key].as_string() for key in keys]
    query = _where(select(t.event.c.kind, t.event.c.mac, t.event.c.address, *columns), wanted).order_by(t.event.c.id.desc())
    with connection.execution_options(yield_per=_PIECE).execute(query.limit(min(limit, MOST))) as rows:
        for kind, mac, address, *found in rows:
            yield kind, mac, address, tuple(found)


def following(connection: Connection, wanted: Wanted, limit: int) -> list[EventRow]:
    """The first `limit` events after `wanted.since`, the oldest first: for whoever reads on."""
    return _asked(connection, wanted, "asc", limit)


def armings(connection: Connection, host: str) -> list[tuple[int, str]]:
    """The armings of `host` that are on record: each one's event id and install, in the order in which they were written."""
    armed = (t.event.c.host == host) & (t.event.c.kind == "install.armed") & t.event.c.install.is_not(None)
    query = select(t.event.c.id, t.event.c.install).where(armed).order_by(t.event.c.id)
    return [(number, install) for number, install in connection.execute(query)]


def host_of(connection: Connection, install: str) -> str | None:
    """The host for which `install` was armed; None when that is not on record."""
    armed = (t.event.c.kind == "install.armed") & (t.event.c.install == install)
    return connection.execute(select(t.event.c.host).where(armed).order_by(t.event.c.id.desc()).limit(1)).scalar()


def tails(connection: Connection, since: Mapping[str, float], each: int) -> list[EventRow]:
    """Of the last `each` events of each of these MACs those that happened at its epoch second or later, the oldest first, by one query
    that reads no more than those."""
    return made(asked.TAILS.ask(connection, json.dumps(dict(since)), each - 1))


def last_heard(connection: Connection, macs: Collection[str]) -> dict[str, float]:
    """When the newest event of each of these MACs happened, in epoch seconds; a step of the index each."""
    return {mac: at for mac, at in asked.LAST_HEARD.ask(connection, json.dumps(list(macs))) if at is not None}


def macs_heard(connection: Connection, most: int) -> list[str]:
    """MACs of which the record holds anything, at most so many, in their order; a step of the index each, however much it holds."""
    first = select(func.min(t.event.c.mac).label("mac"), literal(1).label("nth")).cte("heard", recursive=True)
    older = t.event.alias()
    following = select(func.min(older.c.mac)).where(older.c.mac > first.c.mac).correlate(first).scalar_subquery()
    walk = first.union_all(select(following, first.c.nth + 1).where(first.c.mac.is_not(None), first.c.nth < most))
    return [mac for mac in connection.execute(select(walk.c.mac)).scalars() if mac is not None]


def newest_id(connection: Connection) -> int:
    """The id of the newest event; 0 when there is none."""
    return asked.NEWEST_ID.ask(connection)[0][0] or 0


def bounds(connection: Connection) -> tuple[int, int]:
    """The ids of the oldest and of the newest event; (1, 0) when there is none."""
    first, last = (connection.execute(select(one(t.event.c.id))).scalar() for one in (func.min, func.max))
    return (first, last) if first is not None and last is not None else (1, 0)


def first_at(connection: Connection, at: float) -> int:
    """The id of the first event that happened at epoch second `at` or later, as far as events lie in the order in which they happened; the
    one after the newest where there is none. A step of the index for each halving."""
    low, end = bounds(connection)
    high = end + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(select(t.event.c.id, t.event.c.at).where(t.event.c.id >= middle).order_by(t.event.c.id).limit(1)).first()
        if found is None or found.at >= at:
            high = middle
        else:
            low = found.id + 1
    return low


def counters(connection: Connection, from_minute: int) -> list[tuple[int, str, str, int]]:
    """(minute, source, reason, count) from `from_minute` on, in that order."""
    return [(minute, source, reason, count) for minute, source, reason, count in asked.COUNTERS.ask(connection, from_minute)]


def latest_of_install(connection: Connection, install: str, kinds: Sequence[str]) -> EventRow | None:
    """The newest event of an installation that is of one of these kinds."""
    query = asked.EVENT.where(t.event.c.install == install, t.event.c.kind.in_(kinds)).order_by(t.event.c.id.desc()).limit(1)
    return next(iter(_rows(connection, query)), None)


def some(connection: Connection, ids: Sequence[int]) -> list[EventRow]:
    """The events with these ids, in no order."""
    return _rows(connection, asked.EVENT.where(t.event.c.id.in_(ids)))


def matching(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[EventRow]:
    """The first `limit` events that fulfil `condition`, the oldest first."""
    return _rows(connection, asked.EVENT.where(condition).order_by(t.event.c.id).limit(limit))


def taken_over(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these events, that lie beside installs, are in the record already."""
    return set(connection.execute(select(t.event.c.outbox_id).where(t.event.c.outbox_id.in_(ids))).scalars())


def outbox(connection: Connection, limit: int) -> list[Row[Any]]:
    """Events that lie beside installs and wait to be taken over, the oldest first. `connection` is the site's."""
    return list(connection.execute(select(t.install_event).order_by(t.install_event.c.id).limit(limit)))


def forget_outbox(connection: Connection, ids: Iterable[int]) -> None:
    """Remove what was taken over. `connection` is the site's."""
    connection.execute(delete(t.install_event).where(t.install_event.c.id.in_(list(ids))))


def _values(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """`event` in the order of `_COLUMNS`, as the driver takes it."""
    return tuple([json.dumps(event.get(name)) if name == "data" else event.get(name) for name in _COLUMNS])


def _where(query: Select[Any], wanted: Wanted) -> Select[Any]:
    values = _narrowed(wanted)
    query = query.where(*(asked.NARROWS[name] for name in values if name in asked.NARROWS)).params(values)
    return query if wanted.hosts is None else query.where(t.event.c.host.in_(sorted(wanted.hosts)))


def _narrowed(wanted: Wanted) -> dict[str, Any]:
    """What the parameters of `asked.NARROWS` are, of the fields that are there, in its order; `hosts` are none of them."""
    found = {name: value for name in asked.NARROWS if (value := getattr(wanted, name)) is not None}
    if wanted.kind is not None:
        kind = wanted.kind.removesuffix(".*")
        escaped = kind.replace("/", "//").replace("%", "/%").replace("_", "/_")
        found = {"kind": kind, "kinds": f"{escaped}.%"} | {name: value for name, value in found.items() if name != "kind"}
    return found


def _asked(connection: Connection, wanted: Wanted, order: Literal["asc", "desc"], limit: int) -> list[EventRow]:
    """The first or the last `limit` that are wanted, in this order. Each way of asking is put into words once."""
    limit = min(limit, MOST)
    values = _narrowed(wanted)
    if wanted.hosts is None:
        key = (order, *values)
        if key not in _WAYS:
            query = _where(asked.EVENT, wanted).order_by(asked.ORDERS[order]).limit(asked.LIMIT).offset(asked.FROM_FIRST)
            _WAYS[key] = Ready(query, [*values, "most"])
        return made(_WAYS[key].ask(connection, *values.values(), limit))
    return _rows(connection, _where(asked.EVENT, wanted).order_by(asked.ORDERS[order]).limit(limit))


def _rows(connection: Connection, query: Select[Any]) -> list[EventRow]:
    return made(connection.execute(query).fetchall())


def made(found: Sequence[Any]) -> list[EventRow]:
    """Of rows of `asked.EVENT`. All their data is parsed at once: ten thousand small documents cost three times as much one by one."""
    data = _parsed(f"[{','.join([row[9] or 'null' for row in found])}]")
    return [
        EventRow(number, at, kind, host, mac, address, install, session, text, one, steady)
        for (number, at, kind, host, mac, address, install, session, text, _, steady), one in zip(found, data, strict=True)
    ]


def _parsed(documents: str) -> Any:
    try:
        return from_json(documents)  # in less than half of the time
    except ValueError:  # half a surrogate pair, which `json` lets pass
        return json.loads(documents)


_WAYS: dict[tuple[str, ...], Ready] = {}
_COLUMNS = [column.name for column in t.event.c if column.name != "id"]
_EVENTS = Ready(insert(t.event).on_conflict_do_nothing(index_elements=[t.event.c.outbox_id]), _COLUMNS)


def _summed() -> Ready:
    statement = insert(t.counter)
    key, sum_ = [t.counter.c.minute, t.counter.c.source, t.counter.c.reason], t.counter.c.count + statement.excluded.count
    return Ready(statement.on_conflict_do_update(index_elements=key, set_={"count": sum_}), ["minute", "source", "reason", "count"])


_COUNTS = _summed()
