"""API tokens: `pxs_ID_SECRET`, shown once. The secret is 256 random bits, so its SHA-256 is all that is kept and no slow hash is needed;
the prefix lets scanners of source code find a token that was left lying about.

What is not spelled as a token is refused before anything is compared; what is, is compared as 32 bytes in constant time, with a dummy
where there is no such id.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import astuple, dataclass

from sqlalchemy import Connection

from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.moment import Moment, elapsed
from pxeserve.store import accounts as store
from pxeserve.store import audit
from pxeserve.store.accounts import TokenRow

DAY = 86400.0
USUAL_DAYS, MOST_DAYS = 90, 366
MOST = 100
"""Tokens of one account that were not revoked."""

KEPT = 30 * DAY
"""Seconds for which a token that is no longer good is still listed."""

_USED_EVERY = 60.0
_SPELLED = re.compile(r"pxs_([a-z2-7]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Wish:
    """A token that somebody asks for. `hosts` and `racks` limit it, both empty for no limit; `unattended` lets it do what people are
    asked their password again for. `days` from 1 to 366. With a `scope` it does that one thing alone, of `pools`."""

    name: str
    role: Role
    days: int = USUAL_DAYS
    hosts: tuple[str, ...] = ()
    racks: tuple[str, ...] = ()
    unattended: bool = False
    scope: str = ""
    pools: tuple[str, ...] = ()


def make(connection: Connection, user: str, wish: Wish, by: str, now: Moment) -> tuple[str, TokenRow]:
    """A token of `user`, and its text, which is kept nowhere here. Raises PxeserveError for a life that is too long or too short, and
    RefusedError when the account has too many. Whether `by` may ask for it is not looked at."""
    if not 1 <= wish.days <= MOST_DAYS:
        raise PxeserveError(f"days: a token lives from 1 to {MOST_DAYS} days, not {wish.days}")
    forgotten = [row.id for row in store.tokens(connection, user) if is_long_over(row, now)]
    store.remove_tokens(connection, forgotten)
    if store.live_tokens(connection, user) >= MOST:
        raise RefusedError(f"{user} has {MOST} tokens, and no more are kept", fix="revoke those that nobody uses: pxeserve token list")
    secret = secrets.token_urlsafe(32)
    row = TokenRow(
        id="".join(secrets.choice(_ALPHABET) for _ in range(8)),
        user=user,
        name=wish.name,
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        role=wish.role,
        hosts=list(wish.hosts),
        racks=list(wish.racks),
        unattended=wish.unattended,
        made=list(astuple(now)),
        made_by=by,
        life=wish.days * DAY,
        scope=wish.scope,
        pools=list(wish.pools),
    )
    store.add_token(connection, row)
    return f"pxs_{row.id}_{secret}", row


def look(connection: Connection, text: str, now: Moment) -> TokenRow | None:
    """The token that `text` is, or None: it is spelled wrongly, unknown, another's secret, revoked, or its time is over."""
    spelled = _SPELLED.fullmatch(text)
    if spelled is None:
        return None
    row = store.token(connection, spelled[1])
    kept = bytes.fromhex(row.hash) if row is not None else _NOTHING
    same = hmac.compare_digest(kept, hashlib.sha256(spelled[2].encode()).digest())
    return row if same and row is not None and is_good(row, now) else None


def id_in(text: str) -> str:
    """The id of a token's text, which may be shown; "" for what is not spelled as one."""
    spelled = _SPELLED.fullmatch(text)
    return spelled[1] if spelled is not None else ""


def is_good(row: TokenRow, now: Moment) -> bool:
    """Whether it was not revoked and its time is not over, by whichever clock says so first."""
    return row.revoked_at is None and elapsed(Moment(*row.made), now) < row.life


def is_long_over(row: TokenRow, now: Moment) -> bool:
    """Whether it has not been good for so long that nobody asks about it any more."""
    if row.revoked_at is not None:
        return now.wall - row.revoked_at >= KEPT
    return now.wall - expires(row) >= KEPT


def wants_writing(row: TokenRow, address: str, now: Moment) -> bool:
    """Whether this use should be written down: the first one, from elsewhere than the last, or a while after it."""
    return row.used_at is None or row.used_from != address or not 0 <= now.wall - row.used_at < _USED_EVERY


def used(connection: Connection, row: TokenRow, address: str, now: Moment) -> None:
    """Write down that it was used; the first time in the audit too."""
    current = store.token(connection, row.id)
    if current is None or not store.change_token(connection, row.id, {"used_at": now.wall, "used_from": address}):
        return
    if current.used_at is None:
        audit.append(connection, now.wall, shown(row.id), "token.first-use", row.id[:6], f"of {row.user}, from {address}")


def shown(id: str) -> str:
    """How the audit calls a token."""
    return f"token {id[:6]}"


def revoke(connection: Connection, row: TokenRow, by: str, now: Moment) -> bool:
    """Make it worth nothing from now on. False when it was revoked before."""
    return store.change_token(connection, row.id, {"revoked_at": now.wall, "revoked_by": by})


def expires(row: TokenRow) -> float:
    """When its time is over, in epoch seconds."""
    return float(row.made[0]) + row.life
