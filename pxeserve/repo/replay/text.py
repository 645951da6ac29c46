"""How 4.1, 5.0 and 5.5 read XS-REPOSITORY and XS-PACKAGES: line by line, and whatever is amiss ends as a Python error of that day."""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.repo.replay.reading import MOST_PACKAGES, InstallerError, Listed, integer


@dataclass(frozen=True, slots=True)
class _Kind:
    """A package type: how many fields its line has, which of them is FILE, and how many arguments Python's message counts."""

    fields: int
    file: int

    @property
    def arguments(self) -> int:
        return self.fields + 1


_FOUR_ONE = {"tbz2": _Kind(7, 5), "driver": _Kind(6, 4), "firmware": _Kind(5, 4)}
_KINDS = {"4.1": _FOUR_ONE, "5.0": _FOUR_ONE, "5.5": {**_FOUR_ONE, "rpm": _Kind(5, 4), "driver-rpm": _Kind(6, 5)}}


def repository(content: bytes) -> tuple[str, str]:
    """Identity and shown name. Raises InstallerError."""
    lines = [line.strip() for line in _lines(content)]
    if len(lines) < 2:
        raise InstallerError("IndexError: list index out of range")
    return lines[0], lines[1]


def packages(content: bytes, dialect: str) -> tuple[Listed, ...]:
    """The lines of XS-PACKAGES. Raises InstallerError for the first that this installer cannot read."""
    kinds = _KINDS[dialect]
    found = []
    for line in _lines(content):
        fields = line.strip().split(" ")
        if len(fields) < 4:
            count = f"{len(fields)} value{'s' if len(fields) > 1 else ''}"
            raise InstallerError(f"ValueError: need more than {count} to unpack")
        name, size, digest, kind = fields[:4]
        shape = kinds.get(kind)
        if shape is None:
            raise InstallerError(f"UnknownPackageType: {kind}")
        if len(fields) != shape.fields:
            raise InstallerError(f"TypeError: __init__() takes exactly {shape.arguments} arguments ({len(fields) + 1} given)")
        found.append(Listed(name, integer(size), digest, kind, fields[shape.file]))
        if len(found) > MOST_PACKAGES:
            raise InstallerError(f"more than {MOST_PACKAGES} packages, which this replay does not follow")
    return tuple(found)


def folders(content: bytes) -> tuple[str, ...]:
    """The lines of XS-REPOSITORY-LIST (5.5 to 7.0)."""
    return tuple(line.strip() for line in _lines(content))


def _lines(content: bytes) -> list[str]:
    """As a file's `readlines`: an end without a newline is a line, an end with one is none."""
    lines = content.decode("latin-1").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
