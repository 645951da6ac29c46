"""What was just done and can be taken back: kept for a short while, in this process, for whoever did it.

It holds what a thing was and what it became, secrets and all, and so leaves neither the process nor any answer: whoever did it is told a
word for it. Refuses to know how anything is put back (`inventory.taking_back`).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pxeserve.operations.context import Context

SECONDS = 600.0
"""For how long something can be taken back."""
MOST = 500
"""How much is kept; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Done:
    """One act: on what kind of thing, called what; `before` it and `after` it (None: it was not, or is no more)."""

    kind: str
    name: str
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    whose: str
    until: float


_lock = threading.Lock()
_kept: OrderedDict[str, Done] = OrderedDict()
_last: ContextVar[tuple[str, str]] = ContextVar("undo", default=("", ""))


def keep(context: Context, kind: str, name: str, before: Any, after: Any) -> None:
    """Remember that somebody made `after` of `before`. Only a browser's session can take anything back."""
    if context.actor.kind != "session":
        return
    word = secrets.token_urlsafe(18)
    with _lock:
        _kept[word] = Done(kind, name, before, after, context.actor.user, time.monotonic() + SECONDS)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    _last.set((context.request, word))


def told(context: Context) -> str:
    """The word for what this request has just done; "" for nothing that can be taken back."""
    request, word = _last.get()
    return word if request and request == context.request else ""


def look(context: Context, word: str) -> Done | None:
    """What the word means, while it means anything to whoever asks."""
    with _lock:
        found = _kept.get(word)
    return found if found is not None and found.whose == context.actor.user and time.monotonic() < found.until else None


def drop(word: str) -> None:
    """It is taken back, and cannot be again."""
    with _lock:
        _kept.pop(word, None)
