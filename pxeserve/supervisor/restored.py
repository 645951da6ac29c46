"""What follows from a state that is an older copy of itself, put back: what was ended since then would be good again, so it is ended once
more, before anybody is served.

Refuses to know how that is found out (`store.witness`). Accounts are left as they are, or nobody could come in: that is told.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, delete, insert

from pxeserve.accounts import tokens
from pxeserve.domain.install import OPEN_STATES
from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.moment import SYSTEM
from pxeserve.store import Store, accounts, audit, installs, recoveries, witness
from pxeserve.store import tables as t
from pxeserve.store.recoveries import RecoveryRow
from pxeserve.store.witness import Standing

ACTOR, ACTION = "service", "state.restored"


def see_to(store: Store, data: Path) -> str:
    """End what an older state would let live again; what was found, "" for a state that goes on where it was.

    All armings that wait lapse and all sessions end. API tokens are revoked when the state is known to be older; where it cannot be known,
    as when the data folder was moved without `run/`, they stay. One transaction.
    """
    found = witness.look(store, data)
    if found.standing is Standing.SAME:
        return ""
    older = found.standing is Standing.OLDER
    how = f"older than it was: line {found.seen} was seen, and it ends at {found.line}" if older else "a copy, and nobody can say how old"
    with store.site.write() as connection:
        said = end(connection, how, older=older)
    witness.keep(store, data)
    return said


def end(connection: Connection, how: str, *, older: bool) -> str:
    """End what must not live again in a state that is `how`, and what was ended, for the audit and the record. Tokens only where the state
    is known to be `older` than one that was in use."""
    now = SYSTEM.now()
    ended = accounts.end_sessions(connection, [row.id for row in accounts.sessions(connection)])
    waiting = installs.in_states(connection, OPEN_STATES)
    lapsed = sum(move(connection, row, Happening.TIME, now.wall, data={"because": "the state was put back from a copy"}) for row in waiting)
    stopped = sum(_stop(connection, row, now.wall) for row in recoveries.running(connection))
    good = [row for row in accounts.tokens(connection) if tokens.is_good(row, now)] if older else []
    for row in good:
        tokens.revoke(connection, row, ACTION, now)
    said = f"{how}; {ended} sessions ended, {len(good)} tokens revoked, {lapsed} armings lapsed"
    said += f", {stopped} recoveries stopped" if stopped else ""
    audit.append(connection, now.wall, ACTOR, ACTION, "state", said)
    connection.execute(delete(t.meta).where(t.meta.c.key == ACTION))
    connection.execute(insert(t.meta).values(key=ACTION, value=said))
    return said


def _stop(connection: Connection, row: RecoveryRow, now: float) -> bool:
    """It would go on by itself, and its next step may be to arm a host that was installed long since."""
    because = "the state was put back from a copy"
    fix = f"look how the host and its pool stand, then pxeserve recovery resume {row.id}, or stop it"
    done = recoveries.advance(connection, row, {"state": "stopped", "because": because, "fix": fix, "changed_at": now})
    recoveries.tell(connection, now, row, "stopped", {"text": because, "because": because, "fix": fix})
    return done
