"""Whether a medium still is what was imported, and what its installer could still make of it.

Three ways to look, each deeper than the one before: `changed` reads what the file system says was touched since it was last read whole;
`full` reads every byte; `from_disk` reads every byte past the kernel's memory of files. Damage is named: the file, what is there, and
what line says what should be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.repo import explaining, signature
from pxeserve.repo.hashing import Wanted, read_all
from pxeserve.repo.manifest import FileSums
from pxeserve.repo.opening import Opened, Opening, Unlike, Unreachable, opening
from pxeserve.repo.signature import Signature, Signed
from pxeserve.repo.stamps import settled, stamp
from pxeserve.repo.standing import Seen, Turned, settle
from pxeserve.store import Store, media
from pxeserve.store.media import FileRow

Report = Callable[[int, int, str], None]
"""Takes bytes done, bytes in all, and what is being done."""

_WORLD = 0o004


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. Nothing but `faults` makes a medium damaged. `read` files were read whole, `bytes` in all; `unchanged` ones were
    taken for what they were when they were last read. `turned`: the medium was marked by it."""

    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    read: int
    unchanged: int
    bytes: int
    signature: Signature | None = None
    turned: Turned | None = field(default=None, compare=False)

    @property
    def state(self) -> MediumState:
        """What the medium is."""
        return MediumState.DAMAGED if self.faults else MediumState.GOOD


def changed(store: Store, data: Path, medium: Medium, report: Report) -> Verdict:
    """Read the files whose stamp differs from when they were last read whole and right. A medium that is marked damaged, and now looks
    right, is read whole from the disk before it is called good."""
    verdict = _judge(store, data, medium, report, _touched, _as_it_is)
    if medium.state is MediumState.GOOD or verdict.faults:
        return verdict
    return from_disk(store, data, medium, report)


def full(store: Store, data: Path, medium: Medium, report: Report) -> Verdict:
    """Read every byte; one that is marked damaged, from the disk itself."""
    if medium.state is MediumState.DAMAGED:
        return from_disk(store, data, medium, report)
    return _judge(store, data, medium, report, _all, _as_it_is)


def from_disk(store: Store, data: Path, medium: Medium, report: Report) -> Verdict:
    """Read every byte from the disk itself, whatever the kernel remembers of the files."""
    return _judge(store, data, medium, report, _all, Opened.from_disk)


def sums_wanted(medium: Medium, file: FileRow) -> tuple[str, ...]:
    """MD5 where an index line gives one (packages of the text and XML formats); SHA-256 always."""
    return ("md5", "sha256") if file.md5 and file.position >= 0 and medium.format != "yum" else ("sha256",)


def unlike(file: FileRow, sums: Mapping[str, str]) -> str | None:
    """How a file's sums differ from those at its import, as the end of a sentence; None when they do not."""
    for name, shown, was in (("sha256", "SHA-256", file.sha256), ("md5", "MD5", file.md5)):
        if name in sums and sums[name] != was:
            return f"{shown} is {sums[name]}, and it was {was} when it was imported"
    return None


@dataclass(slots=True)
class _Look:
    """One look at a medium while it lasts: what is wrong by path, the sums of what is there, the stamps of what was read right."""

    wrong: dict[str, str] = field(default_factory=dict)
    sums: dict[str, FileSums] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    private: list[str] = field(default_factory=list)


_Choose = Callable[[FileRow, str], bool]
_Prepare = Callable[[Opened], None]


def _touched(file: FileRow, now: str) -> bool:
    return not file.stamp or file.stamp != now


def _all(_file: FileRow, _now: str) -> bool:
    return True


def _as_it_is(_opened: Opened) -> None:
    return


def _judge(store: Store, data: Path, medium: Medium, report: Report, choose: _Choose, prepare: _Prepare) -> Verdict:
    with store.site.read() as connection:
        files = media.files(connection, medium.name)
    try:
        with opening(data, medium) as opened:
            return _look(store, opened, medium, files, report, choose, prepare)
    except Unreachable as unreachable:
        turned = settle(store, medium, Seen((str(unreachable),), {}, whole=False), time.time())
        return Verdict((str(unreachable),), (), 0, 0, 0, turned=turned)


def _look(
    store: Store, opened: Opening, medium: Medium, files: Sequence[FileRow], report: Report, choose: _Choose, prepare: _Prepare
) -> Verdict:
    look = _Look()
    chosen = _chosen(opened, files, look, choose)
    _read(opened, medium, chosen, look, report, prepare)
    intruders = explaining.intruders(opened, files)
    signed = None
    faults: list[str] = []
    if chosen or look.wrong or intruders or medium.state is MediumState.DAMAGED:
        read = explaining.reader(opened, files)
        faults = explaining.faults(medium, look.sums, look.wrong, read)
        signed = signature.check(explaining.key_of(read, look.sums), read) if medium.format == "yum" else None
        faults += [signed.text] if signed is not None and signed.state is Signed.BAD else []
    faults += intruders
    warnings = [*look.private, *explaining.extras(opened, files)]
    if signed is not None and signed.state in (Signed.UNCHECKED, Signed.EXPIRED):
        warnings.append(signed.text)
    size = sum(file.size for file in chosen)
    turned = settle(store, medium, Seen(faults, look.stamps, whole=len(chosen) == len(files)), time.time())
    return Verdict(tuple(faults), tuple(warnings), len(chosen), len(files) - len(chosen) - _missing(look, chosen), size, signed, turned)


def _missing(look: _Look, chosen: Iterable[FileRow]) -> int:
    return len(look.wrong.keys() - {file.path for file in chosen})


def _chosen(opened: Opening, files: Sequence[FileRow], look: _Look, choose: _Choose) -> list[FileRow]:
    """The files to be read. What can be told of the others without reading goes into `look`."""
    chosen = []
    for file in files:
        try:
            one = opened.open(file)
        except Unlike as unlike_:
            look.wrong[file.path] = unlike_.sentence
            if unlike_.size is not None:
                look.sums[file.path] = FileSums(file.path, unlike_.size, "", "")
            if file.stamp:
                look.stamps[file.path] = ""
            continue
        one.close()
        if not one.found.st_mode & _WORLD:
            said = "only its owner may read it, so NFS clients whose root is squashed may not"
            look.private.append(f"{file.path}: {said}")
        if choose(file, stamp(one.found)):
            chosen.append(file)
        else:
            look.sums[file.path] = FileSums(file.path, file.size, file.md5, file.sha256)
    return chosen


def _read(opened: Opening, medium: Medium, chosen: Sequence[FileRow], look: _Look, report: Report, prepare: _Prepare) -> None:
    by_path = {file.path: file for file in chosen}
    total = sum(file.size for file in chosen)

    def open_(file: FileRow) -> Opened:
        one = opened.open(file)
        prepare(one)
        return one

    wanted = [Wanted(file.path, file.size, sums_wanted(medium, file), partial(open_, file)) for file in chosen]
    for summed in read_all(wanted, lambda done, name: report(done, total, f"reading {name}")):
        file = by_path[summed.name]
        said = _trouble(summed.error) if summed.error is not None else unlike(file, summed.sums)
        if said:
            look.wrong[file.path] = said
        if summed.error is None:
            sums = summed.sums
            look.sums[file.path] = FileSums(file.path, file.size, sums.get("md5", file.md5), sums["sha256"])
        now = settled(summed.found) if summed.found is not None and not said else ""
        if now != file.stamp:
            look.stamps[file.path] = now


def _trouble(error: Exception) -> str:
    match error:
        case Unlike():
            return error.sentence
        case OSError():
            return f"could not be read: {error.strerror or error}"
    raise error
