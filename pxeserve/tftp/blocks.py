"""A file as DATA packets, cut once and ready to send: by block number, in chunks, shared between the clients of one file.

Block numbers here count from 1 and never wrap; the number on the wire does, and is cut into the packets. Refuses to know
where bytes come from: it is handed a `Read`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple
from weakref import WeakValueDictionary

from pxeserve.tftp.packet import HEADER, Opcode

CHUNK = 384 * 1024
"""At most this many bytes of the file are cut at once: 256 blocks that each fill an Ethernet frame. To go from one chunk to the next
costs a transfer several times what a window costs; to hold one costs memory."""

_MOST_BLOCKS = 1024
"""A chunk of tiny blocks stays small enough to be cut within a millisecond or two."""

_WINDOW = 64
"""A chunk holds a multiple of this where it can, so that windows of the usual sizes fill it without a rest."""

CACHE = 64 * 1024 * 1024

_MOST_CUTS = 2
"""A rack's machines have one or two windowsizes between them. More would be somebody's attempt to fill memory."""

Window = tuple[memoryview, bytes]
"""The packets of a window, and the ACK that its client owes for them."""

Read = Callable[[int, int], bytes]
"""`read(offset, length)`: exactly `length` bytes of the file as it was when the transfer began, or ContentLost."""


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Chunk:
    """Neighbouring packets, laid out one behind the other, and for each of them the ACK that is due for it, as on the wire."""

    packets: bytes
    acks: tuple[bytes, ...]
    windows: dict[int, list[Window]] = field(default_factory=dict)
    """Of the first `_MOST_CUTS` windowsizes that were asked for: all windows, counted from the first packet. Transfers of one file all walk
    through the same list, and touch little memory of their own on the way."""


Chunks = Callable[[int], Chunk]
"""Chunk number (from 0) to its packets."""


class ContentLost(Exception):
    """The file can no longer be given as it was: cut short, rewritten, or its medium is gone."""


class PacketCache:
    """Cut chunks by key, the least recently used forgotten first once they hold more than `most` bytes. One that a transfer still holds is
    found all the same, so that no two ever hold the same packets twice, however many there are."""

    def __init__(self, most: int = CACHE) -> None:
        self._most = most
        self._held = 0
        self._chunks: OrderedDict[Hashable, Chunk] = OrderedDict()
        self._alive: WeakValueDictionary[Hashable, Chunk] = WeakValueDictionary()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def get(self, key: Hashable) -> Chunk | None:
        """The chunk put there under `key`, if it is still there."""
        found = self._chunks.get(key)
        if found is None:
            return self._alive.get(key)
        self._chunks.move_to_end(key)
        return found

    def put(self, key: Hashable, chunk: Chunk) -> None:
        """Keep `chunk`, unless it alone is more than the cache may hold."""
        if key in self._chunks or _weight(chunk) > self._most:
            return
        self._chunks[key] = self._alive[key] = chunk
        self._held += _weight(chunk)
        while self._held > self._most:
            _, oldest = self._chunks.popitem(last=False)
            self._held -= _weight(oldest)


_A_BLOCK = 48 + 248 * _MOST_CUTS
"""Bytes that CPython takes, at most, to hold a block's ACK and its windows: a memoryview, a tuple, and the places that point to them."""


def _weight(chunk: Chunk) -> int:
    return len(chunk.packets) + _A_BLOCK * len(chunk.acks)


def wire_number(block: int, rollover: int) -> int:
    """The 16-bit number of `block`: after 65535 comes `rollover`, 0 or 1. Block 0 (the OACK's) is 0 either way."""
    if rollover == 0 or block == 0:
        return block & 0xFFFF
    return (block - 1) % 0xFFFF + 1


