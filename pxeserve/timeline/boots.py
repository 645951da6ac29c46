"""Which events belong to one boot of one machine. Refuses to know what they mean for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxeserve.store.events import EventRow

if TYPE_CHECKING:
    from pxeserve.timeline.runs import Run

_ASKED_BEFORE = 60.0
"""A DISCOVER so many seconds before its session opened belongs to it."""

_FIRMWARE_ASKS = frozenset({"dhcp.discover", "dhcp.request"})
MEDIUM_FILES = frozenset({"http.file", "ftp.file"})
"""Files of media: nearly all that an installation leaves behind."""
_BESIDE = frozenset({"install.armed", "install.cancelled", "install.lapsed", "dhcp.other-card", "discovered.other-card"})
"""What people and time do to an install: it happens between boots, not in one."""


def order(event: EventRow) -> tuple[float, int]:
    """In what order things happened: by the clock that nobody sets, and what came in the same instant as it was written down."""
    return event.at if event.steady is None else event.steady, event.id


def in_order(events: Sequence[EventRow]) -> Sequence[EventRow]:
    """`events` as `order` has them. The record gives them by their ids, and clocks mostly agree with those: this is seen at less cost than
    a sort has."""
    moments = [event.at if event.steady is None else event.steady for event in events]
    ids = [event.id for event in events]
    return events if moments == sorted(moments) and ids == sorted(ids) else sorted(events, key=order)


@dataclass(slots=True)
class Boot:
    """One boot: its events in their order. `session` is what DHCP opened it with, or None for a machine that came without. `runs` are kept
    for `runs.runs`, which makes them."""

    session: str | None
    mac: str | None
    events: list[EventRow] = field(default_factory=list)
    runs: list[Run] | None = None

    def fetched(self) -> bool:
        """Whether it has come further than DHCP."""
        return any(not event.kind.startswith("dhcp.") for event in self.events)


@dataclass(frozen=True, slots=True)
class Grouped:
    """`boots` in the order in which they began, and what belongs to none."""

    boots: tuple[Boot, ...]
    beside: tuple[EventRow, ...]


def group(events: Sequence[EventRow]) -> Grouped:
    """Sort `events` of one host into its boots.

    A boot begins with the DISCOVER before its session. Ids of sessions hold whole seconds, so an offer after files were fetched is
    another boot even under the same id. HTTP and the installer's own DHCP carry no session: they belong to the boot of that MAC
    that began last, and what names no MAC to the last boot of all.
    """
    grouping = _Grouping()
    for event in in_order(events):
        grouping.add(event)
    return grouping.end()


class _Grouping:
    def __init__(self) -> None:
        self._boots: list[Boot] = []
        self._by_session: dict[str, Boot] = {}
        self._last: dict[str | None, Boot] = {}
        self._waiting: dict[str, list[EventRow]] = {}
        self._beside: list[EventRow] = []
        self._mixed: list[Boot] = []

    def add(self, event: EventRow) -> None:
        kind = event.kind
        if event.session is not None:
            self._of_session(event, event.session)
        elif kind in MEDIUM_FILES:
            self._of_last(event)
        elif kind in _FIRMWARE_ASKS and event.mac is not None:
            self._waiting.setdefault(event.mac, []).append(event)
        elif kind in _BESIDE or kind.startswith("rehearsal."):
            self._beside.append(event)
        else:
            self._of_last(event)

    def end(self) -> Grouped:
        for mac in list(self._waiting):
            self._came_to_nothing(mac)
        for boot in self._mixed:
            boot.events.sort(key=order)
        begun = sorted((boot for boot in self._boots if boot.events), key=lambda boot: order(boot.events[0]))
        return Grouped(tuple(begun), tuple(self._beside))

    def _of_session(self, event: EventRow, session: str) -> None:
        boot = self._by_session.get(session)
        if boot is None or (event.kind == "dhcp.offer" and boot.fetched()):
            boot = self._new(session, event.mac)
            self._by_session[session] = boot
        for asked in self._waiting.pop(event.mac or "", []):
            if event.moment - asked.moment <= _ASKED_BEFORE:
                self._put_in(boot, [asked])
            else:
                self._new(None, asked.mac).events.append(asked)
        boot.events.append(event)
        self._last[event.mac] = self._last[None] = boot

    def _of_last(self, event: EventRow) -> None:
        boot = self._last.get(event.mac) or (self._last.get(None) if event.mac is None else None)
        if boot is None and event.mac is None:
            self._beside.append(event)
            return
        if boot is None:
            boot = self._new(None, event.mac)
            self._last[event.mac] = self._last[None] = boot
        if self._waiting:
            self._put_in(boot, self._waiting.pop(event.mac or "", []))
        boot.events.append(event)

    def _came_to_nothing(self, mac: str) -> None:
        """Requests that nothing followed: the machine's latest try, or its last boot's installer."""
        asked = self._waiting.pop(mac)
        boot = self._last.get(mac)
        if boot is None or asked[0].moment - boot.events[-1].moment > _ASKED_BEFORE:
            boot = self._new(None, mac)
        self._put_in(boot, asked)

    def _put_in(self, boot: Boot, asked: Sequence[EventRow]) -> None:
        """Let `boot` have requests that had waited; what names no card may have come to it meanwhile."""
        if asked and boot.events and order(boot.events[-1]) > order(asked[0]):
            self._mixed.append(boot)
        boot.events += asked

    def _new(self, session: str | None, mac: str | None) -> Boot:
        boot = Boot(session, mac)
        self._boots.append(boot)
        return boot
