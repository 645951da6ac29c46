"""API tokens: everybody makes, sees and revokes their own, administrators those of all. The text of one is told once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from pxeserve.accounts import people, tokens
from pxeserve.accounts.tokens import USUAL_DAYS, Wish
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError, quoted
from pxeserve.moment import SYSTEM, Moment
from pxeserve.operations.context import Context
from pxeserve.operations.people.owning import whose
from pxeserve.operations.people.users import role_of
from pxeserve.operations.registry import verb
from pxeserve.operations.within import SCOPES
from pxeserve.operations.words.labels import rack_name
from pxeserve.store import accounts as store
from pxeserve.store import audit, inventory
from pxeserve.store.accounts import TokenRow, UserRow
from pxeserve.store.pools import pool

MOST_LIMITS = 200
Names = Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=MOST_LIMITS)]


@verb("token.create", role=Role.VIEWER, fresh=True, changes=True)
def create(
    context: Context,
    *,
    name: Annotated[str, Field(min_length=1, max_length=80)],
    role: str | None = None,
    user: str | None = None,
    days: int = USUAL_DAYS,
    hosts: Names | None = None,
    racks: Names | None = None,
    unattended: bool = False,
    scope: str | None = None,
    pools: Names | None = None,
) -> dict[str, Any]:
    """Make a token for a programme; `token` in the answer is its text, told this once. Its role is its owner's at most, also later. `hosts`
    and `racks` limit it to those. `unattended` lets it do what people are asked their password again for. With a
    `scope` (`backup:write`) it is good for that one thing alone, of `pools`, and reads nothing."""
    if not name.isprintable() or not name.strip():
        raise PxeserveError("name: what the token is for, in a few words")
    now = SYSTEM.now()
    with context.store.site.write() as connection:
        owner = _owner(context, connection, user)
        wish = Wish(
            name.strip(), _role(role, scope), days, _hosts(connection, hosts), _racks(racks), unattended, *_scope(connection, scope, pools)
        )
        if wish.scope and (wish.hosts or wish.racks or wish.unattended):
            raise PxeserveError("a token with a scope has no other limits, and nothing to be asked a password for", fix="leave those out")
        _refuse_more(context, connection, owner, wish, now)
        text, row = tokens.make(connection, owner.name, wish, context.actor.name, now)
        said = f"{row.name[:80]}: {row.role.word} of {row.user}, {days} days" + (", unattended" if unattended else "")
        audit.append(connection, now.wall, context.actor.name, "token.create", row.id[:6], said + _limited(row))
    return described(row, now) | {"token": text}


@verb("token.list", role=Role.VIEWER)
def list_tokens(context: Context, *, user: str | None = None) -> list[dict[str, Any]]:
    """The tokens of `user`, or one's own; an administrator who names nobody sees all. The newest first; those that are no longer good are
    listed for a month more."""
    now = SYSTEM.now()
    with context.store.site.read() as connection:
        rows = [row for row in store.tokens(connection, whose(context, connection, user)) if not tokens.is_long_over(row, now)]
    rows.sort(key=lambda row: float(row.made[0]), reverse=True)
    return [described(row, now) for row in rows]


@verb("token.revoke", role=Role.VIEWER, changes=True)
def revoke(context: Context, *, id: str) -> dict[str, Any]:
    """Make a token worth nothing from now on. Its id may be cut to what the audit shows, if that is one token."""
    now = SYSTEM.now()
    with context.store.site.write() as connection:
        wanted = id.strip().removeprefix("pxs_")[:8]
        rows = [row for row in store.tokens(connection, whose(context, connection, None)) if len(wanted) >= 6 and row.id.startswith(wanted)]
        if len(rows) != 1:
            raise NotFoundError(f"there is no token {wanted[:6]}", fix="pxeserve token list shows them")
        if not tokens.revoke(connection, rows[0], context.actor.name, now):
            raise NotFoundError(f"token {wanted[:6]} was revoked before")
        audit.append(connection, now.wall, context.actor.name, "token.revoke", rows[0].id[:6], f"of {rows[0].user}")
        row = store.token(connection, rows[0].id)
        assert row is not None
    return described(row, now)


@verb("token.revoke-all", role=Role.VIEWER, changes=True)
def revoke_all(context: Context, *, user: str | None = None) -> dict[str, Any]:
    """Make all tokens of `user`, or all of one's own, worth nothing from now on: the one that asks as well."""
    now = SYSTEM.now()
    with context.store.site.write() as connection:
        owner = whose(context, connection, user) or context.actor.user
        if not owner:
            raise PxeserveError("whose tokens?", fix="name the user")
        good = [row for row in store.tokens(connection, owner) if tokens.is_good(row, now)]
        ended = [row.id for row in good if tokens.revoke(connection, row, context.actor.name, now)]
        if ended:
            said = f"all {len(ended)}: {', '.join(id[:6] for id in ended)}"
            audit.append(connection, now.wall, context.actor.name, "token.revoke", owner, said)
    return {"revoked": len(ended), "user": owner}


