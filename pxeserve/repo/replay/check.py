"""The installer's own "verify installation source", as each generation does it, beside what reading the same bytes shows.

Only people ask for it: an unattended installation checks no sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pxeserve.repo.replay.accessor import Accessor, Taken, UnreadableError
from pxeserve.repo.replay.generation import Format, Generation
from pxeserve.repo.replay.reading import Found, InstallerError, Listed

RIGHT, DAMAGED, PRESENT = "right", "damaged", "present"
_LOOKED_FOR = frozenset({"driver", "firmware"})


@dataclass(frozen=True, slots=True)
class Checked:
    """One package after the check: what the installer says of it, what was read (None: nothing was), and what it met."""

    repository: Found
    package: Listed
    installer: str
    taken: Taken | None
    because: str


def check(generation: Generation, found: list[Found], source: Accessor) -> Iterator[Checked]:
    """Every package of every repository, in the installer's order. Raises InstallerError when the check itself ends with an exception."""
    for repository in found:
        if repository.packages is None:
            raise InstallerError("AttributeError: 'YumRepository' object has no attribute '_packages'")
        if not repository.packages and generation.check.empty_crashes:
            raise InstallerError("TypeError: reduce() of empty sequence with no initial value")
        if repository.packages and not sum(package.size for package in repository.packages):
            raise InstallerError("ZeroDivisionError: integer division or modulo by zero")
        for package in repository.packages:
            yield _one(generation, repository, package, source)


def _one(generation: Generation, repository: Found, package: Listed, source: Accessor) -> Checked:
    if package.kind in _LOOKED_FOR:
        if source.there(package.file):
            return Checked(repository, package, PRESENT, None, "")
        where = f"looked for at the address's root and not in {repository.folder}" if repository.folder else "not there"
        return Checked(repository, package, DAMAGED, None, where)
    try:
        taken = source.fetch(repository.path(package.file))
    except UnreadableError as error:
        return Checked(repository, package, DAMAGED, None, str(error))
    if taken.size and (package.size // 100 == 0 if generation.check.tiny_is_damaged else package.size == 0):
        return Checked(repository, package, DAMAGED, taken, f"listed with {package.size} bytes: its size in hundredths is the divisor")
    if taken.size and repository.name is None:
        return Checked(repository, package, DAMAGED, taken, "the check stumbles over a repository that has no name")
    kind, sum_ = ("SHA-256", taken.sha256) if repository.format is Format.YUM else ("MD5", taken.md5)
    if sum_ == package.digest:
        return Checked(repository, package, RIGHT, taken, "")
    if sum_ == package.digest.lower():
        return Checked(repository, package, DAMAGED, taken, f"its {kind} is listed in capitals, which never match")
    return Checked(repository, package, DAMAGED, taken, f"{kind} {sum_} came, and {package.digest} is listed")


def ours(repository: Found, package: Listed, taken: Taken) -> str:
    """What reading the bytes shows: `right`, or what is wrong with them. Capitals are as good as small letters here."""
    kind, sum_ = ("SHA-256", taken.sha256) if repository.format is Format.YUM else ("MD5", taken.md5)
    if sum_ != package.digest.lower():
        return f"{taken.size} bytes with {kind} {sum_}, and {package.digest} is listed"
    if taken.size != package.size:
        return f"{taken.size} bytes, and {package.size} are listed"
    return RIGHT
