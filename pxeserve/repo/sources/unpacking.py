"""Takes gzip, bzip2 and xz off a file as it is read, in one pass and bounded: in memory, and in how much may come of how little."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from pxeserve.paths import OpenFile
from pxeserve.repo.tree import SourceError

_PIECE = 1 << 18
_XZ_MEMORY = 128 << 20
"""What the largest preset of xz needs, and twice that."""

_FREE = 64 << 20
_MOST_TIMES = 200
"""Packages are packed already: an archive that grows to more than so many times its size, beyond `_FREE` bytes, is no medium."""


class _Gzip:
    """zlib's object in the words of the two others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_KINDS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)),
)
ZSTD = b"\x28\xb5\x2f\xfd"


def packed_with(file: OpenFile) -> str:
    """`gzip`, `bzip2` or `xz`, by the file's first bytes; "" for anything else."""
    begin = file.read(8, 0)
    return next((name for magic, name, _make in _KINDS if begin.startswith(magic)), "")


class Unpacked(io.RawIOBase):
    """What `file` unpacks to, to be read once from its beginning. Raises SourceError for what is damaged, cut short or a bomb.

    `taken` is how many bytes of the packed file have been read.
    """

    def __init__(self, name: str, file: OpenFile) -> None:
        super().__init__()
        self._name = name
        self._file = file
        kind = packed_with(file)
        self._make = next(make for _magic, known, make in _KINDS if known == kind)
        self._unpacker = self._make()
        self._rest = b""
        self.taken = 0
        self._given = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; 0 at the end."""
        piece = self._next(len(buffer))
        buffer[: len(piece)] = piece
        self._given += len(piece)
        if self._given > _FREE and self._given > _MOST_TIMES * self.taken:
            raise SourceError(
                f"{self._name}: unpacks to more than {_MOST_TIMES} times its own size ({self._given} bytes from {self.taken}); "
                "no medium does, and it would fill the disk"
            )
        return len(piece)

    def _next(self, most: int) -> bytes:
        while True:
            if self._unpacker.eof:
                rest = (self._unpacker.unused_data + self._rest) or self._read()
                if not rest.strip(b"\0"):
                    return b""
                self._unpacker, self._rest = self._make(), rest  # archives may be several packed files in a row
            try:
                piece = self._unpacker.decompress(self._input(), most)
            except (zlib.error, OSError, lzma.LZMAError, MemoryError) as error:
                raise SourceError(f"{self._name}: damaged: {error}", fix="get it again") from None
            if piece:
                return bytes(piece)

    def _input(self) -> bytes:
        if not self._unpacker.needs_input:
            return b""
        rest, self._rest = self._rest, b""
        rest = rest or self._read()
        if not rest:
            raise SourceError(f"{self._name}: cut short: its packed content has no end", fix="get it again")
        return rest

    def _read(self) -> bytes:
        piece = self._file.read(_PIECE, self.taken)
        self.taken += len(piece)
        return piece
