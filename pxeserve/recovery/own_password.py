"""The one-time password of a newly installed host, kept sealed from its arming until its first boot is over: by it pxeserve tells the host
to join. Refuses to know who makes it, and who rotates it.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from pxeserve.errors import NotFoundError
from pxeserve.installs.seal import closed, opened
from pxeserve.keys import Keys
from pxeserve.store import tables as t


def seal_own_password(password: str, install_id: str, keys: Keys) -> bytes:
    """`password` as it lies in `first_boot.sealed`."""
    return closed(json.dumps({"password": password}).encode(), _purpose(install_id), keys.seal)


def own_password(connection: Connection, install_id: str, keys: Keys) -> str:
    """Root's one-time password on the host of an install. Raises NotFoundError when it is kept no longer, PxeserveError when it was sealed
    under another key."""
    sealed = connection.execute(select(t.first_boot.c.sealed).where(t.first_boot.c.install_id == install_id)).scalar()
    if sealed is None:
        fix = "its first boot is over, or was never heard of: join it by hand (xe pool-join), or install it again"
        raise NotFoundError(f"install {install_id}: the host's one-time password is not kept any more", fix=fix)
    return str(json.loads(opened(sealed, _purpose(install_id), keys.seal))["password"])


def _purpose(install_id: str) -> str:
    return f"first-boot:{install_id}"
