"""How installers compare versions: 5.6 by three numbers and a build, 6.0 and later by as many numbers as there are, and no build."""

from __future__ import annotations

import re

from pxeserve.repo.replay.generation import Generation
from pxeserve.repo.replay.reading import InstallerError

_THREE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+)[^-]*)?", re.ASCII)


def readable(version: str, generation: Generation) -> None:
    """Raises InstallerError for a version that this generation cannot read. Only 5.6 is particular."""
    if _particular(generation):
        _numbers(version)


def compare(left: str, right: str, generation: Generation) -> int:
    """Below, equal to or above nought, as `left` is to `right`. Raises InstallerError where that cannot be said."""
    if _particular(generation):
        one, build = _numbers(left)
        other, wanted = _numbers(right)
        if one != other or build is None or wanted is None:
            return (one > other) - (one < other)
        return build - wanted
    one_part, other_part = (text.partition("-")[0].split(".") for text in (left, right))
    for here, there in zip(one_part, other_part, strict=False):  # the shorter one is less, when all before is equal
        if not (here.isdigit() and there.isdigit()):
            raise InstallerError("TypeError: unsupported operand type(s) for -")
        if int(here) != int(there):
            return int(here) - int(there)
    return len(one_part) - len(other_part)


def _particular(generation: Generation) -> bool:
    return generation.dialect == "5.6"


def _numbers(version: str) -> tuple[tuple[int, int, int], int | None]:
    """The three numbers and the build. Raises InstallerError."""
    found = _THREE.fullmatch(version)
    if found is None:
        raise InstallerError(f"ValueError: version {version!r} is not a.b.c or a.b.c-build")
    return (int(found[1]), int(found[2]), int(found[3] or 0)), int(found[4]) if found[4] else None
