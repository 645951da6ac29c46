"""What a format is: a module that looks for its markers in a tree and says what an installer of its generations would find there.

Nothing here knows any format. A format refuses to know where files lie: it gets names, sums, and a function that reads an index file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pxeserve.domain.medium import Role

Read = Callable[[str], bytes]
"""Gives the content of an index file, by its path from the medium's top."""


@dataclass(frozen=True, slots=True)
class FileSums:
    """One file as it was read: path, bytes, and both sums in lower-case hex. `md5` is "" where no list of the tree could hold it."""

    path: str
    size: int
    md5: str
    sha256: str


Files = Mapping[str, FileSums]


@dataclass(frozen=True, slots=True)
class Line:
    """One package as its index lists it. `path` is from the medium's top, `size` in bytes; `sum` is MD5 or SHA-256 as `algorithm` says;
    `line` counts from 1 in `index`."""

    path: str
    kind: str
    size: int
    algorithm: str
    sum: str
    index: str
    line: int

    def damage(self, sums: FileSums | None) -> str | None:
        """How the file differs from its line, as a sentence; None when it does not."""
        place = f"{self.index} line {self.line}"
        if sums is None:
            return f"{self.path}: missing, but {place} lists it"
        if sums.size != self.size:
            return f"{self.path}: {sums.size} bytes, but {place} says {self.size}"
        found = sums.md5 if self.algorithm == "MD5" else sums.sha256
        return f"{self.path}: {self.algorithm} is {found}, but {place} says {self.sum}" if found != self.sum else None


@dataclass(frozen=True, slots=True)
class Found:
    """What a tree is. `lines` are its packages in the order in which they are installed; `indexes` the files that say so; `faults` why it
    is refused, a sentence each; `notes` what installers stumble over. A pack's `product` is its own id, its `dialect` ""."""

    format: str
    role: Role
    product: str
    version: str
    build: str
    dialect: str
    repositories: tuple[str, ...]
    lines: tuple[Line, ...]
    indexes: tuple[str, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def together(found: Found, other: Found) -> Found:
    """Both at one address, as an installer that reads both finds them; what the tree is, `found` says."""
    return replace(
        found,
        repositories=(*found.repositories, *(one for one in other.repositories if one not in found.repositories)),
        lines=(*found.lines, *other.lines),
        indexes=(*found.indexes, *other.indexes),
        faults=(*found.faults, *other.faults),
        notes=(*found.notes, *other.notes),
    )


class Format(Protocol):
    """One format: a module of this package."""

    @property
    def NAME(self) -> str:
        """`text`, `xml`, `yum`, or `none` where there is no repository at all."""
        ...

    @property
    def MARKERS(self) -> tuple[str, ...]:
        """The names that an installer looks for."""
        ...

    def read_medium(self, files: Files, read: Read) -> Found | None:
        """What the tree is, with all its faults; None when it is not of this format."""
        ...
