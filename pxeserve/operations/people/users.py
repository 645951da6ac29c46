"""People: accounts, their roles and their passwords. A password goes in and never comes out."""

from __future__ import annotations

import time
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection

from pxeserve.accounts import people
from pxeserve.accounts.first_run import FirstRun
from pxeserve.accounts.passwords import Hasher
from pxeserve.domain.role import WORDS, Role, named
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import accounts as store
from pxeserve.store.accounts import UserRow

_hasher: list[Hasher] = []


@verb("user.init", role=Role.ADMIN, fresh=True)
def init(context: Context, *, name: str, password: SecretStr) -> dict[str, Any]:
    """Make the first account, an administrator's. The code for it is worth nothing any more. Refused when there is an account."""
    row = people.new(people.name_of(name), Role.ADMIN, hasher().hashed(password.get_secret_value()), context.actor.name, time.time())
    with context.store.site.write() as connection:
        people.add_first(connection, row, context.actor.name, row.created_at)
    FirstRun(context.config.server.data / "state").withdraw()
    return described(row)


@verb("user.add", role=Role.ADMIN, fresh=True)
def add(context: Context, *, name: str, role: str, password: SecretStr) -> dict[str, Any]:
    """Make an account."""
    wanted = role_of(role)
    row = people.new(people.name_of(name), wanted, hasher().hashed(password.get_secret_value()), context.actor.name, time.time())
    with context.store.site.write() as connection:
        people.add(connection, row, context.actor.name, row.created_at)
    FirstRun(context.config.server.data / "state").withdraw()
    return described(row)


@verb("user.list", role=Role.ADMIN, changes=False)
def list_users(context: Context) -> list[dict[str, Any]]:
    """All accounts, by name, each with how many sessions and tokens it has."""
    with context.store.site.read() as connection:
        return [_counted(connection, row) for row in store.users(connection)]


@verb("user.show", role=Role.ADMIN, changes=False)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One account."""
    with context.store.site.read() as connection:
        return _counted(connection, people.known(connection, name))


@verb("user.set-role", role=Role.ADMIN, fresh=True)
def set_role(context: Context, *, name: str, role: str) -> dict[str, Any]:
    """Give an account another role. Its sessions end; its tokens can do no more than it can from now on. Refused for the last
    administrator."""
    wanted = role_of(role)
    with context.store.site.write() as connection:
        row = people.known(connection, name)
        ended = people.set_role(connection, row, wanted, context.actor.name, time.time())
        return _counted(connection, people.known(connection, name)) | {"ended": ended}


@verb("user.disable", role=Role.ADMIN, fresh=True)
def disable(context: Context, *, name: str) -> dict[str, Any]:
    """Let nobody in by an account: its sessions end, its tokens open nothing. Refused for the last administrator."""
    with context.store.site.write() as connection:
        row = people.known(connection, name)
        ended = people.disable(connection, row, context.actor.name, time.time())
        return _counted(connection, people.known(connection, name)) | {"ended": ended}


@verb("user.enable", role=Role.ADMIN, fresh=True)
def enable(context: Context, *, name: str) -> dict[str, Any]:
    """The reverse. Tokens that were not revoked open again what they did."""
    with context.store.site.write() as connection:
        people.enable(connection, people.known(connection, name), context.actor.name, time.time())
        return _counted(connection, people.known(connection, name))


@verb("user.remove", role=Role.ADMIN, fresh=True)
def remove(context: Context, *, name: str) -> dict[str, Any]:
    """Forget an account with its sessions and tokens. Refused for the last administrator."""
    with context.store.site.write() as connection:
        row = people.known(connection, name)
        people.remove(connection, row, context.actor.name, time.time())
    return {"removed": row.name}


@verb("user.password", role=Role.ADMIN, fresh=True)
def set_password(context: Context, *, name: str, password: SecretStr) -> dict[str, Any]:
    """Give an account another password; all its sessions end. Its tokens stay: `tokens` says how many are good."""
    with context.store.site.read() as connection:
        people.known(connection, name)
    hashed = hasher().hashed(password.get_secret_value())
    with context.store.site.write() as connection:
        row = people.known(connection, name)
        ended = people.set_password(connection, row, hashed, context.actor.name, time.time())
        return _counted(connection, people.known(connection, name)) | {"ended": ended}


def role_of(word: str) -> Role:
    """The role of that word. Raises PxeserveError for any other."""
    try:
        return named(word.strip().lower())
    except ValueError:
        raise PxeserveError(f"role: {word[:40]} is none", fix=f"one of {', '.join(WORDS)}") from None


def described(row: UserRow) -> dict[str, Any]:
    """An account without its password's hash."""
    return {
        "name": row.name,
        "role": row.role.word,
        "disabled": row.disabled,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "password_at": row.password_at,
        "entered_at": row.entered_at,
        "entered_from": row.entered_from,
    }


def hasher() -> Hasher:
    """This process's own, made when it is first wanted: few commands hash anything."""
    if not _hasher:
        _hasher.append(Hasher())
    return _hasher[0]


def _counted(connection: Connection, row: UserRow) -> dict[str, Any]:
    return described(row) | {
        "sessions": len(store.sessions(connection, row.name)),
        "tokens": store.live_tokens(connection, row.name),
    }
