"""Queries on users, sessions and API tokens. Refuses to know what any of them is good for, and holds no secret but as a hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pxeserve.domain.role import Role, named
from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class UserRow:
    """One account. `password` is its hash with the parameters that made it; `entered_from` is where the last log-in came from."""

    name: str
    role: Role
    password: str = field(repr=False)
    created_at: float
    created_by: str
    password_at: float
    disabled: bool = False
    entered_at: float | None = None
    entered_from: str = ""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser that is logged in. `hash` is the SHA-256 (hex) of what it holds, `id` names it to people and opens nothing. `begun`,
    `seen` and `confirmed` (when the password was given last) are moments as `moment.Moment` spells them."""

    hash: str = field(repr=False)
    id: str
    user: str
    address: str
    agent: str
    begun: list[Any]
    seen: list[Any]
    confirmed: list[Any]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API token. `hash` is the SHA-256 (hex) of its secret. `hosts` and `racks`: what it is limited to, both empty for no limit.
    `scope`
    is the one thing that it may do at all, of `pools`; "" for whatever its role may. `made` is a moment, `life` seconds."""

    id: str
    user: str
    name: str
    hash: str = field(repr=False)
    role: Role
    hosts: list[str]
    racks: list[str]
    unattended: bool
    made: list[Any]
    made_by: str
    life: float
    scope: str = ""
    pools: list[str] = field(default_factory=list)
    used_at: float | None = None
    used_from: str = ""
    revoked_at: float | None = None
    revoked_by: str = ""


def user(connection: Connection, name: str) -> UserRow | None:
    """The account `name`."""
    row = connection.execute(select(t.user).where(t.user.c.name == name)).first()
    return _user(row) if row is not None else None


def users(connection: Connection) -> list[UserRow]:
    """All accounts, by name."""
    return [_user(row) for row in connection.execute(select(t.user).order_by(t.user.c.name))]


def has_users(connection: Connection) -> bool:
    """Whether there is any account."""
    return connection.execute(select(t.user.c.name).limit(1)).first() is not None


def add_user(connection: Connection, row: UserRow) -> None:
    """Insert an account. IntegrityError when there is one of that name."""
    connection.execute(insert(t.user).values(**{column: getattr(row, column) for column in _USER}, role=row.role.word))


def change_user(connection: Connection, name: str, changes: Mapping[str, Any]) -> None:
    """Set columns of an account; `role` is a Role."""
    values = {key: value.word if isinstance(value, Role) else value for key, value in changes.items()}
    connection.execute(update(t.user).where(t.user.c.name == name).values(**values))


def remove_user(connection: Connection, name: str) -> None:
    """Forget an account with its sessions and tokens."""
    connection.execute(delete(t.user).where(t.user.c.name == name))


def session(connection: Connection, hashed: str) -> SessionRow | None:
    """The session whose secret has this SHA-256 (hex)."""
    row = connection.execute(select(t.session).where(t.session.c.hash == hashed)).first()
    return SessionRow(**row._mapping) if row is not None else None


def sessions(connection: Connection, user: str | None = None) -> list[SessionRow]:
    """All sessions, or those of one account."""
    query = select(t.session)
    if user is not None:
        query = query.where(t.session.c.user == user)
    return [SessionRow(**row._mapping) for row in connection.execute(query)]


def add_session(connection: Connection, row: SessionRow) -> None:
    """Insert a session."""
    connection.execute(insert(t.session).values(**{column.name: getattr(row, column.name) for column in t.session.columns}))


def change_session(connection: Connection, id: str, changes: Mapping[str, Any]) -> bool:
    """Set columns of a session. False when it is gone."""
    return connection.execute(update(t.session).where(t.session.c.id == id).values(**changes)).rowcount == 1


def end_sessions(connection: Connection, ids: Collection[str]) -> int:
    """Forget these sessions; how many there were."""
    return connection.execute(delete(t.session).where(t.session.c.id.in_(ids))).rowcount


def end_sessions_of(connection: Connection, user: str, *, but: str = "") -> int:
    """Forget all sessions of an account but the one whose id is `but`; how many there were."""
    return connection.execute(delete(t.session).where(t.session.c.user == user, t.session.c.id != but)).rowcount


def token(connection: Connection, id: str) -> TokenRow | None:
    """The API token with this id."""
    row = connection.execute(select(t.api_token).where(t.api_token.c.id == id)).first()
    return _token(row) if row is not None else None


def tokens(connection: Connection, user: str | None = None) -> list[TokenRow]:
    """All API tokens, or those of one account, with those that are no longer good."""
    query = select(t.api_token)
    if user is not None:
        query = query.where(t.api_token.c.user == user)
    return [_token(row) for row in connection.execute(query)]


def live_tokens(connection: Connection, user: str) -> int:
    """How many API tokens of an account were not revoked."""
    query = select(func.count()).select_from(t.api_token).where(t.api_token.c.user == user, t.api_token.c.revoked_at.is_(None))
    return int(connection.execute(query).scalar_one())


def add_token(connection: Connection, row: TokenRow) -> None:
    """Insert an API token. IntegrityError when its id is taken."""
    values = {column.name: getattr(row, column.name) for column in t.api_token.columns}
    connection.execute(insert(t.api_token).values(**values | {"role": row.role.word}))


def change_token(connection: Connection, id: str, changes: Mapping[str, Any]) -> bool:
    """Set columns of an API token that was not revoked. False when it was, or is gone."""
    query = update(t.api_token).where(t.api_token.c.id == id, t.api_token.c.revoked_at.is_(None))
    return connection.execute(query.values(**changes)).rowcount == 1


def remove_tokens(connection: Connection, ids: Collection[str]) -> int:
    """Forget API tokens; how many there were."""
    return connection.execute(delete(t.api_token).where(t.api_token.c.id.in_(ids))).rowcount


_USER = tuple(column.name for column in t.user.columns if column.name != "role")


def _user(row: Row[Any]) -> UserRow:
    return UserRow(**{**row._mapping, "role": named(row.role)})


def _token(row: Row[Any]) -> TokenRow:
    return TokenRow(**{**row._mapping, "role": named(row.role)})
