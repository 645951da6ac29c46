"""Gives root up for good, and ties a child's life to its parent's."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from pxeserve.errors import PxeserveError

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def user_ids(name: str) -> tuple[int, int] | None:
    """uid and gid of the service's user when this process is root and should become it; None when there is nothing to give up.

    Raises PxeserveError when there is no such user.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise PxeserveError(
            f"the service would run as user {name}, and there is no such user",
            fix=f"useradd --system --no-create-home --shell /usr/sbin/nologin {name}   (or set [server] user)",
        ) from None
    return None if entry.pw_uid == 0 else (entry.pw_uid, entry.pw_gid)


@contextmanager
def acting_as(ids: tuple[int, int] | None) -> Iterator[None]:
    """Touch files with the rights of this user for a while. In a folder that is the service's own, root must not follow what it finds:
    a service that was broken into could have laid a link there."""
    if ids is None:
        yield
        return
    uid, gid = os.geteuid(), os.getegid()
    os.setegid(ids[1])
    os.seteuid(ids[0])
    try:
        yield
    finally:
        os.seteuid(uid)
        os.setegid(gid)


def become(ids: tuple[int, int] | None) -> None:
    """Become this user, with no way back. Files made from now on are private."""
    os.umask(0o077)
    if ids is not None:
        os.setgroups([])
        os.setresgid(ids[1], ids[1], ids[1])
        os.setresuid(ids[0], ids[0], ids[0])
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """End with SIGKILL the moment the process `parent` ends, however it does. Call it again after a change of user, which clears it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
