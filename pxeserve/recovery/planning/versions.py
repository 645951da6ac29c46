"""Which medium a host comes back from: exactly what its pool runs. Newer or older is refused, and so is every doubt.

A member of another version cannot join, and a database goes back only onto the version that wrote it. Refuses to know everything else of
a plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.domain.medium import Role as MediumRole
from pxeserve.domain.pool import Pool
from pxeserve.recovery.planning.facts import Backup, Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be installed, and who says so. `build` is "" when nobody knows it."""

    product: str
    version: str
    build: str
    because: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How it came out: `wanted` where it is known at all; a refusal with its way on, or "" for a medium that fits; what to mind."""

    wanted: Wanted | None
    refused: str = ""
    fix: str = ""
    mind: str = ""


def fit(role: Role, pool: Pool, backup: Backup | None, profile: str, medium: Medium | None, media: Sequence[Medium]) -> Fit:
    """Whether `medium`, the one that `profile` names, is what a host of this role must be installed from."""
    wanted = _wanted(role, pool, backup)
    if isinstance(wanted, Fit):
        return wanted
    if medium is None:
        return Fit(wanted, f"profile {profile} names no medium that is here", _another(wanted, profile, media))
    if medium.product.lower() != wanted.product.lower():
        said = f"medium {medium.name} is {medium.product} {medium.version}, and {wanted.because}"
        return Fit(wanted, said, _another(wanted, profile, media))
    have, want = numbers(medium.version), numbers(wanted.version)
    if have != want:
        word = "newer" if have > want else "older"
        said = f"medium {medium.name} is {word}, {medium.product} {medium.version}, and {wanted.because}"
        return Fit(wanted, said, _another(wanted, profile, media))
    if wanted.build and medium.build and wanted.build != medium.build:
        said = f"medium {medium.name} is build {medium.build} of {medium.version}, and {wanted.because} build {wanted.build}"
        return Fit(wanted, said, _another(wanted, profile, media))
    known = bool(wanted.build and medium.build)
    return Fit(wanted, mind="" if known else "its build cannot be compared: a pool takes only hosts of one build with the same updates")


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing: `8.3.0` and `8.3` are one. What is no number ends it."""
    found: list[int] = []
    for part in version.split("."):
        if not part.isascii() or not part.isdigit():
            break
        found.append(int(part))
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def _wanted(role: Role, pool: Pool, backup: Backup | None) -> Wanted | Fit:
    fix = f"say what it runs: pxeserve pool set {pool.name} --set product=PRODUCT --set version=VERSION"
    if role is Role.SOLE:
        return _of_backup(pool, backup)
    if not pool.product or not numbers(pool.version):
        if backup is None or not numbers(backup.version):
            return Fit(None, f"nobody has said which product and version pool {pool.name} runs, and there is no backup that tells", fix)
        because = f"pool {pool.name} ran {backup.product} {backup.version} when backup {backup.id} was taken"
        return Wanted(backup.product, backup.version, backup.build, because)
    build = ""
    if backup is not None:
        same = (backup.product.lower(), numbers(backup.version)) == (pool.product.lower(), numbers(pool.version))
        if not same and numbers(backup.version) > numbers(pool.version):
            entered = f"pool {pool.name} is entered as {pool.product} {pool.version}"
            said = f"{entered}, and its newest backup {backup.id} holds {backup.product} {backup.version}"
            return Fit(None, said, fix)
        build = backup.build if same else ""
    return Wanted(pool.product, pool.version, build, f"pool {pool.name} runs {pool.product} {pool.version}")


def _of_backup(pool: Pool, backup: Backup | None) -> Wanted | Fit:
    if backup is None:
        said = f"{pool.master} is alone in pool {pool.name}, and without a good backup of its database its guests' settings are lost"
        fix = f"bring one: pxeserve backup add FILE --pool {pool.name}; or give them up: pxeserve host install {pool.master}"
        return Fit(None, said, fix)
    if not backup.product or not numbers(backup.version):
        said = f"backup {backup.id} does not tell which product and version wrote it"
        return Fit(None, said, f"bring another: pxeserve backup add FILE --pool {pool.name}")
    if pool.product and numbers(pool.version):
        same = (backup.product.lower(), numbers(backup.version)) == (pool.product.lower(), numbers(pool.version))
        if not same:
            ran = f"pool {pool.name} ran {pool.product} {pool.version}"
            said = f"{ran}, and its newest backup {backup.id} holds {backup.product} {backup.version}"
            fix = f"if the backup is right: pxeserve pool set {pool.name} --set 'product={backup.product}' --set version={backup.version}"
            return Fit(None, said, fix)
    because = f"backup {backup.id} was written by {backup.product} {backup.version}"
    return Wanted(backup.product, backup.version, backup.build, because)


def _another(wanted: Wanted, profile: str, media: Sequence[Medium]) -> str:
    """Which imported medium would be right, or what to import."""
    right = [one for one in media if _suits(wanted, one)]
    if right:
        name = right[0].name
        return f"medium {name} is that: pxeserve profile set {profile} --medium {name}, or give the host a profile of its own"
    build = f" build {wanted.build}" if wanted.build else ""
    return f"import {wanted.product} {wanted.version}{build}: pxeserve media import SOURCE --name NAME; then name it in profile {profile}"


def _suits(wanted: Wanted, medium: Medium) -> bool:
    if medium.role is not MediumRole.MAIN or medium.state is not MediumState.GOOD or medium.boot is None:
        return False
    if medium.product.lower() != wanted.product.lower() or numbers(medium.version) != numbers(wanted.version):
        return False
    return not (wanted.build and medium.build and wanted.build != medium.build)
