"""Who asks, of which service, and where progress goes: the first argument of every verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pxeserve.config import Config
from pxeserve.events.recorder import Recorder
from pxeserve.store import Store


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: `name` as the audit shows it (`root`, `uid 1000`). On the admin socket everybody let in is an administrator."""

    name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long verb has come: `done` of `total` units (bytes, usually), and what is being done."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. `report` takes progress and may be called often; `recorder` is None when no service runs."""

    config: Config
    store: Store
    actor: Actor
    report: Callable[[Progress], None]
    recorder: Recorder | None = None
