"""Whether the archive of a host (`xe host-backup`) came whole: it is a tar, and a tar ends with two blocks of zeros (POSIX pax, ustar).
Looked
at as it comes. Refuses to know what is in it: that would be unpacking what came from outside."""

from __future__ import annotations

from pxeserve.errors import PxeserveError

_BLOCK = 512
_MAGIC = slice(257, 262)


class Archive:
    """One archive: `look` at each piece, then `end`. Both raise PxeserveError (`malformed`)."""

    def __init__(self) -> None:
        self._size = 0
        self._head = self._tail = b""

    def look(self, piece: bytes) -> None:
        """Read on."""
        if len(self._head) < _BLOCK:
            self._head = (self._head + piece[:_BLOCK])[:_BLOCK]
            if len(self._head) == _BLOCK and self._head[_MAGIC] != b"ustar":
                raise PxeserveError(
                    "it is no tar archive, as xe host-backup writes", code="malformed", fix="hand in what xe host-backup wrote"
                )
        self._size += len(piece)
        self._tail = (self._tail + piece[-2 * _BLOCK :])[-2 * _BLOCK :]

    def end(self) -> None:
        """It ended here."""
        if len(self._head) < _BLOCK or self._size % _BLOCK or self._tail.strip(b"\0"):
            said = f"it is cut: after {self._size} bytes the end of the archive is missing"
            raise PxeserveError(said, code="malformed", fix="back the host up again: what was sent is not whole")
