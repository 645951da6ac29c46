"""Who may come in, as a table: the gate's own tests need nobody else's accounts."""

from __future__ import annotations

from collections.abc import Collection

from pxeserve.operations.context import Actor


class Table:
    """An entrance with everybody in a table."""

    def __init__(self) -> None:
        self.sessions: dict[str, Actor] = {}
        self.tokens: dict[str, Actor] = {}
        self.set_up = True

    def is_set_up(self) -> bool:
        return self.set_up

    def by_session(self, session: str, address: str) -> Actor | None:
        return self.sessions.get(session)

    def by_token(self, token: str, address: str) -> Actor | None:
        return self.tokens.get(token)

    def alive(self, keys: Collection[str]) -> set[str]:
        return {one.key for one in (*self.sessions.values(), *self.tokens.values())} & set(keys)
