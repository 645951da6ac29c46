"""How long the first boot of an installed host may report and ask, and what is kept sealed for it meanwhile.

Its token lives from the arming until it is over, a day at most by two clocks; it is worth nothing when the install was cancelled, lapsed or
failed, or when the host was armed anew. Refuses to know what the job of a first boot does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from sqlalchemy import Connection

from pxeserve.domain.install import InstallState
from pxeserve.errors import NotFoundError
from pxeserve.installs import seal
from pxeserve.keys import Keys
from pxeserve.moment import SYSTEM, Clock, Moment, elapsed, read_at
from pxeserve.store import first_boots, installs
from pxeserve.store.first_boots import FirstBootRow
from pxeserve.store.installs import InstallRow

LIFE = 24 * 3600.0
"""Seconds after the arming for which a first boot is heard at most."""

PURPOSE = "first-boot"
_INSTALLED = frozenset({InstallState.ANSWERED, InstallState.INSTALLING, InstallState.DONE})


@dataclass(frozen=True, slots=True)
class Kept:
    """What one first boot needs. `password` is root's until it is replaced, and what pxeserve itself logs in with; `answers` is told to the
    host by name, once it asks (`root`: the hash that replaces it; `chap.N`: a CHAP password); `steps` are the names of its steps with
    what people call them; `addresses` are where it may speak from besides the address that was bound; `pool_id` is the pool to be joined
    to, None where there is nothing to join; `fingerprint` is the certificate that it told, "" before that."""

    password: str = field(default="", repr=False)
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    steps: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[IPv4Address, ...] = ()
    pool_id: int | None = None
    fingerprint: str = ""


def token(key: bytes) -> str:
    """The token of the first boot of the arming with this key."""
    return seal.token(key, PURPOSE)


def sealed(kept: Kept, install_id: str, keys: Keys) -> bytes:
    """`kept` as it lies in the store."""
    plain = {
        "password": kept.password, "answers": dict(kept.answers), "steps": dict(kept.steps),
        "addresses": [str(one) for one in kept.addresses], "pool_id": kept.pool_id, "fingerprint": kept.fingerprint,
    }  # fmt: skip
    return seal.closed(json.dumps(plain).encode(), _purpose(install_id), keys.seal)


def opened(row: FirstBootRow, keys: Keys) -> Kept:
    """The reverse; nothing once it is over. Raises PxeserveError when it was sealed under another key."""
    if row.sealed is None:
        return Kept()
    plain = json.loads(seal.opened(row.sealed, _purpose(row.install_id), keys.seal))
    addresses = tuple(map(IPv4Address, plain["addresses"]))
    return Kept(plain["password"], plain["answers"], plain["steps"], addresses, plain["pool_id"], plain.get("fingerprint", ""))


def add(connection: Connection, install: InstallRow, kept: Kept, key: bytes, keys: Keys) -> None:
    """Let the first boot of `install`, which is being armed, be heard."""
    hashed = seal.token_hash(token(key))
    assert hashed is not None
    armed: Moment = install.armed
    first_boots.add(
        connection,
        FirstBootRow(
            install.id, install.host_id, hashed, armed.wall, armed.wall + LIFE, armed.boot_id, armed.boottime,
            sealed(kept, install.id, keys),
        ),
    )  # fmt: skip


def heard(connection: Connection, text: str, now: float, clock: Clock = SYSTEM) -> tuple[FirstBootRow, InstallRow] | None:
    """The first boot whose live token `text` is, with its install. None: it is no one's, or is over."""
    hashed = seal.token_hash(text)
    row = first_boots.by_token(connection, hashed) if hashed else None
    if row is None or row.state not in first_boots.LIVE or is_over(row, now, clock):
        return None
    install = installs.by_id(connection, row.install_id)
    if install is None or install.state not in _INSTALLED:
        return None
    return row, install


def is_over(row: FirstBootRow, now: float, clock: Clock = SYSTEM) -> bool:
    """Whether its time is over, by either clock. A wall clock that stands before the arming is a doubt, and counts as over."""
    return elapsed(row.armed, read_at(now, clock)) >= row.expires - row.armed_at


def one_time_password(connection: Connection, install_id: str, keys: Keys) -> str:
    """Root's password of a newly installed host, for what has to log in there before it is replaced. Raises NotFoundError when it is kept
    no longer, PxeserveError when it was sealed under another key."""
    row = first_boots.of_install(connection, install_id)
    password = opened(row, keys).password if row is not None else ""
    if not password:
        fix = "its first boot is over, or was never prepared: join it by hand (xe pool-join), or install it again"
        raise NotFoundError(f"install {install_id}: the host's one-time password is not kept any more", fix=fix)
    return password


def expire(connection: Connection, now: float, clock: Clock = SYSTEM) -> int:
    """End all whose time is over, and forget what was sealed for them; how many. What was left for a join to be mended goes too."""
    for row in first_boots.left(connection):
        if is_over(row, now, clock):
            first_boots.forget(connection, row.install_id)
    over = [row for row in first_boots.live(connection) if is_over(row, now, clock)]
    for row in over:
        first_boots.change(connection, row.install_id, state="failed", sealed=None)
        install = installs.by_id(connection, row.install_id)
        if install is not None and install.state is InstallState.DONE:
            stood = f"its last word was {row.step}" if row.step else "its job was never heard"
            installs.tell(connection, now, install, "firstboot.failed", {"step": row.step, "because": f"a day is over, and {stood}"})
    return len(over)


def _purpose(install_id: str) -> str:
    return f"{install_id}:{PURPOSE}"