def described(row: TokenRow, now: Moment) -> dict[str, Any]:
    """A token without what opens anything."""
    state = "revoked" if row.revoked_at is not None else "good" if tokens.is_good(row, now) else "expired"
    return {
        "id": row.id,
        "user": row.user,
        "name": row.name,
        "role": row.role.word,
        "hosts": row.hosts,
        "racks": row.racks,
        "unattended": row.unattended,
        "scope": row.scope,
        "pools": row.pools,
        "state": state,
        "made_at": row.made[0],
        "made_by": row.made_by,
        "expires_at": tokens.expires(row),
        "used_at": row.used_at,
        "used_from": row.used_from,
        "revoked_at": row.revoked_at,
        "revoked_by": row.revoked_by,
    }


def _owner(context: Context, connection: Connection, user: str | None) -> UserRow:
    """Whose the token becomes. Somebody without an account of their own (root at the machine) has to say it, where it is not plain."""
    if user is None and not context.actor.user:
        admins = [row for row in store.users(connection) if row.role is Role.ADMIN and not row.disabled]
        if len(admins) == 1:
            return admins[0]
        what = "whose token? There are several administrators" if admins else "whose token? There is no account yet"
        raise PxeserveError(what, fix="say --user USER" if admins else "pxeserve init makes the first account")
    owner = people.known(connection, whose(context, connection, user) or context.actor.user)
    if owner.disabled:
        raise RefusedError(f"{owner.name} is disabled", fix=f"pxeserve user enable {owner.name}")
    return owner


def _refuse_more(context: Context, connection: Connection, owner: UserRow, wish: Wish, now: Moment) -> None:
    """Raises RefusedError (`forbidden`) for a token that could do more than its owner or its maker, or, made by a token, outlive that."""
    least = min(owner.role, context.actor.role)
    if wish.role > least:
        who = owner.name if owner.role <= context.actor.role else context.actor.name
        said = f"a token of {who} can be {least.word} at most, not {wish.role.word}"
        raise RefusedError(said, code="forbidden", fix=f"ask for {least.word}")
    if context.actor.kind != "token":
        return
    maker = store.token(connection, context.actor.key)
    if maker is None or now.wall + wish.days * tokens.DAY > tokens.expires(maker):
        raise RefusedError("a token made by a token does not outlive it", code="forbidden", fix="ask for fewer days, or log in and make it")


def _hosts(connection: Connection, names: list[str] | None) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name.strip().lower() for name in names or ()))
    for name in found:
        if inventory.host(connection, name) is None:
            raise NotFoundError(f"there is no host {name[:64]}", fix="pxeserve host list shows them all")
    return found


def _role(said: str | None, scope: str | None) -> Role:
    if said is None and scope is None:
        raise PxeserveError("role: which role shall the token have?", fix="say viewer, operator or admin")
    return role_of(said) if said is not None else Role.OPERATOR


def _scope(connection: Connection, scope: str | None, names: list[str] | None) -> tuple[str, tuple[str, ...]]:
    if scope is None:
        if names:
            raise PxeserveError("pools: they limit a token that has a scope", fix=f"say a scope: {', '.join(SCOPES)}")
        return "", ()
    if scope not in SCOPES:
        raise PxeserveError(f"scope: {quoted(scope)} is none; there is {', '.join(SCOPES)}")
    found = tuple(dict.fromkeys(name.strip() for name in names or ()))
    if not found:
        raise PxeserveError("pools: of which pools?", fix="name one pool at least")
    for name in found:
        if pool(connection, name) is None:
            raise NotFoundError(f"there is no pool {name[:64]}", fix="pxeserve pool list shows them all")
    return scope, found


def _racks(names: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rack_name(name) for name in names or ()))


def _limited(row: TokenRow) -> str:
    limits = [*(f"host {name}" for name in row.hosts), *(f"rack {name}" for name in row.racks)]
    if row.scope:
        limits = [f"{row.scope} of pool {name}" for name in row.pools]
    return f", limited to {', '.join(limits[:5])}{' and more' if len(limits) > 5 else ''}" if limits else ""
