"""Whether a medium is good or damaged, as the whole house sees it, and who is told when that changes.

A medium that turns is marked, and each host with a live install from it gets an event of its own, in one transaction. Refuses to know how
damage is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import Medium, MediumState
from pxeserve.events.record import Event
from pxeserve.store import Store, installs, inventory, media

DAMAGED_EVENT, GOOD_EVENT = "medium.damaged", "medium.good"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check has seen. `stamps` are of files that were read whole and right, or "" for those that were not; `whole` says that with
    what is known from before, nothing was left out."""

    faults: Sequence[str]
    stamps: Mapping[str, str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """A medium that is not what it was a moment ago; `hosts` were told, because they install from it."""

    medium: str
    state: MediumState
    reason: str
    hosts: tuple[str, ...]

    def event(self, now: float) -> Event:
        """The same for the record; `now` is epoch seconds."""
        if self.state is MediumState.GOOD:
            return Event(GOOD_EVENT, now, f"medium {self.medium} is good again: every byte was read", data={"medium": self.medium})
        text = f"medium {self.medium} is damaged and cannot be armed: {self.reason}"
        if self.hosts:
            text += f"; {', '.join(self.hosts)} install from it"
        return Event(DAMAGED_EVENT, now, text, data={"medium": self.medium, "because": self.reason, "hosts": list(self.hosts)})


def settle(store: Store, medium: Medium, seen: Seen, now: float) -> Turned | None:
    """Write down what was seen of `medium` at epoch second `now`; what it turned into, if it did. Writes nothing when nothing is new."""
    state = MediumState.DAMAGED if seen.faults else MediumState.GOOD
    reason = seen.faults[0] if seen.faults else ""
    same = (state, reason) == (medium.state, medium.state_reason)
    if same and not seen.stamps and not seen.whole:
        return None
    with store.site.write() as connection:
        current = media.by_name(connection, medium.name)
        if current is None or (current.revision, current.folder) != (medium.revision, medium.folder):
            return None  # removed, or another by now: what was seen says nothing about that one
        media.set_stamps(connection, medium.name, seen.stamps)
        if seen.whole and not seen.faults:
            media.set_checked(connection, medium.name, now)
        if (state, reason) == (current.state, current.state_reason):
            return None
        if state is MediumState.GOOD and not seen.whole:
            return None  # what it is damaged for may lie where nobody looked
        media.set_state(connection, medium.name, state, reason)
        if state is current.state:
            return None
        return Turned(medium.name, state, reason, _tell(connection, medium.name, state, reason, now))


def _tell(connection: Connection, name: str, state: MediumState, reason: str, now: float) -> tuple[str, ...]:
    """An event for each host that is armed with the medium or installing from it."""
    if state is MediumState.DAMAGED:
        because = f"medium {name}, which it installs, is damaged: {reason}"
    else:
        because = f"medium {name}, which it installs, is good again: every byte was read"
    told = []
    for row in installs.in_states(connection, LIVE_STATES):
        if row.medium != name:
            continue
        installs.tell(connection, now, row, f"install.medium-{state}", {"medium": name, "because": because})
        host = inventory.host_by_id(connection, row.host_id)
        if host is not None and row.rehearsal_mac is None:
            told.append(host.name)
    return tuple(sorted(told))