def blocks_a_chunk(blksize: int) -> int:
    """How many blocks are cut at once."""
    count = max(1, min(_MOST_BLOCKS, CHUNK // blksize))
    return count - count % _WINDOW if count > _WINDOW else count


def octet(read: Read, size: int, blksize: int, rollover: int, key: Hashable | None, cache: PacketCache) -> Chunks:
    """Chunks of a file of `size` bytes just as it is. With a `key`, chunks are shared through `cache`."""
    count = blocks_a_chunk(blksize)

    def chunk(number: int) -> Chunk:
        cached = None if key is None else cache.get((key, blksize, rollover, number))
        if cached is not None:
            return cached
        offset = number * count * blksize
        wanted = min(count * blksize, size - offset)
        payload = read(offset, wanted) if wanted else b""
        made = _cut(payload, number * count + 1, blksize, rollover, last=wanted < count * blksize)
        if key is not None:
            cache.put((key, blksize, rollover, number), made)
        return made

    return chunk


def netascii(read: Read, size: int, blksize: int, rollover: int, windowsize: int) -> Chunks:
    """Chunks of a text with LF sent as CR LF and CR as CR NUL (RFC 764 by way of RFC 1350), translated as it is read.

    It can only be walked forward; as much as a window may ask for again is kept.
    """
    count = blocks_a_chunk(blksize)
    recent: deque[Chunk] = deque(maxlen=windowsize // count + 2)
    source = _translated(read, size, count * blksize)
    made = 0

    def chunk(number: int) -> Chunk:
        nonlocal made
        while made <= number:
            text = next(source)
            recent.append(_cut(text, made * count + 1, blksize, rollover, last=len(text) < count * blksize))
            made += 1
        return recent[number - made]

    return chunk


def _translated(read: Read, size: int, length: int) -> Iterator[bytes]:
    """Pieces of `length` bytes, and at last a shorter one, possibly empty."""
    waiting = b""
    for offset in range(0, size, CHUNK):
        waiting += read(offset, min(CHUNK, size - offset)).replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")
        whole = len(waiting) - len(waiting) % length
        for start in range(0, whole, length):
            yield waiting[start : start + length]
        waiting = waiting[whole:]
    yield waiting


def _cut(payload: bytes, first: int, blksize: int, rollover: int, *, last: bool) -> Chunk:
    """`payload` as packets from block `first` on; a `last` chunk ends with a block shorter than the others, possibly empty."""
    parts = []
    acks = []
    end = len(payload) + 1 if last else len(payload)
    for block, start in enumerate(range(0, end, blksize), first):
        number = wire_number(block, rollover)
        parts.append(HEADER.pack(Opcode.DATA, number))
        parts.append(payload[start : start + blksize])
        acks.append(HEADER.pack(Opcode.ACK, number))
    return Chunk(b"".join(parts), tuple(acks))


class Lane(NamedTuple):
    """Where a transfer stands in a chunk: `packets` of whole blocks only, the ACK of each, and the place of the last block sent.
    `ready` are the chunk's windows, those that have been cut."""

    packets: memoryview
    acks: tuple[bytes, ...]
    at: int
    ready: dict[int, list[Window]]

    def windows(self, windowsize: int, stride: int) -> Iterator[Window]:
        """The windows of whole blocks that follow, packets of `stride` bytes in them."""
        first = self.at + 1
        if first % windowsize:  # something was lost on the way here: nobody else will stand at this place
            return self._cut(first, windowsize, stride)
        found = self.ready.get(windowsize)
        if found is None:
            if len(self.ready) >= _MOST_CUTS:
                return self._cut(first, windowsize, stride)
            found = self.ready[windowsize] = list(self._cut(0, windowsize, stride))
        return islice(found, first // windowsize, None)

    def _cut(self, first: int, windowsize: int, stride: int) -> Iterator[Window]:
        size, end = windowsize * stride, len(self.packets) + 1
        starts = range(first * stride, end - size, size)
        return zip(
            map(self.packets.__getitem__, map(slice, starts, range(first * stride + size, end, size))),
            islice(self.acks, first + windowsize - 1, None, windowsize),
            strict=False,
        )


class Blocks:
    """The packets of one transfer. `final` is the number of the last block, once it has been seen."""

    __slots__ = ("_acks", "_base", "_chunk", "_chunks", "_count", "_held", "_loaded", "final", "final_size", "stride")

    def __init__(self, chunks: Chunks, blksize: int) -> None:
        self._chunks = chunks
        self._count = blocks_a_chunk(blksize)
        self.stride = blksize + HEADER.size
        self._base = self._loaded = 0
        self._held = Chunk(b"", ())
        """For the cache to know that it is in use."""
        self._chunk = memoryview(b"")
        self._acks: tuple[bytes, ...] = ()
        self.final: int | None = None
        self.final_size = 0
        """Bytes of the file in the last block."""

    def runs(self, first: int, last: int) -> list[memoryview]:
        """The packets of blocks `first` to `last`, or to the final one, as runs of packets laid out one behind the other.

        Each packet is `stride` bytes, the final one shorter. Raises ContentLost.
        """
        found = []
        while first <= last and (self.final is None or first <= self.final):
            if not self._base < first <= self._loaded:
                self._load((first - 1) // self._count)
                continue
            end = min(last, self._loaded)
            found.append(self._chunk[(first - self._base - 1) * self.stride : (end - self._base) * self.stride])
            first = end + 1
        return found

    def lane(self, first: int, last: int) -> Lane | None:
        """Where a transfer stands that has sent blocks `first` to `last`; None when they are not whole blocks of one chunk."""
        whole = self._chunk[: len(self._chunk) - len(self._chunk) % self.stride]
        if not self._base < first <= last <= self._base + len(whole) // self.stride:
            return None
        return Lane(whole, self._acks, last - self._base - 1, self._held.windows)

    def following(self, at: int, windowsize: int) -> Lane | None:
        """The beginning of the next chunk, `windowsize` whole blocks of it sent, for a transfer that has sent this one to its end: `at` is
        its last block's place. None when it has not, or when the next one ends the file within these blocks."""
        if at != self._count - 1 or self.final is not None:
            return None
        try:
            self._load(self._base // self._count + 1)
        except ContentLost:  # told to the client by the long way, which comes upon it too
            return None
        return self.lane(self._base + 1, self._base + windowsize)

    def _load(self, number: int) -> None:
        self._held = held = self._chunks(number)
        self._acks = held.acks
        self._chunk = memoryview(held.packets)
        self._base = number * self._count
        self._loaded = self._base + len(self._acks)
        whole, rest = divmod(len(self._chunk), self.stride)
        if rest:
            self.final = self._base + whole + 1
            self.final_size = rest - HEADER.size
