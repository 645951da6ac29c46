"""What a medium holds: every file with its size and sums, and what the installer will make of them.

Built from one pass over the files; checks every package against the line that lists it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pxeserve.domain.medium import BootFiles
from pxeserve.domain.products import dialect_of, known
from pxeserve.errors import PxeserveError
from pxeserve.repo.formats import text, yum
from pxeserve.repo.formats.fault import FormatError

_MAX_FAULTS = 20
SAMPLE_MARK = "PXESERVE-SAMPLE"
_BOOTS = (
    BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img"),
    BootFiles("boot/xen.efi", "boot/vmlinuz", "install.img"),
)


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
    """The manifest of a tree. `read` gives the content of an index file. Raises MediumFault naming every fault."""
    found = _repositories(files)
    if found:
        return _text_medium(files, found, read)
    if yum.TREEINFO in files or yum.REPOMD in files:
        return yum_medium(files, read)
    raise MediumFault(_nothing(files))


def _text_medium(files: Mapping[str, FileSums], found: list[str], read: Callable[[str], bytes]) -> Manifest:
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
    sample = SAMPLE_MARK in files
    return Manifest(
        "text", main.product, main.version, main.build, dialect, _boot(files), tuple(found), everything, revision(everything), sample
    )


def yum_medium(files: Mapping[str, FileSums], read: Callable[[str], bytes]) -> Manifest:
    """The manifest of a tree in the yum format. Raises MediumFault naming every fault."""
    if yum.TREEINFO not in files:
        raise MediumFault(_NO_TREEINFO)
    if yum.REPOMD not in files:
        raise MediumFault(f"{yum.TREEINFO} is there and {yum.REPOMD} is not: the tree has no list of its packages; copy all of the medium")
    try:
        info = yum.read_treeinfo(read(yum.TREEINFO))
        metadata = yum.read_repomd(read(yum.REPOMD))
    except FormatError as error:
        raise MediumFault(str(error)) from None
    faults = [fault for one in metadata if (fault := _metadata_fault(one, files.get(one.path)))]
    dialect = dialect_of(info.product, info.version)
    if dialect is None:
        said = f"{yum.TREEINFO}: {info.product} {info.version} is no product that is known here"
        faults.append(f"{said}; known are {known()}")
    faults += _key_faults(info, files)
    primary = next(one for one in metadata if one.kind == "primary")
    packages: tuple[yum.Package, ...] = ()
    if primary.path in files:
        try:
            packages = yum.read_primary(read(primary.path), primary.path)
        except FormatError as error:
            faults.append(str(error))
    faults += [fault for one in packages if (fault := _package_fault(one, primary.path, files.get(one.file)))]
    if faults:
        raise MediumFault(_joined(faults))
    assert dialect is not None
    index = {yum.TREEINFO, yum.REPOMD, *(one.path for one in metadata)}
    listed = {one.file: Listed(files[one.file], "rpm", position) for position, one in enumerate(packages)}
    listed |= {path: Listed(files[path], "index", -1) for path in index if path in files}
    everything = tuple(listed.get(path) or Listed(sums, "plain", -1) for path, sums in sorted(files.items()))
    sample = SAMPLE_MARK in files
    return Manifest("yum", info.product, info.version, info.build, dialect, _boot(files), ("",), everything, revision(everything), sample)


def revision(files: Iterable[Listed]) -> str:
    """The name of exactly this content: SHA-256 over `path size sha256` lines in order of path, hex."""
    lines = "".join(f"{item.sums.path} {item.sums.size} {item.sums.sha256}\n" for item in files)
    return hashlib.sha256(lines.encode()).hexdigest()


_NO_TREEINFO = (
    "repodata/repomd.xml is there and .treeinfo is not: installers would take the tree for an extra repository and end with "
    "\"No main repository found\"; names that begin with a dot are lost by `cp iso/*`: copy with `cp -a iso/. FOLDER`, or import the ISO"
)


def _boot(files: Mapping[str, FileSums]) -> BootFiles | None:
    """The files of a boot entry, as far as the tree has them all. XenServer 9's hypervisor is an EFI program."""
    return next((boot for boot in _BOOTS if all(path in files for path in (boot.xen, boot.kernel, boot.initrd))), None)


def _metadata_fault(one: yum.Metadata, sums: FileSums | None) -> str | None:
    line = f"{yum.REPOMD} line {one.line}"
    if sums is None:
        return f"{one.path}: missing, but {line} names it" if one.kind == "primary" else None
    if one.size is not None and sums.size != one.size:
        return f"{one.path}: {sums.size} bytes, but {line} says {one.size}"
    return f"{one.path}: SHA-256 is {sums.sha256}, but {line} says {one.sha256}" if sums.sha256 != one.sha256 else None


def _package_fault(one: yum.Package, index: str, sums: FileSums | None) -> str | None:
    line = f"{index} line {one.line}"
    if sums is None:
        return f"{one.file}: missing, but {line} lists it"
    if sums.size != one.size:
        return f"{one.file}: {sums.size} bytes, but {line} says {one.size}"
    return f"{one.file}: SHA-256 is {sums.sha256}, but {line} says {one.sha256}" if sums.sha256 != one.sha256 else None


def _key_faults(info: yum.TreeInfo, files: Mapping[str, FileSums]) -> list[str]:
    """With [keys] the installers of XenServer 8 and XCP-ng 8.3 fetch the first key and check the signature of repomd.xml."""
    if not info.key:
        return []
    why = f"[keys] in {yum.TREEINFO} makes installers of XenServer 8 and XCP-ng 8.3 ask for it"
    return [f"{path}: missing, and {why}" for path in (info.key, yum.SIGNATURE) if path not in files]


def _repositories(files: Mapping[str, FileSums]) -> list[str]:
    def has(folder: str, name: str) -> bool:
        return (f"{folder}/{name}" if folder else name) in files

    return [folder for folder in text.FOLDERS if has(folder, text.REPOSITORY_FILE) and has(folder, text.PACKAGES_FILE)]


def _nothing(files: Mapping[str, FileSums]) -> str:
    half = [path for path in files if path.rsplit("/", 1)[-1] in (text.REPOSITORY_FILE, text.PACKAGES_FILE)]
    if half:
        return f"only {', '.join(sorted(half)[:4])}: the installer wants {text.REPOSITORY_FILE} and {text.PACKAGES_FILE} side by side"
    if _boot(files) is not None:
        return "no repository here, only boot files: a netinstall tree fetches its packages elsewhere; import the full medium"
    places = ", ".join(folder or "the top folder" for folder in text.FOLDERS)
    return f"no repository here: {text.REPOSITORY_FILE} and {text.PACKAGES_FILE} were looked for in {places}, and {yum.TREEINFO} at the top"


def _indexes(
    prefix: str, read: Callable[[str], bytes], faults: list[str]
) -> tuple[text.Repository | None, tuple[text.Package, ...]]:
    repository: text.Repository | None = None
    packages: tuple[text.Package, ...] = ()
    try:
        repository = text.read_repository(read(prefix + text.REPOSITORY_FILE), prefix + text.REPOSITORY_FILE)
    except FormatError as error:
        faults.append(str(error))
    try:
        packages = text.read_packages(read(prefix + text.PACKAGES_FILE), prefix + text.PACKAGES_FILE)
    except FormatError as error:
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
