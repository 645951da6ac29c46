"""Uploads: an image or an archive that somebody sends, kept beneath the data folder until an import takes it in.

It is written piece by piece as it comes, never past the room that leases and logs need, and what broke off goes on where it was. Who comes
or goes does so alone, for a moment, by a lock on the folder; the one who sends holds a lock on the file itself. Refuses to know what is in
it.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.repo.room import reserve, size
from pxeserve.store import audit

FOLDER = "uploads"
MOST = 64
"""Uploads that are kept at once."""
KEPT = 7 * 86400
"""Seconds for which one is kept that nobody imports or goes on with."""
LARGEST = 64 << 30

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_PART = ".part"
_TOTAL = ".total"
_PIECE = 1 << 20


@runtime_checkable
class Stream(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@verb("upload.list", role=Role.VIEWER)
def list_uploads(context: Context) -> list[dict[str, Any]]:
    """All uploads, by name."""
    home = _home(context)
    with _alone(home):
        return _listed(home)


@verb("upload.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One upload, and how much of it has come."""
    home = _home(context)
    with _alone(home):
        return _known(home, name)


@verb("upload.send", role=Role.OPERATOR)
def send(context: Context, *, name: str, stream: Stream, at: int, length: int, total: int) -> dict[str, Any]:
    """Take the `length` bytes of `stream`, which begin at byte `at` of the `total` ones that make the upload `name`. Raises ConflictError
    when another part should come, or somebody sends it already, or removes it; what had come by then stays, for a week."""
    _checked(name)
    if not 0 <= at <= at + length <= total or not total:
        raise PxeserveError(f"upload {name}: bytes {at} to {at + length} are no part of {total}")
    if total > LARGEST:
        raise PxeserveError(f"upload {name}: {size(total)}: {size(LARGEST)} at most", code="too-large")
    home = _home(context)
    home.mkdir(mode=0o700, exist_ok=True)
    with _alone(home):
        _sweep(home)
        part = _begun(home, name, at, total)
    try:
        _written(part, stream, length, name)
        if at + length == total:
            os.fsync(part)
        with _alone(home):
            if at + length == total:
                _end(home, name, part)
            fcntl.flock(part, fcntl.LOCK_UN)
            found = _known(home, name)
    finally:
        os.close(part)
    if found["state"] == "whole":
        with context.store.site.write() as connection:
            audit.append(connection, time.time(), context.actor.name, "upload.send", f"{name} {total} bytes")
    return found


@verb("upload.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str) -> dict[str, Any]:
    """Remove an upload, or what of it has come; whoever is sending it is told."""
    home = _home(context)
    with _alone(home):
        _known(home, name)
        _removed(home, name)
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "upload.remove", name)
    return {"removed": name}


def place_of(context: Context, name: str) -> Path:
    """Where a whole upload lies. Raises NotFoundError, and ConflictError for one of which a part is missing."""
    found = show(context, name=name)
    if found["state"] != "whole":
        raise ConflictError(f"upload {name}: {found['bytes']} of {found['total']} bytes have come", fix="send the rest first")
    return _home(context) / name


def forget(context: Context, name: str) -> None:
    """Remove an upload that was taken in."""
    home = _home(context)
    with _alone(home):
        _removed(home, name)


def _home(context: Context) -> Path:
    return context.config.server.data / FOLDER


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name.endswith((_PART, _TOTAL)):
        raise PxeserveError(f"{name!r} is not a name for an upload: letters, digits, dots, hyphens and underscores, 128 at most")
    return name


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else comes, goes or looks meanwhile: for moments, and not within one another."""
    try:
        folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # nobody has sent anything yet
        yield
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _listed(home: Path) -> list[dict[str, Any]]:
    names = {path.name.removesuffix(_PART) for path in home.iterdir() if not path.name.endswith(_TOTAL)} if home.is_dir() else set()
    return [found for name in sorted(names) if (found := _described(home, name)) is not None]


def _known(home: Path, name: str) -> dict[str, Any]:
    found = _described(home, _checked(name))
    if found is None:
        raise NotFoundError(f"there is no upload {name}")
    return found


def _described(home: Path, name: str) -> dict[str, Any] | None:
    whole, part = home / name, home / f"{name}{_PART}"
    try:
        if whole.is_file():
            found = whole.stat()
            return {"name": name, "bytes": found.st_size, "total": found.st_size, "state": "whole", "changed_at": found.st_mtime}
        found = part.stat()
        total = int((home / f"{name}{_TOTAL}").read_text())
        state = "coming" if _is_held(part) else "broken off"
    except (OSError, ValueError):
        return None
    return {"name": name, "bytes": found.st_size, "total": total, "state": state, "changed_at": found.st_mtime}


def _begun(home: Path, name: str, at: int, total: int) -> int:
    """The file in which an upload grows, open and held for one sender alone."""
    if (home / name).exists():
        raise ConflictError(f"there is already an upload {name}", fix="import it, remove it, or take another name")
    others = [found for found in _listed(home) if found["name"] != name]
    if len(others) >= MOST:
        raise RefusedError(f"{MOST} uploads are kept, and no more", fix="import or remove some")
    part = os.open(home / f"{name}{_PART}", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _hold(part, name)
        if at == 0:
            os.ftruncate(part, 0)
        there = os.fstat(part).st_size
        if at != there:
            raise ConflictError(f"upload {name}: {there} bytes have come, and these begin at {at}", fix=f"go on at byte {there}")
        coming = sum(found["total"] - found["bytes"] for found in others if found["state"] == "coming")
        reserve(home, total - there + coming)
        (home / f"{name}{_TOTAL}").write_text(str(total))
    except BaseException:
        os.close(part)
        raise
    return part


def _hold(part: int, name: str) -> None:
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError(f"upload {name} is being sent already", fix="wait for its end, or take another name") from None


def _end(home: Path, name: str, part: int) -> None:
    """All of it has come."""
    _refuse_removed(part, name)
    (home / f"{name}{_PART}").rename(home / name)
    (home / f"{name}{_TOTAL}").unlink(missing_ok=True)


def _written(part: int, stream: Stream, length: int, name: str) -> None:
    left = length
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise PxeserveError(f"upload {name}: it ended {left} bytes too early", code="malformed", fix="send the rest: what came is kept")
        _refuse_removed(part, name)
        view = memoryview(piece)
        while view:
            try:
                view = view[os.write(part, view) :]
            except OSError as error:
                raise PxeserveError(f"upload {name}: cannot be written: {error.strerror}", code="refused") from None
        left -= len(piece)


def _refuse_removed(part: int, name: str) -> None:
    if not os.fstat(part).st_nlink:
        raise ConflictError(f"upload {name} was removed while it was sent")


def _is_held(part: Path) -> bool:
    descriptor = os.open(part, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _removed(home: Path, name: str) -> None:
    for path in (home / name, home / f"{name}{_PART}", home / f"{name}{_TOTAL}"):
        path.unlink(missing_ok=True)


def _sweep(home: Path) -> None:
    """Remove what nobody has touched for a week."""
    for path in home.iterdir():
        part = home / f"{path.name.removesuffix(_PART).removesuffix(_TOTAL)}{_PART}"
        if time.time() - path.stat().st_mtime > KEPT and not (part.exists() and _is_held(part)):
            path.unlink(missing_ok=True)
