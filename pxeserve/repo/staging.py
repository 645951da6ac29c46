"""Where an import lies until it is whole: a folder that nobody serves, one for each name, with a journal of what is done.

A kill leaves the folder, and the same command goes on where it was; a fault or a wish to stop removes it. What was killed and is not
taken up again within a week is removed at the next start. Refuses to know sources and formats.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.moment import boot_id
from pxeserve.repo.manifest import FileSums
from pxeserve.repo.room import take_beyond

PREFIX = ".staging-"
KEPT = 7 * 86400
"""Seconds for which an import that was killed can be taken up again."""

_LOCK, _JOURNAL, _CANCEL, _TREE = "lock", "journal", "cancel", "tree"
_VERSION = 1
_LINES = 256
"""More bytes than what is written down of one file has besides its path, which may be there twice, and its stamp."""

_STOPPING, _LOOK = 30.0, 0.02


class CancelledError(PxeserveError):
    """Somebody wished the import to stop."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the import of {name} was cancelled; nothing was imported", code="cancelled")


class BrokenOffError(PxeserveError):
    """The import could not go on for now; the same command takes it up where it was."""


@dataclass(frozen=True, slots=True)
class Done:
    """A file that lies in the staging folder whole: its sums, and the stamp that its source had."""

    sums: FileSums
    stamp: str


@dataclass(frozen=True, slots=True)
class Underway:
    """An import that has begun: `done` of `total` bytes in whole files, since `begun` (epoch seconds); `running` or interrupted."""

    name: str
    sources: tuple[str, ...]
    begun: float
    done: int
    total: int
    running: bool


