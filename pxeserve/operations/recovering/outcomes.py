"""How a look at a step comes out. Refuses to know steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and by what that was seen. `install` is the arming that belongs to the recovery from now on."""

    seen: str
    install: str | None = None


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
