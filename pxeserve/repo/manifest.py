"""What a medium holds: every file with its size and sums, and what the installer will make of them.

Built from one pass over the files; checks every package against the line that lists it. Knows no format: those are asked in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pxeserve.domain.medium import BootFiles, Role
from pxeserve.errors import PxeserveError
from pxeserve.repo.formats import FORMATS
from pxeserve.repo.formats.boot import boot_files
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import FileSums, Found
from pxeserve.repo.formats.places import FOLDERS
from pxeserve.repo.formats.xs import PACKAGES_FILE, REPOSITORY_FILE

__all__ = ["SAMPLE_MARK", "FileSums", "Listed", "Manifest", "MediumFault", "build", "revision", "sums_needed"]

_MAX_FAULTS = 20
_LARGEST_INDEX = 64 << 20
SAMPLE_MARK = "PXESERVE-SAMPLE"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the manifest. `kind` is the package's type, `index` for repository indexes, else `plain`; `position` is the place
    in the order in which the installer fetches packages, or -1."""

    sums: FileSums
    kind: str
    position: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole medium. `revision` is SHA-256 over its lines, hex; `notes` say what installers stumble over without failing."""

    format: str
    product: str
    version: str
    build: str
    dialect: str
    boot: BootFiles | None
    repositories: tuple[str, ...]
    files: tuple[Listed, ...]
    revision: str
    sample: bool
    role: Role = Role.MAIN
    notes: tuple[str, ...] = ()


def sums_needed(paths: Iterable[str]) -> tuple[str, ...]:
    """Which sums a tree of these names wants: SHA-256 names all content, MD5 (three times as dear) is only what XS-PACKAGES lists."""
    return ("md5", "sha256") if any(path.rpartition("/")[2] == PACKAGES_FILE for path in paths) else ("sha256",)


class MediumFault(PxeserveError):
    """A tree that is not a good medium: up to twenty faults, a line each."""


def build(files: Mapping[str, FileSums], read: Callable[[str], bytes]) -> Manifest:
    """The manifest of a tree. `read` gives the content of an index file. Raises MediumFault naming every fault."""
    try:
        found = next((one for format in FORMATS if (one := format.read_medium(files, _bounded(files, read))) is not None), None)
    except FormatError as error:
        raise MediumFault(str(error)) from None
    if found is None:
        raise MediumFault(_nothing(files))
    damaged = [fault for line in found.lines if (fault := line.damage(files.get(line.path)))]
    faults = [*found.faults, *damaged, *_claimed_twice(found)]
    if faults:
        raise MediumFault(_joined(faults), fix="\n  ".join(f"note: {note}" for note in found.notes[:_MAX_FAULTS]))  # the reason, perhaps
    listed: dict[str, Listed] = {}
    for position, line in enumerate(found.lines):
        listed.setdefault(line.path, Listed(files[line.path], line.kind, position))
    listed |= {path: Listed(files[path], "index", -1) for path in found.indexes}
    everything = tuple(listed.get(path) or Listed(sums, "plain", -1) for path, sums in sorted(files.items()))
    return Manifest(
        found.format, found.product, found.version, found.build, found.dialect, boot_files(files), found.repositories, everything,
        revision(everything), SAMPLE_MARK in files, found.role, found.notes,
    )  # fmt: skip


def revision(files: Iterable[Listed]) -> str:
    """The name of exactly this content: SHA-256 over `path size sha256` lines in order of path, hex."""
    lines = "".join(f"{item.sums.path} {item.sums.size} {item.sums.sha256}\n" for item in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _bounded(files: Mapping[str, FileSums], read: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """`read`, which takes no file into memory that is larger than any index is."""

    def bounded(path: str) -> bytes:
        if files[path].size > _LARGEST_INDEX:
            raise FormatError(path, 1, 1, f"{files[path].size} bytes: no index of packages is that large")
        return read(path)

    return bounded


def _claimed_twice(found: Found) -> list[str]:
    """A file that two indexes of one kind list, or an index that is listed as a package: their lines cannot both mean it."""
    faults = []
    seen: dict[tuple[str, str], str] = {}
    for line in found.lines:
        before = "an index by itself" if line.path in found.indexes else seen.get((line.path, line.algorithm))
        if before is not None:
            faults.append(f"{line.index}:{line.line}:1: {line.path} is {before}")
        seen[line.path, line.algorithm] = f"listed already, in {line.index} line {line.line}"
    return faults


def _nothing(files: Mapping[str, FileSums]) -> str:
    half = [path for path in files if path.rsplit("/", 1)[-1] in (REPOSITORY_FILE, PACKAGES_FILE)]
    if half:
        return f"only {', '.join(sorted(half)[:4])}: the installer wants {REPOSITORY_FILE} and {PACKAGES_FILE} side by side"
    if boot_files(files) is not None:
        return "no repository here, only boot files, and no sign of an XCP-ng netinstall tree; import all of the medium"
    places = ", ".join(folder or "the top folder" for folder in FOLDERS)
    top = dict.fromkeys(name for format in FORMATS for name in format.MARKERS if name not in (REPOSITORY_FILE, PACKAGES_FILE))
    return f"no repository here: {REPOSITORY_FILE} and {PACKAGES_FILE} were looked for in {places}; at the top {', '.join(top)}"


def _joined(faults: list[str]) -> str:
    shown = faults[:_MAX_FAULTS]
    more = len(faults) - len(shown)
    return "\n".join([*shown, f"and {more} more"] if more else shown)