class Staging:
    """The staging folder of one import, held by a lock for as long as the import lives. `done` is what an earlier one has left, by path;
    `trusted` says that the machine was not restarted since, so that what was written is what lies there."""

    def __init__(self, folder: Path, name: str, sources: Sequence[str], begun: float, known_by: str) -> None:
        self._lock = threading.Lock()
        self._name = name
        self.folder = folder
        self.tree = folder / _TREE
        self.done: Mapping[str, Done] = {}
        self.trusted = True
        header, lines = _read(folder / _JOURNAL)
        wanted = {"version": _VERSION, "name": name, "sources": list(sources), "known_by": known_by}
        if header is not None and {key: header.get(key) for key in wanted} == wanted:
            self.done = lines
            self.trusted = header.get("boot") == boot_id()
            self._journal: TextIO = (folder / _JOURNAL).open("a")
        else:
            empty(folder)
            (folder / _JOURNAL).touch(mode=0o600)
            self._journal = (folder / _JOURNAL).open("w")
        self._say({**wanted, "boot": boot_id() if self.trusted else "", "begun": begun, "total": 0})
        self.tree.mkdir(mode=0o755, exist_ok=True)

    def expect(self, total: int) -> None:
        """Write down how many bytes there will be."""
        self._say({"total": total})

    def foresee(self, files: Iterable[tuple[str, str]]) -> None:
        """Take room on the disk for what will be written down of these files, each a path and its stamp. Raises OSError."""
        take_beyond(self._journal.fileno(), sum(_LINES + 2 * len(json.dumps(path)) + len(json.dumps(stamp)) for path, stamp in files))

    def finished(self, sums: FileSums, stamp: str) -> None:
        """Write down that a file is whole."""
        self._say({"path": sums.path, "size": sums.size, "md5": sums.md5, "sha256": sums.sha256, "stamp": stamp})

    def begins_anew(self, path: str) -> None:
        """Write down that a file is made once more, whatever the journal said of it: it has its length before it has its bytes."""
        if path in self.done:
            self._say({"anew": path})

    @property
    def cancelled(self) -> bool:
        """Whether somebody wishes the import to stop."""
        return (self.folder / _CANCEL).exists()

    def go_on(self) -> None:
        """Raises CancelledError when somebody wishes the import to stop."""
        if self.cancelled:
            raise CancelledError(self._name)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _say(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            self._journal.write(json.dumps(line) + "\n")
            self._journal.flush()


@contextmanager
def staging(home: Path, name: str, sources: Sequence[str], now: float, known_by: str) -> Iterator[Staging]:
    """The staging folder for `name`, gone afterwards; it is kept only when this process is killed, whoever asked has gone away
    (ConnectionError), or a download broke off (BrokenOffError). `sources` are as people are told them, and by `known_by` they are known
    again. Raises ConflictError while another import has it, and PxeserveError where there can be none."""
    folder = home / f"{PREFIX}{name}"
    try:
        lock = _take(folder, name)
    except OSError as error:
        raise _unmade(folder, error) from None
    try:
        try:
            stage = Staging(folder, name, sources, now, known_by)
        except OSError as error:
            raise _unmade(folder, error) from None
        try:
            yield stage
        finally:
            stage.close()
    except (ConnectionError, BrokenOffError):
        if (folder / _CANCEL).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def underway(home: Path) -> list[Underway]:
    """The imports that have begun and not ended, by name."""
    found = []
    for folder in sorted(home.glob(f"{PREFIX}*")) if home.is_dir() else []:
        header, lines = _read(folder / _JOURNAL)
        if header is not None:
            done = sum(one.sums.size for one in lines.values())
            sources = tuple(str(source) for source in header.get("sources", ()))
            running = not abandoned(folder)
            name = folder.name.removeprefix(PREFIX)
            found.append(Underway(name, sources, float(header.get("begun", 0)), done, int(header.get("total", 0)), running))
    return found


def cancel(home: Path, name: str) -> bool:
    """Have the import of `name` stop, and remove what it or an interrupted one has left; False when there is none. Raises ConflictError
    when it does not stop."""
    folder = home / f"{PREFIX}{name}"
    if not folder.is_dir():
        return False
    deadline = time.monotonic() + _STOPPING
    while not abandoned(folder):
        with suppress(FileNotFoundError):
            (folder / _CANCEL).touch(mode=0o600)
        if time.monotonic() > deadline:
            fix = "its source hangs; it stops when that answers, and leaves nothing"
            raise ConflictError(f"the import of {name} has not stopped yet", fix=fix)
        time.sleep(_LOOK)
    shutil.rmtree(folder, ignore_errors=True)
    return True


def abandoned(folder: Path) -> bool:
    """Whether nobody works in a staging folder."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def lapsed(folder: Path) -> bool:
    """Whether nobody works in a staging folder and it cannot be taken up again: it has no journal, or is a week old."""
    if not abandoned(folder):
        return False
    header, _lines = _read(folder / _JOURNAL)
    try:
        return header is None or time.time() - (folder / _JOURNAL).stat().st_mtime > KEPT
    except FileNotFoundError:
        return True


def empty(folder: Path) -> None:
    """Remove all that lies in a staging folder but its lock."""
    for inner in folder.iterdir():
        if inner.name == _LOCK:
            continue
        if inner.is_dir() and not inner.is_symlink():
            shutil.rmtree(inner)
        else:
            inner.unlink()


def _unmade(folder: Path, error: OSError) -> PxeserveError:
    return PxeserveError(f"{folder}: could not be made: {error.strerror}", fix="nothing was imported; see to the disk and import again")


def _take(folder: Path, name: str) -> int:
    while True:
        folder.mkdir(mode=0o755, exist_ok=True)
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # the one before has just removed its folder
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / _CANCEL).unlink(missing_ok=True)
            if os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            fix = f"pxeserve media imports shows how far it is; pxeserve media import --cancel {name} stops it"
            raise ConflictError(f"{name} is being imported already", fix=fix) from None
        except FileNotFoundError:
            pass
        os.close(descriptor)


def _read(journal: Path) -> tuple[dict[str, Any] | None, dict[str, Done]]:
    """The header of a journal, and the files that it says are whole. A last line that a kill has cut off counts for nothing."""
    header: dict[str, Any] | None = None
    done: dict[str, Done] = {}
    try:
        lines = journal.read_text(errors="replace").splitlines()
    except OSError:
        return None, {}
    for text in lines:
        try:
            line = json.loads(text)
            if "anew" in line:
                done.pop(line["anew"], None)
            elif "path" in line:
                done[line["path"]] = Done(FileSums(line["path"], int(line["size"]), line["md5"], line["sha256"]), line["stamp"])
            elif header is None or "version" in line:
                header = {**line, "begun": header["begun"] if header else line["begun"]}
            else:
                header["total"] = line["total"]
        except (ValueError, KeyError, TypeError):
            continue
    return header, done
