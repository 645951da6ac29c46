"""The way in to a service that has no account yet: a code of 130 random bits in a file that only root and the service's user can read.

Whoever can read it owns the machine anyway. The log tells the path and nothing else. The file is gone with the first account; the code in
it is another one after five wrong tries, and after a day.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from pxeserve.errors import PxeserveError

FILE = "bootstrap-code"
LENGTH = 26
TRIES = 5
LIFE = 24 * 3600.0
"""Seconds."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

log = structlog.get_logger("console")


@dataclass(slots=True)
class _Known:
    """The code as it was when this process made it or saw it first: how many wrong tries it has had, and until when it is good."""

    code: str = ""
    wrong: int = 0
    until: float = 0.0


class FirstRun:
    """Keeps the code beneath `state` for as long as it is wanted. One for a process; safe among threads."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE
        self._lock = threading.Lock()
        self._known = _Known()

    def offer(self) -> None:
        """See to it that there is a code that is good. Raises PxeserveError when none can be written."""
        with self._lock:
            self._current()

    def withdraw(self) -> None:
        """No code is wanted any more."""
        with self._lock:
            self._known = _Known()
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def fits(self, said: str) -> bool:
        """Whether `said` is the code, in whatever case and with spaces or dashes between its characters. The fifth wrong try makes another
        one."""
        spelled = "".join(char for char in said[:100] if char not in " -\t\r\n").upper()
        with self._lock:
            code = self._current()
            if hmac.compare_digest(code.encode(), spelled.encode("utf-8", "replace")):
                return True
            self._known.wrong += 1
            if self._known.wrong >= TRIES:
                self._renew("five wrong codes were given")
            return False

    def _current(self) -> str:
        found = self._read()
        boottime = time.clock_gettime(time.CLOCK_BOOTTIME)
        if found is None:
            self._renew("no account has been made yet")
        elif found != self._known.code:   # another process made it, or an earlier life of this one
            age = time.time() - self.path.stat().st_mtime
            if not 0 <= age < LIFE:
                self._renew("the last one was a day old")
            else:
                self._known = _Known(found, 0, boottime + LIFE - age)
        elif boottime >= self._known.until:
            self._renew("the last one was a day old")
        return self._known.code

    def _read(self) -> str | None:
        """The code in the file; None when there is none there that nobody else could have read or written."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.geteuid():
                return None
            text = file.read(LENGTH + 2).decode("ascii", "replace").strip()
        return text if len(text) == LENGTH and set(text) <= set(_ALPHABET) else None

    def _renew(self, because: str) -> None:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        fresh = self.path.with_name(f".{FILE}")
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(code + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(self.path)
        except OSError as error:
            said = f"{self.path}: the code for the first account cannot be written: {error.strerror}"
            raise PxeserveError(said, code="unwritable") from None
        self._known = _Known(code, 0, time.clock_gettime(time.CLOCK_BOOTTIME) + LIFE)
        log.info("code for the first account written", file=str(self.path), because=because)
