"""Files that are not sent as they lie there: GRUB images with their gap filled in, and hypervisors without their gzip."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from pxeserve.boot import grubimage
from pxeserve.boot.loaders import content
from pxeserve.paths import OpenFile, PathRefused

LARGEST = 64 << 20
"""Most bytes that anything is unpacked to: hypervisors have a few."""

_KEPT = 4
_GZIP = b"\x1f\x8b"


class _Key(NamedTuple):
    name: str
    key: object


class Images:
    """Keeps the last few in memory, by the file's identity. May be asked from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def grub(self, file: OpenFile, name: str, lines: tuple[str, ...]) -> bytes:
        """The image `file` with `lines` in its gap; takes the file over. Raises ImageError."""
        return grubimage.filled(self._once(file, name, lambda raw: raw), lines)

    def expanded(self, file: OpenFile, name: str) -> bytes:
        """The file's content, without its gzip if it has one; takes the file over. Raises PathRefused for what unpacks to too much."""
        return self._once(file, name, _unpacked)

    def _once(self, file: OpenFile, name: str, make: Callable[[bytes], bytes]) -> bytes:
        key = _Key(name, file.key)
        with self._lock:
            return self._made(key, file, make)

    def _made(self, key: _Key, file: OpenFile, make: Callable[[bytes], bytes]) -> bytes:
        try:
            kept = self._kept.get(key)
            if kept is None:
                if file.size > LARGEST:
                    raise PathRefused("too-large")
                kept = self._kept[key] = make(content(file))
            self._kept.move_to_end(key)
        finally:
            file.close()
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept


def _unpacked(raw: bytes) -> bytes:
    if not raw.startswith(_GZIP):
        return raw
    decoder = zlib.decompressobj(wbits=31)
    try:
        out = decoder.decompress(raw, LARGEST)
    except zlib.error:
        raise PathRefused("not-gzip") from None
    if not decoder.eof:
        raise PathRefused("too-large" if decoder.unconsumed_tail else "not-gzip")
    return out
