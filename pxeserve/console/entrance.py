"""Who may come in, as the gate asks it: what it needs of the accounts, and no more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from pxeserve.operations.context import Actor


class Entrance(Protocol):
    """Asked once a request. `address` is where the request comes from."""

    def is_set_up(self) -> bool:
        """Whether there is any account: before that nobody can come in."""
        ...

    def by_session(self, session: str, address: str) -> Actor | None:
        """Whose session this is, with `kind="session"`; None for one that is over, or never was."""
        ...

    def by_token(self, token: str, address: str) -> Actor | None:
        """Whose token this is, with `kind="token"`; None for one that is over, or never was."""
        ...

    def alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions and tokens (`Actor.key`) still are; asking keeps none of them alive."""
        ...
