"""What comes of a name: something to send, or a refusal. Whoever speaks the protocol says it in its own words."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pxeserve.paths import OpenFile


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a request belongs to, as far as its name tells; every field may be unknown. Nothing is proven by it."""

    session: str | None = None
    mac: str | None = None
    host: str | None = None
    install: str | None = None


class Given(NamedTuple):
    """What will be sent: `data`, or `file` (whoever holds this closes it). `rule` says what resolved the name, for the record. `key` is
    equal for equal `data`, None for what was computed for one client.

    `delivered` is to be called once all of it has arrived, with how the protocol knows that.
    """

    rule: str
    who: Who
    data: bytes | None = None
    file: OpenFile | None = None
    delivered: Callable[[], None] | None = None
    key: Hashable | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.size if self.file is not None else len(self.data or b"")


class Why(StrEnum):
    """Why nothing is sent."""

    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    TROUBLE = "trouble"  # ours; the client hears only that


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is sent; `rule` is for the record."""

    why: Why
    rule: str
    who: Who
