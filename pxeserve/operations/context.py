"""Who asks, of which service, and where progress goes: the first argument of every verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.events.recorder import Recorder
from pxeserve.store import Store

Kind = Literal["local", "session", "token"]
"""By which door: the admin socket (or no service at all), a browser's session, an API token."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The hosts that somebody may ask about at all: those of these names, and those that stand in these racks. With a `scope` nothing but
    that one thing may be asked, of these `pools`."""

    hosts: frozenset[str]
    racks: frozenset[str]
    scope: str = ""
    pools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: `name` as the audit shows it (`root`, `uid 1000`; a user; `token 7f3k2m`).

    `fresh`: a password was given within the last minutes, or the asker needs none. `address` is where they ask from, "" on this machine.
    `user` is whose account it is, "" without one, and `key` by which session or token of it they came in (its id, no secret). `limit` is
    None for whoever may ask about all hosts. On the admin socket everybody let in is an administrator.
    """

    name: str
    role: Role = Role.ADMIN
    kind: Kind = "local"
    address: str = ""
    fresh: bool = True
    user: str = ""
    key: str = ""
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long verb has come: `done` of `total` units (bytes, usually), and what is being done."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. `report` takes progress and may be called often; `recorder` is None when no service runs. `request` is
    its id in the logs of who passed it on, "" without one."""

    config: Config
    store: Store
    actor: Actor
    report: Callable[[Progress], None]
    recorder: Recorder | None = None
    request: str = ""
