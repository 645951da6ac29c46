"""Who asks, by what a request carries: the Actor for whom a session or a token stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pxeserve.accounts import tokens
from pxeserve.accounts.reception import Reception
from pxeserve.operations.context import Actor, Limit
from pxeserve.operations.people.users import hasher
from pxeserve.store import Store


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way from the reception to operations; `reception` itself lets people in and out."""

    reception: Reception

    def is_set_up(self) -> bool:
        """Whether there is any account: before that nobody can come in."""
        return self.reception.is_set_up()

    def by_session(self, session: str, address: str) -> Actor | None:
        """Whose session this is; None for one that is over, or never was."""
        seen = self.reception.by_session(session)
        if seen is None:
            return None
        user = seen.user
        return Actor(user.name, user.role, "session", address=address, fresh=seen.fresh, user=user.name, key=seen.row.id)

    def by_token(self, token: str, address: str) -> Actor | None:
        """Whose token this is; None for one that is over, or never was. It can do no more than its owner can by now."""
        found = self.reception.by_token(token, address)
        if found is None:
            return None
        row, user = found
        limit = None
        if row.hosts or row.racks or row.scope:
            limit = Limit(frozenset(row.hosts), frozenset(row.racks), row.scope, frozenset(row.pools))
        role = min(row.role, user.role)
        name = tokens.shown(row.id)
        return Actor(name, role, "token", address=address, fresh=row.unattended, user=user.name, key=row.id, limit=limit)

    def alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions and tokens (`Actor.key`) still are; asking keeps none of them alive."""
        return self.reception.alive(keys)


def entrance(store: Store, data: Path) -> Entrance:
    """The entrance of this process: one, as it counts failures in memory."""
    return Entrance(Reception(store, data, hasher=hasher()))
