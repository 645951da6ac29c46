"""How a look at a step comes out, and whether anybody still wants to know. Refuses to know steps."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pxeserve.errors import ConflictError
from pxeserve.store import recoveries
from pxeserve.store.recoveries import RecoveryRow


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and by what that was seen. `install` is the arming that belongs to the recovery from now on. `left` is what it leaves to
    a person, told at the end of the recovery, and `by` how that is done."""

    seen: str
    install: str | None = None
    left: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It is under way; looked at again soon."""

    seen: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A person must say so before it goes on."""

    because: str


@dataclass(frozen=True, slots=True)
class Stops:
    """It does not go on: why, and the way on."""

    because: str
    fix: str


Outcome = Done | NotYet | Waits | Stops


def refuse_changed(connection: Connection, row: RecoveryRow) -> None:
    """Raise ConflictError when somebody has given the recovery up, or changed it, since `row` was read: what cannot be taken back is not
    done any more."""
    if not recoveries.unchanged(connection, row):
        raise ConflictError(f"recovery {row.id} went on meanwhile", fix=f"see how it stands: pxeserve recovery show {row.id}")
