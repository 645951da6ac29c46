"""The random root password of an install: kept sealed beside it until somebody asks for it, once, and a day at most.

For generations that read plain text alone there are two: the one that the answerfile carried, worth something until the hook has replaced
it, and the one that it was replaced by, which went nowhere but here. Refuses to know who may ask.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from pxeserve.domain.install import LIVE_STATES
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.installs import seal
from pxeserve.keys import Keys
from pxeserve.moment import SYSTEM, Clock, elapsed, read_at
from pxeserve.store import Store, audit, installs
from pxeserve.store.installs import InstallRow

LIFE = 24 * 3600.0
"""Seconds after the arming for which a password is kept at most."""


@dataclass(frozen=True, slots=True)
class Secret:
    """`root` is what root's password comes to be, "" when it was shown already; `delivered` is what the answerfile carried in plain text,
    "" when that is no other one or is worth nothing any more."""

    root: str = field(default="", repr=False)
    delivered: str = field(default="", repr=False)


def sealed(secret: Secret, install_id: str, keys: Keys) -> bytes | None:
    """`secret` as it is kept; None when there is nothing to keep."""
    if not (secret.root or secret.delivered):
        return None
    plain = json.dumps({"root": secret.root, "delivered": secret.delivered}).encode()
    return seal.closed(plain, _purpose(install_id), keys.seal)


def reveal(
    store: Store, keys: Keys, host_id: int, host: str, actor: str, now: float, *, clock: Clock = SYSTEM
) -> tuple[Secret, InstallRow]:
    """The password of the host's newest install, which is not kept any longer once this returns. The delivered one is told only when the
    installation is over and no hook has said that it was replaced. Raises NotFoundError when none is kept."""
    with store.site.write() as connection:
        row = installs.newest_of(connection, host_id)
        if row is None or row.secret is None or is_over(row, now, clock):
            raise _nothing(host)
        found = _opened(row, keys)
        live = row.state in LIVE_STATES
        told, kept = (replace(found, delivered=""), replace(found, root="")) if live else (found, Secret())
        if not (told.root or told.delivered):
            raise _nothing(host)
        if not installs.advance(connection, row, {"secret": sealed(kept, row.id, keys)}):
            raise _nothing(host)
        audit.append(connection, now, actor, "host.password", host)
        installs.tell(connection, now, row, "install.password-shown", {"by": actor, "because": f"asked for by {actor}"})
    return told, row


def replaced(connection: Connection, row: InstallRow, keys: Keys) -> None:
    """The hook says that the delivered password was replaced: forget it."""
    if row.secret is not None:
        installs.advance(connection, row, {"secret": sealed(replace(_opened(row, keys), delivered=""), row.id, keys)})


def is_over(row: InstallRow, now: float, clock: Clock = SYSTEM) -> bool:
    """Whether a password kept beside `row` has been kept long enough, by the wall clock or by the time since start. A wall clock that
    stands before the moment of arming is a doubt, and counts as long enough."""
    return elapsed(row.armed, read_at(now, clock)) >= LIFE


def forget(connection: Connection, now: float, clock: Clock = SYSTEM) -> int:
    """Forget all passwords that have been kept long enough; how many."""
    over = [row for row in installs.with_secret(connection) if is_over(row, now, clock)]
    return sum(installs.advance(connection, row, {"secret": None}) for row in over)


def _opened(row: InstallRow, keys: Keys) -> Secret:
    assert row.secret is not None
    return Secret(**json.loads(seal.opened(row.secret, _purpose(row.id), keys.seal)))


def _purpose(install_id: str) -> str:
    return f"{install_id}:secret"


def _nothing(host: str) -> PxeserveError:
    return NotFoundError(
        f"no root password of {host} is kept here: it was shown when the host was armed or asked for since, a day has passed, or it is one "
        "that people set",
        fix=f"install {host} again with a new one, or boot it into single-user mode and set one there",
    )
