"""Secrets in a running service: what each is, where it was put, and who may see it. Refuses to know how answers are come by.

Each has a core that no escaping changes; it is looked for in every spelling in which something careless might tell it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

_WORD = re.compile(rb"[A-Za-z0-9+/_=.$-]{12,}")

@dataclass(frozen=True, slots=True)
class Secret:
    """`text` is all of it, `core` the part by which it is known: long enough that it stands nowhere by chance."""

    name: str
    text: str | bytes = field(repr=False)
    core: str = field(default="", repr=False)

    @property
    def spellings(self) -> tuple[bytes, ...]:
        return _spellings(self)

    def within(self, said: bytes) -> bool:
        return any(one in said for one in self.spellings)


@cache
def _spellings(secret: Secret) -> tuple[bytes, ...]:
    """The core plain (which is how it stands in an address, in JSON and in HTML too), in hex, and in base64 wherever in other text it
    begins."""
    one = secret.core.encode() if secret.core else secret.text if isinstance(secret.text, bytes) else secret.text.encode()
    found = [one, one.hex().encode(), one.hex().upper().encode()]
    for before in range(3):
        told = base64.b64encode(bytes(before) + one).rstrip(b"=")[-(-before * 8 // 6) : -1]
        found += [told, told.replace(b"+", b"-").replace(b"/", b"_")]
    return tuple(dict.fromkeys(found))


class Allowed(NamedTuple):
    """Who may see a secret where: its name, the route or the source (a pattern of all of it), the roles, and why."""

    secret: str
    where: str
    roles: frozenset[str]
    reason: str


class Leak(NamedTuple):
    secret: str
    where: str
    role: str
    around: str


def leaks(secrets: list[Secret], allowed: list[Allowed], where: str, role: str, said: bytes) -> Iterator[Leak]:
    """Each secret in what was `said` at `where` to somebody with `role`, unless it is for them."""
    words = b"\n".join(_WORD.findall(said))  # a small part of a page, and all of what could be one
    for secret in secrets:
        for one in secret.spellings:
            if one not in (words if _WORD.fullmatch(one) else said):
                continue
            place = said.find(one)
            if not any(
                secret.name == may.secret and role in may.roles and re.fullmatch(may.where, where) for may in allowed
            ):
                yield Leak(secret.name, where, role, said[max(0, place - 80) : place + len(one) + 20].decode(errors="replace"))
            break
