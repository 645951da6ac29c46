"""What the sums of a medium's files mean: which line of which index says otherwise, and what the installer would find besides.

Given what was read, it re-reads the indexes with the code that imported them, so that a medium is judged by one and the same rules at
its import and ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from pxeserve.domain.medium import Medium
from pxeserve.errors import PxeserveError
from pxeserve.repo import signature
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.places import FOLDERS, LIST_FILE
from pxeserve.repo.formats.repodata import REPOMD, SIGNATURE
from pxeserve.repo.formats.treeinfo import TREEINFO, read_treeinfo
from pxeserve.repo.formats.xs import PACKAGES_FILE, REPOSITORY_FILE
from pxeserve.repo.hashing import pieces
from pxeserve.repo.manifest import FileSums, MediumFault, build
from pxeserve.repo.opening import Opening, Unlike
from pxeserve.repo.signature import Signed
from pxeserve.store.media import FileRow

_MORE, _MISSING = "and ", "missing"
_INDEXES = (
    *(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in (REPOSITORY_FILE, PACKAGES_FILE)),
    LIST_FILE,
    TREEINFO,
    "update.xml",
    REPOMD,
)
"""Names that installers of one generation or another ask for when they look for packages."""

_MOST_EXTRAS = 20
_LARGEST_INDEX = 256 << 20


def faults(medium: Medium, sums: Mapping[str, FileSums], wrong: Mapping[str, str], read: Callable[[str], bytes]) -> list[str]:
    """All that is wrong with a medium, a sentence each: `wrong` (what was found of a file, by path), in the words of the line that lists it
    where there is one, and whatever else the indexes are refused for. `sums` are of the files that are there."""
    listed = dict(wrong)
    besides: list[str] = []
    try:
        manifest = build(sums, read)
    except MediumFault as fault:
        for line in fault.message.splitlines():
            path = next((path for path in wrong if line.startswith(f"{path}: ")), None)
            if path is not None:
                listed[path] = _both(wrong[path], line.removeprefix(f"{path}: "))
            elif not (line.startswith(_MORE) and line.endswith(" more")):
                besides.append(line)
    except PxeserveError as error:
        besides.append(error.message)
    else:
        if not wrong and manifest.revision != medium.revision:
            besides.append(f"its content is not that of revision {medium.revision[:12]}, which was imported")
    return [*(f"{path}: {said}" for path, said in sorted(listed.items())), *besides]


def intruders(opening: Opening, files: Sequence[FileRow]) -> list[str]:
    """Indexes that were not there when the medium was imported: an installer would find another repository than the one checked."""
    known = {file.path for file in files}
    said = "was not there when the medium was imported, and installers read it: take it away, or import the folder anew"
    return [f"{path}: {said}" for path in _INDEXES if path not in known and opening.has(path)]


def extras(opening: Opening, files: Sequence[FileRow]) -> list[str]:
    """Files in folders of packages that belong to no medium. Harmless to installers, and a sign that somebody was here."""
    known = {file.path for file in files}
    found = list(_extras(opening, files, known))
    more = len(found) - _MOST_EXTRAS
    return [*found[:_MOST_EXTRAS], *([f"and {more} more files that do not belong to it"] if more > 0 else [])]


def _both(found: str, line: str) -> str:
    """What was found, and what the line says; to the index a file that cannot be read is just missing."""
    return found + line.removeprefix(_MISSING) if line.startswith(_MISSING) and not found.startswith(_MISSING) else line


def _extras(opening: Opening, files: Sequence[FileRow], known: set[str]) -> Iterator[str]:
    folders = {file.path.rpartition("/")[0] for file in files if file.position >= 0 or file.kind == "index"}
    for folder in sorted(folders):
        for name in sorted(opening.members(folder)):
            path = f"{folder}/{name}" if folder else name
            if path not in known and path not in _INDEXES:
                yield f"{_printable(path)}: does not belong to the medium"


def key_of(read: Callable[[str], bytes], sums: Mapping[str, FileSums]) -> str:
    """The path of the key that `.treeinfo` names first, when it and the signature are there; "" else."""
    if TREEINFO not in sums or REPOMD not in sums:
        return ""
    try:
        key = read_treeinfo(read(TREEINFO)).key
    except FormatError:
        return ""
    return key if key in sums and SIGNATURE in sums else ""


def refuse_bad_signature(sums: Mapping[str, FileSums], read: Callable[[str], bytes]) -> None:
    """Raise MediumFault when installers would ask for a signature, and refuse the one that is there. For whoever imports."""
    signed = signature.check(key_of(read, sums), read)
    if signed.state is Signed.BAD:
        raise MediumFault(signed.text)


def reader(opened: Opening, files: Sequence[FileRow]) -> Callable[[str], bytes]:
    """Gives the content of one of the files, an index usually, as it is now."""
    by_path = {file.path: file for file in files}

    def read(path: str) -> bytes:
        file = by_path[path]
        if file.size > _LARGEST_INDEX:
            return b""
        try:
            one = opened.open(file)
        except Unlike:
            return b""
        try:
            return b"".join(bytes(piece) for piece in pieces(one))
        except OSError:
            return b""
        finally:
            one.close()

    return read


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode() if path.isprintable() else ascii(path)
