"""Packages that came whole, one after another, are nearly all that an installation leaves in the record, and who tells its story wants to
know no more of them than the first, the last and their sums. So their figures lie in columns of their own, and are added up where they lie.

Refuses to know what is made of the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, bindparam, func, literal_column, select

from pxeserve.store import asking as asked
from pxeserve.store import tables as t
from pxeserve.store.events import MOST, EventRow, Wanted, latest, made, some
from pxeserve.store.ready import Ready

FIGURES = ("package", "packages", "bytes", "seconds")
"""Columns of an event that is a package which came whole; NULL in others, and in rows of older releases, which are read one by one."""

_KINDS = frozenset({"http.file", "ftp.file"})
_LARGEST = 1 << 48
"""Ten thousand sizes below this have an integer as their sum."""
_MANY = 24
"""So many packages in a row are worth a row for all between."""
_FEW = 5
"""As many rows cost what a question costs."""
_Gap = tuple[int, int]
"""Between two events of a host that are no packages: their ids."""


class _Sums(NamedTuple):
    """Of the packages between two other events of a host: how many, the lowest and highest id, the highest figures, sums, how many name a
    machine, an installation and a session, with the lowest and highest names, and the earliest and latest moment."""

    rows: int
    first: int
    last: int
    package: int
    packages: int
    bytes: int
    seconds: float
    macs: int
    first_mac: str | None
    last_mac: str | None
    installs: int
    first_install: str | None
    last_install: str | None
    sessions: int
    began: float
    ended: float

    def worth(self) -> bool:
        """Whether there are many, all of one machine and one installation."""
        one_machine = self.macs in (0, self.rows) and self.first_mac == self.last_mac
        one_install = self.installs in (0, self.rows) and self.first_install == self.last_install
        return self.rows >= _MANY and one_machine and one_install and not self.sessions


class _Stretch(NamedTuple):
    """Packages in a row, by their sums and their ends."""

    sums: _Sums
    first: EventRow
    last: EventRow

    def in_order(self, others: Sequence[EventRow]) -> bool:
        """Whether they happened as they were written down: after all that was written before, before what was later, and from the first to
        the last."""
        began, ended = self.sums.began, self.sums.ended
        if self.first.moment > began or self.last.moment < ended:
            return False
        return all(row.moment <= began if row.id < self.first.id else row.moment >= ended for row in others)

    def rows(self) -> tuple[EventRow, EventRow, EventRow]:
        """The first, one for all between, and the last."""
        sums, ends = self.sums, (self.first.data or {}, self.last.data or {})
        data = {
            "outcome": "done", "package": sums.package, "packages": sums.packages, "bytes": sums.bytes - sum(end["bytes"] for end in ends),
            "seconds": round(sums.seconds - sum(end["seconds"] for end in ends), 6),
        }  # fmt: skip
        between = self.first._replace(id=self.first.id + 1, text="", data=data, times=sums.rows - 2)
        return self.first, between, self.last


def figures(event: Mapping[str, Any]) -> dict[str, Any]:
    """FIGURES of a row of the table, by its kind and data; nothing where it is no such package."""
    data = event["data"]
    if event["kind"] not in _KINDS or data.get("outcome") != "done":
        return {}
    found = {name: data.get(name) for name in FIGURES}
    *sizes, seconds = found.values()
    whole = all(type(size) is int and 0 <= size < _LARGEST for size in sizes)
    return found if whole and type(seconds) in (int, float) else {}


def shortened(connection: Connection, wanted: Wanted, limit: int) -> list[EventRow]:
    """As `events.latest` of a host, but of many packages in a row, with nothing else of the host between them, come the first, one row that
    stands for those between, and the last. The `times` of all rows add up to how many `latest` gives; they are in the order of their ids.
    """
    host, limit = wanted.host, min(limit, MOST)
    if host is None or wanted != Wanted(host=host, since=wanted.since, until=wanted.until):
        return latest(connection, wanted, limit)
    since, until = wanted.since or 0, wanted.until if wanted.until is not None else _ENDLESS
    edge = _EDGE.ask(connection, host, since, until, limit - 1)
    since = edge[0][0] - 1 if edge else since
    others = made(_OTHERS.ask(connection, host, since, until))
    gaps = [(one, other) for one, other in pairwise([since, *(row.id for row in others), until]) if other - one > 1]
    if _COUNT.ask(connection, host, since, until)[0][0] - len(others) < _FEW * len(gaps):
        return latest(connection, wanted, limit)
    sums = {gap: _Sums(*_SUMS.ask(connection, host, *gap)[0]) for gap in gaps}
    stretches = _stretches(connection, sums)
    read = others + _one_by_one(connection, host, [gap for gap, one in sums.items() if one.rows and gap not in stretches])
    while crossing := [gap for gap, one in stretches.items() if not one.in_order(read)]:
        read += _one_by_one(connection, host, crossing)
        stretches = {gap: one for gap, one in stretches.items() if gap not in crossing}
    return sorted([*read, *(row for one in stretches.values() for row in one.rows())], key=_by_id)


def _stretches(connection: Connection, sums: Mapping[_Gap, _Sums]) -> dict[_Gap, _Stretch]:
    worth = {gap: one for gap, one in sums.items() if one.worth()}
    ends = {row.id: row for row in some(connection, [number for one in worth.values() for number in (one.first, one.last)])}
    return {gap: _Stretch(one, ends[one.first], ends[one.last]) for gap, one in worth.items()}


def _one_by_one(connection: Connection, host: str, gaps: Iterable[_Gap]) -> list[EventRow]:
    return [row for gap in gaps for row in made(_PACKAGES.ask(connection, host, *gap))]


def _by_id(event: EventRow) -> int:
    return event.id


_ENDLESS = (1 << 63) - 1
_event = t.event.c
_ASKED = ["host", "since", "until"]
_OF_HOST = (_event.host == bindparam("host")) & (_event.id > bindparam("since")) & (_event.id < bindparam("until"))
_PACKAGE = _event.package.is_not(None)
_NEWER = bindparam("newer", type_=Integer)
_EDGE = Ready(
    select(_event.id).where(_OF_HOST).order_by(_event.id.desc()).limit(literal_column("1", Integer)).offset(_NEWER), [*_ASKED, "newer"]
)
_COUNT = Ready(select(func.count()).where(_OF_HOST), _ASKED)
_OTHERS = Ready(asked.EVENT.where(_OF_HOST, _event.package.is_(None)).order_by(_event.id), _ASKED)
_PACKAGES = Ready(asked.EVENT.where(_OF_HOST, _PACKAGE).order_by(_event.id), _ASKED)
_MOMENT = func.coalesce(_event.steady, _event.at)
_FOUND: list[Any] = [
    func.count(), func.min(_event.id), func.max(_event.id), func.max(_event.package), func.max(_event.packages), func.sum(_event.bytes),
    func.sum(_event.seconds), func.count(_event.mac), func.min(_event.mac), func.max(_event.mac), func.count(_event.install),
    func.min(_event.install), func.max(_event.install), func.count(_event.session), func.min(_MOMENT), func.max(_MOMENT),
]  # fmt: skip
_SUMS = Ready(select(*_FOUND).where(_OF_HOST, _PACKAGE), _ASKED)
