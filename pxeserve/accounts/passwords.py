"""Passwords of people: what may be one, and argon2id of it. Refuses to know whose it is.

argon2id with 19 MiB, two passes and one lane (the least that OWASP's password storage sheet asks for). A hash costs a core some tens of
milliseconds and 19 MiB, so only a few are made at once: more would be the cheapest way to stop the whole service.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from pxeserve.errors import PxeserveError

LEAST = 12
"""Characters."""

MOST_BYTES = 1024
"""Bytes of UTF-8, looked at before anything is hashed."""

AT_ONCE = 4
PATIENCE = 2.0
"""So many hashes at once in a process; the rest wait so many seconds, and are told `busy` then."""

_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1


def fault(password: str) -> str | None:
    """Why `password` may not be one, in a sentence without it; None when it may."""
    if is_too_long(password):
        return f"a password has {MOST_BYTES} bytes at most"
    if len(password) < LEAST:
        return f"a password has {LEAST} characters at least; a few words are easy to remember"
    if any(unicodedata.category(char) == "Cc" for char in password):
        return "a password has no control characters"
    return None


def is_too_long(password: str) -> bool:
    """Whether it is longer than any password here, and so not worth a hash; also what is no text at all (lone surrogates)."""
    if len(password) > MOST_BYTES:
        return True
    try:
        return len(password.encode()) > MOST_BYTES
    except UnicodeEncodeError:
        return True


class Hasher:
    """Makes and checks hashes, a few at a time. One for a process."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._patience = patience
        self._nobody = self._argon2.hash("the password of nobody at all")

    def hashed(self, password: str) -> str:
        """The hash of a new password, with its parameters. Raises PxeserveError for one that may not be a password (without it in the
        message), and `busy`."""
        wrong = fault(password)
        if wrong is not None:
            raise PxeserveError(f"password: {wrong}")
        with self._turn():
            return self._argon2.hash(_spelled(password))

    def fits(self, encoded: str | None, password: str) -> bool:
        """Whether `password` made the hash `encoded`. None, for an account that is not there, takes as long and is never right.

        Raises PxeserveError (`busy`) when too many are being hashed."""
        if is_too_long(password):
            return False
        with self._turn():
            try:
                return self._argon2.verify(encoded or self._nobody, _spelled(password)) and encoded is not None
            except (Argon2Error, InvalidHashError):
                return False

    def is_old(self, encoded: str) -> bool:
        """Whether a hash was made with other parameters than are used today."""
        return self._argon2.check_needs_rehash(encoded)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._patience):
            raise PxeserveError("many people are logging in right now", code="busy", fix="try again in a few seconds")
        try:
            yield
        finally:
            self._slots.release()


def _spelled(password: str) -> str:
    """One spelling for what looks the same: keyboards differ in how they compose an accented letter."""
    return unicodedata.normalize("NFC", password)
