"""An archive as bytes: a gzip stream of plain ustar heads and contents, the manifest first, so that any tar can list it.

Reading goes head by head and takes nothing but regular files that the manifest names, with its sizes and sums: an extended head could ask
for any amount of memory, a link could lead out, and a sum of zeros could fill the disk. Refuses to know what the files mean.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pxeserve.errors import PxeserveError
from pxeserve.repo.room import kept_free, size
from pxeserve.saved import manifest as listing
from pxeserve.saved.manifest import LONGEST_MEMBER, Manifest, Member, spoilt

PIECE = 1 << 20
_BLOCK = 512
_LEVEL = 6


class Summing:
    """Passes bytes on to the descriptor `fd`, and sums them up."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """All of `content`."""
        view = memoryview(content)
        while view:
            view = view[os.write(self._fd, view) :]
        self.size += len(content)
        self.sha256.update(content)
        return len(content)

    def flush(self) -> None:
        """Nothing waits here."""


def summed(path: Path, name: str) -> Member:
    """The file `path` as the member `name`. Raises PxeserveError for one that is too large."""
    found = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
            done += len(piece)
    if done > LONGEST_MEMBER:
        fix = "keep less of the past: [record] in the configuration says for how long"
        raise PxeserveError(f"{path.name} has {size(done)}: {size(LONGEST_MEMBER)} at most fit into an archive", code="too-large", fix=fix)
    return Member(name, done, found.hexdigest())


def pack(to: Summing, manifest: Manifest, place: Callable[[str], Path]) -> None:
    """Write the archive; `place` tells where each member lies. Raises OSError, PxeserveError when a file changed meanwhile."""
    text = manifest.encode()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=to, mtime=0) as stream:
        stream.write(_head(listing.NAME, len(text), manifest.made_at))
        stream.write(_padded(text))
        for member in manifest.members:
            stream.write(_head(member.name, member.size, manifest.made_at))
            left = member.size
            with place(member.name).open("rb") as file:
                while left and (piece := file.read(min(PIECE, left))):
                    stream.write(piece)
                    left -= len(piece)
            if left:
                raise PxeserveError(f"{member.name} became shorter while it was saved", code="conflict", fix="save the site again")
            stream.write(bytes(-member.size % _BLOCK))
        stream.write(bytes(2 * _BLOCK))


def read_manifest(file: BinaryIO) -> Manifest:
    """What the archive says of itself; the rest is not looked at. Raises PxeserveError."""
    return _Reader(file).manifest()


def unpack(file: BinaryIO, folder: Path) -> Manifest:
    """Write all that is in the archive into `folder`, which is empty, each file checked and on the disk; 0600, in folders of 0700.

    Raises PxeserveError for an archive that is cut, changed or not ours, and when there is no room for it.
    """
    reader = _Reader(file)
    manifest = reader.manifest()
    usage = shutil.disk_usage(folder)
    if manifest.bytes + kept_free(usage.total) > usage.free:
        said = f"{folder.parent}: the archive holds {size(manifest.bytes)}, and {size(usage.free)} are free"
        raise PxeserveError(said, code="full", fix="make room there, or restore into a folder on a larger disk: --data DIR")
    for member in manifest.members:
        reader.member(member, folder)
    reader.end()
    return manifest


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._stream = gzip.GzipFile(fileobj=file, mode="rb")

    def manifest(self) -> Manifest:
        found = self._header()
        if found.name != listing.NAME or found.size > listing.LARGEST:
            raise spoilt("it does not begin with its list of contents")
        text = self._take(found.size)
        self._take(-found.size % _BLOCK)
        return listing.decode(text)

    def member(self, member: Member, folder: Path) -> None:
        found = self._header()
        if (found.name, found.size) != (member.name, member.size):
            raise spoilt(f"{member.name} is not where its list of contents says")
        path = folder / member.name
        for parent in reversed(Path(member.name).parents):
            (folder / parent).mkdir(mode=0o700, exist_ok=True)
        sha256, left = hashlib.sha256(), member.size
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as to:
            while left:
                piece = self._take(min(PIECE, left))
                sha256.update(piece)
                to.write(piece)
                left -= len(piece)
            to.flush()
            os.fsync(to.fileno())
        if sha256.hexdigest() != member.sha256:
            raise spoilt(f"{member.name} was changed")
        self._take(-member.size % _BLOCK)

    def end(self) -> None:
        """To the very end, where gzip's own sum stands. Nothing follows but the two blocks of zeros."""
        if self._take(2 * _BLOCK).strip(b"\0") or self._some(1):
            raise spoilt("something follows that its list of contents does not name")

    def _header(self) -> tarfile.TarInfo:
        try:
            found = tarfile.TarInfo.frombuf(self._take(_BLOCK), "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise spoilt("a head in it cannot be read") from None
        if found.type != tarfile.REGTYPE or found.size < 0:
            raise spoilt(f"it holds {found.name[:100]!r}, which is no regular file")
        return found

    def _take(self, wanted: int) -> bytes:
        parts: list[bytes] = []
        while wanted:
            part = self._some(wanted)
            if not part:
                raise spoilt("it is cut")
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _some(self, wanted: int) -> bytes:
        try:
            return self._stream.read(wanted)
        except EOFError:
            raise spoilt("it is cut") from None
        except (gzip.BadGzipFile, zlib.error):
            raise spoilt("its bytes were changed, or never were an archive") from None
        except OSError as error:
            raise PxeserveError(f"the archive cannot be read: {error.strerror}") from None


def _head(name: str, length: int, at: float) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = length, int(at), 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _BLOCK)
