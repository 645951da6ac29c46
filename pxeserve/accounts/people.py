"""Accounts themselves: their names, what a new one holds, and that there is always an administrator.

Every change ends the owner's sessions where it takes something away or gives something new: whoever comes in afterwards comes in as what
they are then.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.store import accounts as store
from pxeserve.store import audit
from pxeserve.store.accounts import UserRow

MOST = 1000
"""Accounts."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}", re.ASCII)
_RESERVED = frozenset({"root", "nobody", "token", "host", "service"})
"""Words by which the audit calls those who are no account."""


def is_name(text: str) -> bool:
    """Whether an account may be called that."""
    return _NAME.fullmatch(text) is not None and text not in _RESERVED


def name_of(text: str) -> str:
    """`text` as the name of an account, in lower case. Raises PxeserveError when it cannot be one."""
    name = text.strip().lower()
    if name in _RESERVED:
        raise PxeserveError(f"name: the audit calls others {name}", fix="take another name")
    if not is_name(name):
        raise PxeserveError("name: a letter, then letters, digits, dots, dashes and underscores, 32 at most", fix="such as anna.b")
    return name


def new(name: str, role: Role, hashed: str, by: str, at: float) -> UserRow:
    """An account that is not in the store yet. `at` is epoch seconds."""
    return UserRow(name=name, role=role, password=hashed, created_at=at, created_by=by, password_at=at)


def add_first(connection: Connection, row: UserRow, by: str, at: float) -> None:
    """Enter the first account of all. Raises ConflictError when there is one."""
    if store.has_users(connection):
        fix = "pxeserve passwd USER gives one a new password, and pxeserve user add makes another"
        raise ConflictError("there is an account already", fix=fix)
    store.add_user(connection, row)
    audit.append(connection, at, by, "user.add", row.name, f"{row.role.word}, the first account")


def add(connection: Connection, row: UserRow, by: str, at: float) -> None:
    """Enter an account. Raises ConflictError when there is one of that name, and RefusedError when there are too many."""
    if len(store.users(connection)) >= MOST:
        raise RefusedError(f"{MOST} accounts are kept, and no more", fix="remove those that nobody uses")
    try:
        store.add_user(connection, row)
    except IntegrityError:
        raise ConflictError(f"there is already a user {row.name}", fix=f"pxeserve user set-role {row.name} ROLE changes it") from None
    audit.append(connection, at, by, "user.add", row.name, row.role.word)


def known(connection: Connection, name: str) -> UserRow:
    """The account `name`. Raises NotFoundError."""
    found = store.user(connection, name.strip().lower()) if is_name(name.strip().lower()) else None
    if found is None:
        raise NotFoundError(f"there is no user {name.strip()[:40]}", fix="pxeserve user list shows them all")
    return found


def set_role(connection: Connection, row: UserRow, role: Role, by: str, at: float) -> int:
    """Give an account another role; its sessions end, so that none goes on with what it was. How many ended.

    Raises RefusedError for the last administrator."""
    if role is row.role:
        return 0
    if role is not Role.ADMIN:
        _keep_one(connection, row)
    store.change_user(connection, row.name, {"role": role})
    ended = store.end_sessions_of(connection, row.name)
    audit.append(connection, at, by, "user.set-role", row.name, f"{row.role.word} to {role.word}, {ended} sessions ended")
    return ended


def disable(connection: Connection, row: UserRow, by: str, at: float) -> int:
    """Let nobody in by this account until it is enabled again; its tokens sleep too. How many sessions ended. Raises RefusedError for the
    last administrator."""
    if row.disabled:
        return 0
    _keep_one(connection, row)
    store.change_user(connection, row.name, {"disabled": True})
    ended = store.end_sessions_of(connection, row.name)
    audit.append(connection, at, by, "user.disable", row.name, f"{ended} sessions ended")
    return ended


def enable(connection: Connection, row: UserRow, by: str, at: float) -> None:
    """The reverse."""
    if row.disabled:
        store.change_user(connection, row.name, {"disabled": False})
        audit.append(connection, at, by, "user.enable", row.name)


def remove(connection: Connection, row: UserRow, by: str, at: float) -> None:
    """Forget an account with its sessions and tokens. Raises RefusedError for the last administrator."""
    _keep_one(connection, row)
    store.remove_user(connection, row.name)
    audit.append(connection, at, by, "user.remove", row.name)


def set_password(connection: Connection, row: UserRow, hashed: str, by: str, at: float) -> int:
    """Another password, which somebody else than its owner has set: all sessions of the account end. How many did."""
    store.change_user(connection, row.name, {"password": hashed, "password_at": at})
    ended = store.end_sessions_of(connection, row.name)
    audit.append(connection, at, by, "user.password", row.name, f"{ended} sessions ended")
    return ended


def _keep_one(connection: Connection, row: UserRow) -> None:
    """Raises RefusedError when nobody could administer this service but `row`."""
    others = [one for one in store.users(connection) if one.role is Role.ADMIN and not one.disabled and one.name != row.name]
    if row.role is Role.ADMIN and not row.disabled and not others:
        raise RefusedError(f"{row.name} is the last administrator", fix="make somebody else one first: pxeserve user set-role NAME admin")
