"""What was heard of a host since it was armed: its firmware, or only its own system, or nothing.

Pure: events in, a summary out. Refuses to know where things heard are kept, and what silence means; `missing.silent` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pxeserve.store.events import EventRow

_BOOTS = ("tftp.", "boot.", "http.", "ftp.")
_ASKS = frozenset({"dhcp.discover", "dhcp.request", "dhcp.offer", "dhcp.ack", "dhcp.inform", "dhcp.nak", "dhcp.system"})

_STARTS = frozenset({"dhcp.discover", "dhcp.system"})
"""What a system says when it starts, and seldom otherwise; a REQUEST by itself may be a renewal (RFC 2131 section 4.3.2)."""


@dataclass(frozen=True, slots=True)
class System:
    """The machine's own operating system, heard at epoch second `at`. `started`: it asked for an address anew, as it does when it starts;
    else it may only have renewed the one that it has."""

    at: float
    address: str | None = None
    started: bool = True


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard of an armed host. `firmware`: it asked to boot since it was armed; `system` is its operating system since then;
    `before`: one of its cards was heard at some time; `near` are sentences on unknown cards with addresses like its own."""

    firmware: bool = False
    system: System | None = None
    before: bool = True
    near: tuple[str, ...] = ()


def hearing(
    events: Iterable[EventRow], since: float, *, systems: Sequence[System] = (), before: bool = True, until: float = math.inf
) -> Hearing:
    """What `events` of a host say of the time from epoch second `since` to `until`; `systems` were heard by other ways than the record."""
    later = [event for event in events if since <= event.at <= until]
    own = [System(event.at, event.address, event.kind in _STARTS) for event in later if _of_system(event)]
    heard = sorted((*own, *(one for one in systems if since <= one.at <= until)), key=lambda one: (not one.started, one.at))
    return Hearing(any(of_firmware(event) for event in later), heard[0] if heard else None, before)


def of_firmware(event: EventRow) -> bool:
    """Whether a network boot is behind `event`, and no operating system."""
    if event.session is not None or event.kind.startswith(_BOOTS):
        return True
    return event.kind.startswith("dhcp.") and _names_architecture(event)


def _of_system(event: EventRow) -> bool:
    return event.kind in _ASKS and event.session is None and not _names_architecture(event)


def _names_architecture(event: EventRow) -> bool:
    """Nothing but a network boot does (RFC 4578 section 2.1); beside an answer stands its boot file instead."""
    data = event.data or {}
    return data.get("arch") not in (None, "", "None") or bool(data.get("file")) or bool(data.get("because"))
