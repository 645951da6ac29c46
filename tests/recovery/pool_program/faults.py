"""What goes wrong on purpose: at which call of which host, how often, and how. And which calls have come, in their order."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("hang", "drop", "lie", "refuse", "hold", "huge", "deep", "cut", "slow", "status")
"""hang: no answer. drop: the connection ends. lie: `value` as the answer. refuse: a Failure with `words`. hold: not before it is released.
huge: more than anybody reads. deep: nested without an end. cut: half an answer. slow: a byte now and then. status: HTTP 500."""


@dataclass
class Fault:
    """One of them. `call` and `host` may be `*`; `after`: the call is carried out first."""

    call: str
    kind: str
    host: str = "*"
    times: int = 1
    after: bool = False
    value: Any = None
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A call that came: never with its arguments, as there are passwords among them."""

    at: float
    host: str
    name: str
    bare: str


class Faults:
    """The list of what is to go wrong, and the log."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._faults: list[Fault] = []
        self.calls: list[Call] = []
        self.released = threading.Event()

    def add(self, fault: Fault) -> None:
        """From now on."""
        assert fault.kind in KINDS
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Nothing more goes wrong, and whatever is held goes on."""
        with self._lock:
            self._faults.clear()
        self.release()

    def release(self) -> None:
        """Let go on what is held now."""
        self.released.set()
        self.released = threading.Event()

    def came(self, host: str, name: str) -> None:
        """Note a call."""
        with self._lock:
            self.calls.append(Call(time.time(), host, name, name.removeprefix("Async.")))
            self._lock.notify_all()

    def due(self, host: str, name: str, *, after: bool) -> Fault | None:
        """The fault that this call runs into, used up once more."""
        bare = name.removeprefix("Async.")
        with self._lock:
            for fault in self._faults:
                if fault.after == after and fault.times and fault.host in ("*", host) and fault.call in ("*", name, bare):
                    fault.times -= 1
                    return fault
        return None

    def wait(self, host: str, name: str, count: int, seconds: float) -> bool:
        """Whether so many calls of that name have come to that host within that time."""
        with self._lock:
            return self._lock.wait_for(lambda: self._count(host, name) >= count, seconds)

    def _count(self, host: str, name: str) -> int:
        return sum(1 for one in self.calls if host in ("*", one.host) and name in (one.name, one.bare))

    def told(self) -> list[dict[str, Any]]:
        """The log."""
        with self._lock:
            return [asdict(one) for one in self.calls]
