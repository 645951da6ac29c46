"""Where fetched bytes go: counted, summed, and kept only as far as somebody will read them. Nothing lands on a disk."""

from __future__ import annotations

import hashlib


class Sink:
    """A file-like object for clients that write. `keep` is how many bytes from the beginning are kept."""

    def __init__(self, keep: int = 0) -> None:
        self.size = 0
        self.closed = False
        self._keep = keep
        self._kept = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Take `data` in."""
        self.size += len(data)
        self._md5.update(data)
        self._sha256.update(data)
        if len(self._kept) < self._keep:
            self._kept += data[: self._keep - len(self._kept)]
        return len(data)

    def close(self) -> None:
        """No more will come."""
        self.closed = True

    @property
    def content(self) -> bytes:
        """What was kept."""
        return bytes(self._kept)

    @property
    def md5(self) -> str:
        """MD5 of everything, hex."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """SHA-256 of everything, hex."""
        return self._sha256.hexdigest()
