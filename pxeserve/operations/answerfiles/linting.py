"""Answerfiles checked and fixed: for the command line as files, for programs as texts. Asks no host and keeps nothing."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pxeserve.answerfile.dialects import DIALECTS, spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import MAX_BYTES
from pxeserve.answerfile.finding import Finding, as_data
from pxeserve.answerfile.lint import linted
from pxeserve.answerfile.lint.fixes import fixed
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and what is known of it; `made` are the findings that were fixed in it, `note` why none were although some could be."""

    file: str
    findings: tuple[Finding, ...]
    made: tuple[Finding, ...] = ()
    note: str = ""

    def data(self) -> dict[str, Any]:
        """As it is printed for programs: the contract's keys, then what else there is."""
        said = {"file": self.file, **as_data(self.findings)}
        if self.made:
            said["fixed"] = as_data(self.made)["findings"]
        return {**said, "note": self.note} if self.note else said


def known_dialect(name: str) -> Dialect:
    """The dialect of that name. Raises NotFoundError with those that there are."""
    found = spoken(name)
    if found is None:
        raise NotFoundError(f"dialect {name} is not known", fix=f"one of {', '.join(DIALECTS)}")
    return found


def lint_file(path: Path, dialect: Dialect, *, look: bool = False) -> Judged:
    """The verdict on a file. Raises PxeserveError for what cannot be read. `look`: at what its addresses lead to, too."""
    return Judged(str(path), _all(read_file(path), dialect, look))


def fix_file(path: Path, dialect: Dialect, *, look: bool = False) -> Judged:
    """The verdict on a file, after every edit was made in it that needs no person to decide; the file is exchanged whole. Raises
    PxeserveError for what cannot be read or written."""
    text = read_file(path)
    better = fixed(text, dialect)
    if better.made:
        _exchange(path, better.text)
    note = "" if better.made or _is_utf_8(text) else "not UTF-8: nothing in it is changed"
    return Judged(str(path), _all(better.text, dialect, look), better.made, note)


@verb("answerfile.lint", role=Role.VIEWER)
def lint(_context: Context, *, text: str, dialect: str, name: str = "answerfile") -> dict[str, Any]:
    """The verdict on one answerfile, given as a text. Raises NotFoundError for a dialect that this release does not know."""
    return Judged(name, _all(text.encode("utf-8", "surrogatepass"), known_dialect(dialect), False)).data()


def _all(text: bytes, dialect: Dialect, look: bool) -> tuple[Finding, ...]:
    found = linted(text, dialect)
    if not look:
        return found.findings
    from pxeserve.operations.answerfiles import looking  # clients of three protocols, which the service has no use for

    return _by_place([*found.findings, *looking.look(found, dialect)])


def _by_place(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (one.line, one.column)))


def read_file(path: Path) -> bytes:
    """At most one byte more than an answerfile may have, so that neither a disk image nor a device without end does harm. Raises
    PxeserveError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PxeserveError(f"{path}: {error.strerror}", fix="name an answerfile that can be read") from None


def _exchange(path: Path, text: bytes) -> None:
    """Write beside it, and put that in its place, with its mode and owner; through a link, in place of what the link names."""
    target = path.resolve()
    try:
        was = target.stat()
        if not stat.S_ISREG(was.st_mode):
            raise PxeserveError(f"{path}: no plain file, so nothing in it is changed")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), was.st_uid, was.st_gid)
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PxeserveError(f"{path}: {error.strerror}: nothing in it was changed", fix="see who may write there") from None


def _is_utf_8(text: bytes) -> bool:
    with contextlib.suppress(UnicodeDecodeError):
        return "\0" not in text.decode()
    return False
