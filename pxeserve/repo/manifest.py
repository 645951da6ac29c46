"""What a medium holds: every file with its size and sums, and what the installer will make of them.

Built from one pass over the files; checks every package against the line that lists it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pxeserve.domain.medium import BootFiles
from pxeserve.errors import PxeserveError
from pxeserve.repo.formats import text

_MAX_FAULTS = 20
SAMPLE_MARK = "PXESERVE-SAMPLE"
_BOOT = BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")


@dataclass(frozen=True, slots=True)
class FileSums:
    """One file as it was read: path, bytes, and both sums in lower-case hex."""

    path: str
    size: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the manifest. `kind` is the package's type, `index` for repository indexes, else `plain`; `position` is the place
    in the order in which the installer fetches packages, or -1."""

    sums: FileSums
    kind: str
    position: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole medium. `revision` is SHA-256 over its lines, hex."""

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


class MediumFault(PxeserveError):
    """A tree that is not a good medium: up to twenty faults, a line each."""


def build(files: Mapping[str, FileSums], read: Callable[[str], bytes]) -> Manifest:
    """The manifest of a tree in the text format. `read` gives the content of an index file. Raises MediumFault naming every fault."""
    found = _repositories(files)
    if not found:
        raise MediumFault(_nothing(files))
    faults: list[str] = []
    listed: dict[str, Listed] = {}
    main: text.Repository | None = None
    position = 0
    for folder in found:
        prefix = f"{folder}/" if folder else ""
        repository, packages = _indexes(prefix, read, faults)
        for name in (text.REPOSITORY_FILE, text.PACKAGES_FILE):
            listed[prefix + name] = Listed(files[prefix + name], "index", -1)
        if repository is not None and (main is None or repository.id == "xs:main"):
            main = repository
        for package in packages:
            fault = _damage(prefix, package, files.get(prefix + package.file))
            if fault:
                faults.append(fault)
            else:
                listed[prefix + package.file] = Listed(files[prefix + package.file], package.kind, position)
            position += 1
    dialect = text.dialect(main) if main else None
    if main is not None and dialect is None:
        said = main.version or "no version"
        faults.append(f"{text.REPOSITORY_FILE}: product {main.product or '?'} {said} is not one that this format belongs to (4.0 to 5.5)")
    if faults:
        raise MediumFault(_joined(faults))
    assert main is not None and dialect is not None
    everything = tuple(listed.get(path) or Listed(sums, "plain", -1) for path, sums in sorted(files.items()))
    boot = _BOOT if all(path in files for path in (_BOOT.xen, _BOOT.kernel, _BOOT.initrd)) else None
    return Manifest(
        "text", main.product, main.version, main.build, dialect, boot, tuple(found), everything, revision(everything), SAMPLE_MARK in files
    )


def revision(files: Iterable[Listed]) -> str:
    """The name of exactly this content: SHA-256 over `path size sha256` lines in order of path, hex."""
    lines = "".join(f"{item.sums.path} {item.sums.size} {item.sums.sha256}\n" for item in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _repositories(files: Mapping[str, FileSums]) -> list[str]:
    def has(folder: str, name: str) -> bool:
        return (f"{folder}/{name}" if folder else name) in files

    return [folder for folder in text.FOLDERS if has(folder, text.REPOSITORY_FILE) and has(folder, text.PACKAGES_FILE)]


def _nothing(files: Mapping[str, FileSums]) -> str:
    if ".treeinfo" in files or "repodata/repomd.xml" in files:
        return "this is a medium of the yum kind (7.0 and later), which this release cannot import yet"
    half = [path for path in files if path.rsplit("/", 1)[-1] in (text.REPOSITORY_FILE, text.PACKAGES_FILE)]
    if half:
        return f"only {', '.join(sorted(half)[:4])}: the installer wants {text.REPOSITORY_FILE} and {text.PACKAGES_FILE} side by side"
    places = ", ".join(folder or "the top folder" for folder in text.FOLDERS)
    return f"no repository here: {text.REPOSITORY_FILE} and {text.PACKAGES_FILE} were looked for in {places}"


def _indexes(
    prefix: str, read: Callable[[str], bytes], faults: list[str]
) -> tuple[text.Repository | None, tuple[text.Package, ...]]:
    repository: text.Repository | None = None
    packages: tuple[text.Package, ...] = ()
    try:
        repository = text.read_repository(read(prefix + text.REPOSITORY_FILE), prefix + text.REPOSITORY_FILE)
    except text.FormatError as error:
        faults.append(str(error))
    try:
        packages = text.read_packages(read(prefix + text.PACKAGES_FILE), prefix + text.PACKAGES_FILE)
    except text.FormatError as error:
        faults.append(str(error))
    return repository, packages


def _damage(prefix: str, package: text.Package, sums: FileSums | None) -> str | None:
    line = f"{prefix}{text.PACKAGES_FILE} line {package.line}"
    path = prefix + package.file
    if sums is None:
        return f"{path}: missing, but {line} lists it"
    if sums.size != package.size:
        return f"{path}: {sums.size} bytes, but {line} says {package.size}"
    if sums.md5 != package.md5:
        return f"{path}: MD5 is {sums.md5}, but {line} says {package.md5}"
    return None


def _joined(faults: list[str]) -> str:
    shown = faults[:_MAX_FAULTS]
    more = len(faults) - len(shown)
    return "\n".join([*shown, f"and {more} more"] if more else shown)
