"""What a pool's toolstack and its storage ask for: root's password of the pool, and a CHAP password for each storage repository that wants
one. Sealed under the service's key and tied to the pool. Refuses to know who gave them and who may see them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pxeserve.errors import PxeserveError
from pxeserve.installs.seal import closed, opened
from pxeserve.keys import Keys
from pxeserve.store.pools import PoolRow


@dataclass(frozen=True, slots=True)
class Secrets:
    """`password` is that of the pool's `user`, "" while nobody has given it; `chap` maps a storage's name to its CHAP password."""

    password: str = field(default="", repr=False)
    chap: Mapping[str, str] = field(default_factory=dict, repr=False)


def seal_secrets(secrets: Secrets, pool_id: int, keys: Keys) -> bytes:
    """`secrets` encrypted and tied to the pool with this row id."""
    plain = {"password": secrets.password, "chap": dict(secrets.chap)}
    return closed(json.dumps(plain).encode(), _purpose(pool_id), keys.seal)


def open_secrets(row: PoolRow, keys: Keys) -> Secrets:
    """The reverse; nothing where nothing was given. Raises PxeserveError when they were sealed under another key, or for another pool."""
    if row.secrets is None:
        return Secrets()
    try:
        plain = json.loads(opened(row.secrets, _purpose(row.id), keys.seal))
    except PxeserveError:
        raise PxeserveError(
            f"pool {row.pool.name}: its passwords are sealed, and this service's key does not open them",
            fix=f"restore keys/seal.key from the backup of this state, or give them again: pxeserve pool secret {row.pool.name}",
        ) from None
    return Secrets(plain["password"], plain["chap"])


def _purpose(pool_id: int) -> str:
    return f"pool:{pool_id}"
