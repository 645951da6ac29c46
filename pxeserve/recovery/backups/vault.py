"""Where backups lie: each in a file of its own beneath the data folder, encrypted piece by piece as it comes. Refuses to know what is in
one.

A file begins with a head that names its backup; a key is derived for it alone (HKDF-SHA256, RFC 5869, over a salt in the head); its
pieces of 1 MiB
are AES-256-GCM with the head as associated data and a nonce that says the piece's number and whether it is the last: so no piece can be
changed, moved, left out or put into another file, and none leaves before it was checked. It is written under another name and has its own
only when it is whole and on the disk; what a kill has left is swept away.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.repo.room import kept_free, size

FOLDER = "backups"
PIECE = 1 << 20

_MAGIC = b"PXSBAK1\n"
_SALT = 32
_HEAD = struct.Struct(f"!8s16sI{_SALT}s")
_TAG = 16
_LOOK = 64 << 20
"""Bytes after which the disk is looked at again, where nobody has said how many there will be."""
_ORPHAN = 3600.0
"""Seconds after which a file without a row is nobody's: its row comes right after it."""
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_COMING = ".coming"
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What the machine lacks, and no fault of the file."""


@runtime_checkable
class Stream(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: the number of plain bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Vault:
    """The backups in `folder`, under `key` (32 bytes)."""

    folder: Path
    key: bytes = field(repr=False)

    def keep(self, id: str, stream: Stream, length: int | None, most: int, look: Callable[[bytes], object]) -> Kept:
        """Write what `stream` holds: `length` bytes, or as many as come, `most` at most; `look` sees each piece first, and what it
        raises ends
        all. Nothing is visible before it is whole. Raises PxeserveError: `too-large`, `full`, `malformed` when it ends too early."""
        if length is not None and length > most:
            raise too_large(length, most)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._reserve(_LOOK if length is None else length)
        coming = self.folder / f"{id}{_COMING}"
        descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                kept = self._written(file, id, stream, length, most, look)
                os.fsync(file.fileno())
                coming.rename(self.place(id))
        except OSError as error:
            coming.unlink(missing_ok=True)
            raise PxeserveError(
                f"{self.folder}: a backup cannot be written: {error.strerror}", code="full", fix="make room there"
            ) from None
        except BaseException:
            coming.unlink(missing_ok=True)
            raise
        _settle(self.folder)
        return kept

    def read(self, id: str) -> Iterator[bytes]:
        """Its plain bytes, piece by piece, each checked before it is given. Raises DamagedError when there is no file, or the disk does not
        give it, and at the first piece that is not as it was written, or lacks."""
        try:
            yield from self._given(id)
        except OSError as error:
            if error.errno in _PASSING:
                raise PxeserveError(f"backup {id}: it cannot be read now: {error.strerror}", fix="ask again") from None
            raise damaged(id, f"its file cannot be read: {error.strerror}") from None

    def _given(self, id: str) -> Iterator[bytes]:
        with self.place(id).open("rb") as file:
            cipher, head, piece = self._opened(file, id)
            number, sealed = 0, file.read(piece + _TAG)
            while True:
                following = file.read(piece + _TAG)
                try:
                    plain = cipher.decrypt(_nonce(number, last=not following), sealed, head)
                except (InvalidTag, ValueError):
                    raise damaged(id, f"piece {number + 1} is not what was written, or what follows it is missing") from None
                yield plain
                if not following:
                    return
                number, sealed = number + 1, following

    def place(self, id: str) -> Path:
        """Where it lies."""
        return place(self.folder, id)

    def _written(self, file: BinaryIO, id: str, stream: Stream, length: int | None, most: int, look: Callable[[bytes], object]) -> Kept:
        salt = secrets.token_bytes(_SALT)
        head = _HEAD.pack(_MAGIC, bytes.fromhex(id), PIECE, salt)
        cipher, summed = self._cipher(salt, id), hashlib.sha256()
        file.write(head)
        done, number = 0, 0
        piece = _piece(stream, length)
        while True:
            done += len(piece)
            if done > most:
                raise too_large(done, most)
            if length is None and done // _LOOK != (done - len(piece)) // _LOOK:
                self._reserve(_LOOK)
            look(piece)
            summed.update(piece)
            following = _piece(stream, None if length is None else length - done) if len(piece) == PIECE else b""
            _put(file, cipher.encrypt(_nonce(number, last=not following), piece, head))
            if not following:
                break
            piece, number = following, number + 1
        if length is not None and done != length:
            said = f"it ended after {done} of {length} bytes"
            raise PxeserveError(said, code="malformed", fix="send it again: nothing of it was kept")
        return Kept(done, summed.hexdigest())

    def _opened(self, file: BinaryIO, id: str) -> tuple[AESGCM, bytes, int]:
        head = file.read(_HEAD.size)
        try:
            magic, named, piece, salt = _HEAD.unpack(head)
        except struct.error:
            raise damaged(id, "its head is cut") from None
        if magic != _MAGIC or named != bytes.fromhex(id) or piece != PIECE:
            raise damaged(id, "its head is another's")
        return self._cipher(salt, id), head, piece

    def _cipher(self, salt: bytes, id: str) -> AESGCM:
        return AESGCM(HKDF(hashes.SHA256(), 32, salt, f"pxeserve backup {id}".encode()).derive(self.key))

    def _reserve(self, needed: int) -> None:
        usage = shutil.disk_usage(self.folder)
        keep = kept_free(usage.total)
        if needed + keep > usage.free:
            said = f"{self.folder}: a backup needs {size(needed)}; {size(usage.free)} are free, of which leases and logs keep {size(keep)}"
            raise PxeserveError(
                said, code="full", fix="make room there, keep fewer backups ([backups] keep), or put server.data on a larger disk"
            )


def place(folder: Path, id: str) -> Path:
    """Where a backup lies in `folder`. Raises NotFoundError for what is no id."""
    if not _ID.fullmatch(id):
        raise NotFoundError(f"there is no backup {id[:40]}", fix="pxeserve backup list shows them")
    return folder / f"{id}.enc"


def remove(folder: Path, id: str) -> None:
    """Forget it, if it is there; no key is needed."""
    place(folder, id).unlink(missing_ok=True)


def sweep(folder: Path, known: set[str], now: float) -> list[str]:
    """Remove what nobody writes any more, and what has had no row (`known` ids) for an hour; the names of what went."""
    gone = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        id, _, ending = path.name.partition(".")
        orphan = ending == "enc" and id not in known and now - path.stat().st_mtime > _ORPHAN
        if orphan or (f".{ending}" == _COMING and not _is_held(path)):
            path.unlink(missing_ok=True)
            gone.append(path.name)
    return gone


def new_id() -> str:
    """A name that nobody can guess, and no other backup has."""
    return secrets.token_hex(16)


def too_large(length: int, most: int) -> PxeserveError:
    """That it is larger than the configuration allows."""
    fix = "[backups] most_database and most_host say how large one may be"
    return PxeserveError(f"a backup of {size(length)} or more: {size(most)} at most", code="too-large", fix=fix)


class DamagedError(ConflictError):
    """A backup whose file is gone or is not what was written, or was written under another key; `because` says which."""

    because = ""


def damaged(id: str, because: str) -> DamagedError:
    """That."""
    fix = (
        "restore the file, and keys/backup.key if that is another one, from where the data folder is saved, then "
        f"pxeserve backup check {id}; until then the newest good one counts"
    )
    error = DamagedError(f"backup {id} is damaged: {because}; nothing of it was given from there on", fix=fix)
    error.because = because
    return error


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack("!3xQ?", number, last)


def _piece(stream: Stream, left: int | None) -> bytes:
    """The next `PIECE` bytes, or what there is."""
    wanted = PIECE if left is None else min(PIECE, left)
    parts: list[bytes] = []
    while wanted:
        part = stream.read(wanted)
        if not part:
            break
        parts.append(part)
        wanted -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _put(file: BinaryIO, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
