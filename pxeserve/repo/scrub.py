"""Reads every medium whole once in so many days, from the disk itself, slowly and one file at a time: a disk that forgets changes no stamp.

It goes on where it stopped. Refuses to know when it has its turn: whoever drives it lets it take one step after another.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.repo import explaining
from pxeserve.repo.hashing import pieces
from pxeserve.repo.manifest import FileSums
from pxeserve.repo.opening import Opening, Unlike, Unreachable, opening
from pxeserve.repo.standing import Seen, Turned, settle
from pxeserve.repo.verify import sums_wanted, unlike
from pxeserve.store import Store, inventory, media
from pxeserve.store.media import FileRow

RATE = 8 << 20
"""Most bytes a second: 20 TB in thirty days, and a tenth of what one slow disk gives."""

_LOOK = 60.0
_KEEP = 30.0


@dataclass(frozen=True, slots=True)
class _Begun:
    """How far a medium has been read: all files up to and with `path`, since epoch second `at`."""

    medium: str
    revision: str
    path: str
    at: float


class Scrub:
    """Reads what was not read whole for `every` seconds. `tell` takes what turned; `clock` gives epoch seconds, `ticks` seconds of a clock
    that never jumps."""

    def __init__(
        self,
        store: Store,
        data: Path,
        every: float,
        tell: Callable[[Turned], None],
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._data, self._every, self._tell = store, data, every, tell
        self._clock, self._ticks = clock, ticks
        self._reading: Generator[int, None, None] | None = None
        self._looked = -_LOOK

    def step(self) -> int:
        """Read a piece; how many bytes it had. 0: nothing is due, and nothing needs to be asked for a while."""
        if self._reading is None:
            if not self._every or self._ticks() - self._looked < _LOOK:
                return 0
            self._looked = self._ticks()
            medium = self._due()
            if medium is None:
                return 0
            self._reading = self._read(medium)
        try:
            return next(self._reading)
        except StopIteration:
            self._reading, self._looked = None, -_LOOK
            return 0

    def stop(self) -> None:
        """Let go of what is open; how far it has come is kept."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()

    def _due(self) -> Medium | None:
        """The good medium that was not read for the longest time, if that is long enough."""
        now = self._clock()
        with self._store.site.read() as connection:
            found = [(media.checked_at(connection, one.name) or 0.0, one) for one in inventory.media(connection)]
        late = [(at, one) for at, one in found if one.state is MediumState.GOOD and now - at >= self._every]
        return min(late, key=lambda pair: pair[0])[1] if late else None

    def _read(self, medium: Medium) -> Generator[int, None, None]:
        with self._store.site.read() as connection:
            files = media.files(connection, medium.name)
            kept = _begun(media.scrubbing(connection))
        begun = kept if kept and (kept.medium, kept.revision) == (medium.name, medium.revision) else None
        begun = begun or _Begun(medium.name, medium.revision, "", self._clock())
        try:
            with opening(self._data, medium) as opened:
                yield from self._files(opened, medium, files, begun)
        except Unreachable as unreachable:
            self._found(medium, [str(unreachable)], self._clock())

    def _files(self, opened: Opening, medium: Medium, files: Sequence[FileRow], begun: _Begun) -> Generator[int, None, None]:
        done, saved = begun.path, self._ticks()
        try:
            for file in files:
                if file.path <= begun.path:
                    continue
                wrong = yield from _one(opened, medium, file)
                if wrong:
                    self._damaged(opened, medium, files, file, wrong)
                    done = ""
                    return
                done = file.path
                if self._ticks() - saved >= _KEEP:
                    self._save(_Begun(begun.medium, begun.revision, done, begun.at))
                    saved = self._ticks()
        finally:
            self._save(_Begun(begun.medium, begun.revision, done, begun.at) if done and done != files[-1].path else None)
        self._found(medium, [], begun.at)

    def _damaged(self, opened: Opening, medium: Medium, files: Sequence[FileRow], file: FileRow, wrong: _Wrong) -> None:
        sums = {one.path: FileSums(one.path, one.size, one.md5, one.sha256) for one in files if one.path != file.path}
        if wrong.sums is not None:
            sums[file.path] = wrong.sums
        faults = explaining.faults(medium, sums, {file.path: wrong.said}, explaining.reader(opened, files))
        self._found(medium, faults, self._clock(), {file.path: ""})

    def _found(self, medium: Medium, faults: Sequence[str], at: float, stamps: dict[str, str] | None = None) -> None:
        turned = settle(self._store, medium, Seen(faults, stamps or {}, whole=not faults), at)
        if turned is not None:
            self._tell(turned)

    def _save(self, begun: _Begun | None) -> None:
        text = json.dumps([begun.medium, begun.revision, begun.path, begun.at]) if begun else None
        with self._store.site.write() as connection:
            media.set_scrubbing(connection, text)


@dataclass(frozen=True, slots=True)
class _Wrong:
    said: str
    sums: FileSums | None = None


def _one(opened: Opening, medium: Medium, file: FileRow) -> Generator[int, None, _Wrong | None]:
    """Read one file, a piece a step; gives at the end what is wrong with it, if anything."""
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in sums_wanted(medium, file)}
    try:
        one = opened.open(file)
    except Unlike as unlike_:
        return _Wrong(unlike_.sentence)
    one.from_disk()
    try:
        for piece in pieces(one):
            for each in sums.values():
                each.update(piece)
            yield len(piece)
    except OSError as error:
        return _Wrong(f"could not be read from the disk: {error.strerror}")
    finally:
        one.close()
    found = {name: each.hexdigest() for name, each in sums.items()}
    said = unlike(file, found)
    return _Wrong(said, FileSums(file.path, file.size, found.get("md5", file.md5), found["sha256"])) if said else None


def _begun(text: str | None) -> _Begun | None:
    try:
        medium, revision, path, at = json.loads(text or "null")
        return _Begun(str(medium), str(revision), str(path), float(at))
    except (ValueError, TypeError):
        return None
