"""Where installers of 4.0 to 7.0 look for repositories below an address, in their order, and what XS-REPOSITORY-LIST adds to that."""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Read
from pxeserve.repo.formats.xs import PACKAGES_FILE, REPOSITORY_FILE, path_fault

FOLDERS = ("", "packages", "packages.main", "packages.linux", "packages.site")
"""The folders of every generation (installer 4.1 and 5.0 know no others)."""

LIST_FILE = "XS-REPOSITORY-LIST"
"""Further folders, one a line, appended to those by installers from 5.5 on; its absence is only logged."""

_MAX_LISTED = 100
_LARGEST_LIST = 64 << 10


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that holds both files of a repository. `listed`: only XS-REPOSITORY-LIST names it."""

    folder: str
    listed: bool = False

    @property
    def prefix(self) -> str:
        """What stands before a file's name in it."""
        return f"{self.folder}/" if self.folder else ""


def read_list(text: bytes, file: str = LIST_FILE) -> tuple[tuple[str, int], ...]:
    """The folders that XS-REPOSITORY-LIST names, with their lines (from 1). CR LF is as good as LF. Raises FormatError.

    A blank line names the top folder once more, so it is refused; so are names that an installer could not put into an address.
    """
    if len(text) > _LARGEST_LIST:
        raise FormatError(file, 1, 1, f"{len(text)} bytes; this cannot be a list of folders")
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) > _MAX_LISTED:
        raise FormatError(file, _MAX_LISTED + 1, 1, f"more than {_MAX_LISTED} folders")
    found: dict[str, int] = {}
    for number, raw in enumerate(lines, 1):
        folder = raw.decode("ascii", "surrogateescape").strip()
        if not folder:
            raise FormatError(file, number, 1, "a blank line: installers take it for the top folder, and find what lies there twice")
        fault = path_fault(folder)
        if fault:
            shown = raw.decode("ascii", "backslashreplace").strip()
            raise FormatError(file, number, 1, f"folder {shown!r} {fault}")
        if folder in found:
            raise FormatError(file, number, 1, f"{folder} is listed twice, first in line {found[folder]}: it would be found twice")
        found[folder] = number
    return tuple(found.items())


def places(files: Files, read: Read) -> tuple[list[Place], list[str], list[str]]:
    """The repositories of a tree in an installer's order, what is wrong with the list, and what is odd about it."""
    found = [Place(folder) for folder in FOLDERS if is_repository(files, folder)]
    wrong = [fault for folder in FOLDERS if (fault := _half(files, folder))]
    listed: tuple[tuple[str, int], ...] = ()
    try:
        listed = read_list(read(LIST_FILE)) if LIST_FILE in files else ()
    except FormatError as error:
        wrong.append(str(error))
    odd: list[str] = []
    for folder, line in listed:
        if folder in FOLDERS:
            said = "is looked into anyway: installers find what is listed again twice; list other names only"
            odd.append(f"{LIST_FILE}:{line}:1: {folder} {said}")
        elif is_repository(files, folder):
            found.append(Place(folder, listed=True))
        else:
            odd.append(f"{LIST_FILE}:{line}:1: {folder} is listed, and there is no repository in it")
    seen = {place.prefix + REPOSITORY_FILE for place in found}
    for path in sorted(path for path in files if path.endswith(f"/{REPOSITORY_FILE}") and path not in seen):
        odd.append(f"{path}: no installer looks there; from 5.5 on it does when {LIST_FILE} names the folder")
    return found, wrong, odd


def _half(files: Files, folder: str) -> str | None:
    prefix = f"{folder}/" if folder else ""
    there, missing = prefix + REPOSITORY_FILE, prefix + PACKAGES_FILE
    if (there in files) is (missing in files):
        return None
    if missing in files:
        there, missing = missing, there
    return f"{there} is there and {missing} is not: installers pass over the folder, and install nothing of it"


def is_repository(files: Files, folder: str) -> bool:
    """Whether both files are there: an installer asks for both, and for nothing else."""
    prefix = f"{folder}/" if folder else ""
    return prefix + REPOSITORY_FILE in files and prefix + PACKAGES_FILE in files
