"""Gives root up for good, and ties a child's life to its parent's."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pxeserve.errors import PxeserveError

CAP_DAC_READ_SEARCH, _CAP_NET_BIND_SERVICE, _CAP_NET_RAW = 2, 10, 13
"""linux/capability.h. The first: read any file, and open one by its handle."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 4, 8, 38, 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


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


def become(ids: tuple[int, int] | None, keeps: Sequence[int] = ()) -> None:
    """Become this user, with no way back. Files made from now on are private. Programs that are started afterwards have the
    capabilities `keeps`, which this process itself only hands on, as far as it has them. A service that was not started as root gives up
    whatever else its unit gave it to bind its ports with."""
    os.umask(0o077)
    if ids is not None:
        if keeps:
            _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(ids[1], ids[1], ids[1])
        os.setresuid(ids[0], ids[0], ids[0])
        if keeps:
            _hand_on(keeps)
    elif os.geteuid() != 0:
        _hand_on(keeps)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def rouse() -> None:
    """Put what ports and frames need into effect, as far as this process has it. In a container's image the interpreter's file permits it
    and does no more (capabilities(7)): put into effect there, a container that was given less could not even say so."""
    had = (_Data * 2)()
    header = _Header(_CAPABILITY_VERSION_3, 0)
    if _libc.capget(ctypes.byref(header), had):
        return
    wanted = had[0].permitted & (1 << _CAP_NET_BIND_SERVICE | 1 << _CAP_NET_RAW)
    if wanted & ~had[0].effective:
        had[0].effective |= wanted
        _libc.capset(ctypes.byref(header), had)
        _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # what such a file starts may not even write its own name beneath /proc/self (proc(5))


def _hand_on(capabilities: Sequence[int]) -> None:
    """Keep these alone, as far as this process has them: none of them in effect here, all of them for programs that are started
    (capabilities(7), ambient set)."""
    had, words = (_Data * 2)(), (_Data * 2)()
    header = _Header(_CAPABILITY_VERSION_3, 0)
    _libc.capget(ctypes.byref(header), had)
    for one in capabilities:
        kept = had[one // 32].permitted & 1 << one % 32
        words[one // 32].permitted |= kept
        words[one // 32].inheritable |= kept
    if _libc.capset(ctypes.byref(header), words):
        return  # a container that forbids it: whoever needs them says so
    for one in capabilities:
        _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, one, 0, 0)


def die_with(parent: int) -> None:
    """End with SIGKILL the moment the process `parent` ends, however it does. Call it again after a change of user, which clears it."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
