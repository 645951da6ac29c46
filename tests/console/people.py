"""People and programs with accounts, as real ones are: but for passwords, which nobody here gives."""

from __future__ import annotations

from dataclasses import astuple, replace

from sqlalchemy import Connection

from pxeserve.accounts import people, sessions, tokens
from pxeserve.domain.role import Role
from pxeserve.moment import SYSTEM
from pxeserve.store import Store, accounts

PLACE = "127.0.0.1:8443"
"""Where an application that has no listener is asked."""


def session(store: Store, role: Role, *, fresh: bool = True) -> str:
    """The secret of a new session of the account `viewer`, `operator` or `admin`. Without `fresh` its password was given an hour ago."""
    now = SYSTEM.now()
    with store.site.write() as connection:
        _account(connection, role)
        secret, row = sessions.begin(connection, role.word, "127.0.0.1", "a browser", now)
        if not fresh:
            before = replace(now, wall=now.wall - 3600, boottime=now.boottime - 3600)
            accounts.change_session(connection, row.id, {"confirmed": list(astuple(before))})
    return secret


def token(store: Store, role: Role, **limits: tuple[str, ...]) -> str:
    """A new API token of such an account; `hosts` and `racks` limit it."""
    with store.site.write() as connection:
        _account(connection, role)
        wish = tokens.Wish("a program", role, unattended=True, **limits)  # type: ignore[arg-type]
        return tokens.make(connection, role.word, wish, "a test", SYSTEM.now())[0]


def _account(connection: Connection, role: Role) -> None:
    if accounts.user(connection, role.word) is None:
        row = people.new(role.word, role, "no password", "a test", 0.0)
        accounts.add_user(connection, row)
