"""A site's own repository or driver disk, made from a folder of files and changed later: the indexes are all that is written.

What is there is the state: a repository is read back from its own indexes, so that one made by hand can be changed too. New indexes
are checked by the very reader of imports before they replace the old ones, each by one rename; there is never half a repository.
Refuses to know who asks, and leaves the packages' bytes alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pxeserve.domain.medium import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.repo import createrepo, manifest
from pxeserve.repo.advice import Advice, advise
from pxeserve.repo.draft import Draft, Telling, package_of
from pxeserve.repo.formats import packs, repodata, text, treeinfo, update, xml
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import FileSums
from pxeserve.repo.formats.places import LIST_FILE
from pxeserve.repo.formats.xs import PACKAGES_FILE, REPOSITORY_FILE

Report = Callable[[int, int, str], None]

_INDEXES = (REPOSITORY_FILE, PACKAGES_FILE, LIST_FILE, update.UPDATE_FILE)
_PLAIN = ("readme", "eula", "license", "licence", "copying", "changelog", "notice", "install.sh", "uninstall.sh", "rpm-gpg-key")
"""How names of files begin that may lie beside packages without being listed."""

_CHUNK = 1 << 20
_MAX_FILES = 5_000
_TEMPORARY = ".pxeserve-"


@dataclass(frozen=True, slots=True)
class Authored:
    """A repository as it now lies in its folder, its role, its packages with their sums, and what was said about it."""

    draft: Draft
    role: Role
    packages: tuple[manifest.Listed, ...]
    advice: tuple[Advice, ...]


def create(folder: Path, draft: Draft, telling: Mapping[str, Telling], report: Report) -> Authored:
    """Make a repository of all packages in `folder`; `telling` says of files what their names do not. Raises PxeserveError."""
    present = [name for name in (REPOSITORY_FILE, PACKAGES_FILE, update.UPDATE_FILE, repodata.REPOMD) if (folder / name).exists()]
    if present:
        raise ConflictError(f"{folder}: {present[0]} is there already", fix="pxeserve media set and media add-package change what is there")
    sums = _weighed(folder, report)
    inner = next((path for path in sorted(sums) if path.endswith((f"/{REPOSITORY_FILE}", f"/{repodata.REPOMD}"))), None)
    if inner is not None or treeinfo.TREEINFO in sums:
        fix = "make it in a folder of its own, such as packages.site beside the others"
        said = f"{folder}: {inner or treeinfo.TREEINFO} is in it: this is the medium of a product, or holds a repository"
        raise RefusedError(said, fix=fix)
    unknown = sorted(set(telling) - set(sums))
    if unknown:
        raise NotFoundError(f"{folder}: there is no file {unknown[0]}, of which --package tells")
    packages = tuple(package_of(one, draft, telling.get(one.path, Telling())) for one in sums.values() if _meant(one.path, telling))
    return _publish(folder, replace(draft, packages=packages), sums)


def add(folder: Path, files: Iterable[Path], telling: Mapping[str, Telling], report: Report) -> Authored:
    """Copy `files` into the repository (unless they lie in it) and list them at its end. Raises PxeserveError; then nothing was added."""
    draft = opened(folder)
    brought: list[Path] = []
    try:
        names = [_brought(folder, file, brought) for file in files]
        sums = _weighed(folder, report)
        listed = {one.file: one for one in draft.packages}
        for name in names:
            listed[name] = package_of(sums[name], draft, telling.get(name, Telling()))
        return _publish(folder, replace(draft, packages=tuple(listed.values())), sums)
    except BaseException:
        for path in brought:
            path.unlink(missing_ok=True)
        raise


def change(folder: Path, changed: Callable[[Draft], Draft], report: Report) -> Authored:
    """Write the repository's indexes anew after `changed`, with the sums that its files have now. Raises PxeserveError."""
    return _publish(folder, changed(opened(folder)), _weighed(folder, report))


def opened(folder: Path) -> Draft:
    """The repository that lies in `folder`. Raises NotFoundError where there is none, PxeserveError for one that cannot be read."""
    try:
        if (folder / update.UPDATE_FILE).is_file():
            return _opened_update(folder)
        content = (folder / REPOSITORY_FILE).read_bytes()
        grammar = text if packs.kind_of(content) == text.NAME else xml
        repository = grammar.read_repository(content, REPOSITORY_FILE)
        packages = grammar.read_packages((folder / PACKAGES_FILE).read_bytes(), PACKAGES_FILE)
    except FormatError as error:
        raise PxeserveError(f"{folder}: {error}") from None
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(f"{folder}: there is no repository here", fix=f"pxeserve media create {folder} --name custom:NAME") from None
    except OSError as error:
        raise PxeserveError(f"{folder}: cannot be read: {error.strerror}") from None
    said = (repository.product, repository.version, repository.build, repository.requires)
    return Draft(grammar.NAME, repository.id, repository.name, *said, packages)


def _opened_update(folder: Path) -> Draft:
    said = update.read_update((folder / update.UPDATE_FILE).read_bytes())
    names = {one.path for one in repodata.read_repomd((folder / repodata.REPOMD).read_bytes()) if one.kind == "group"}
    groups = {group for name in names for group in repodata.read_groups((folder / name).read_bytes(), name)}
    return Draft("yum", f"custom:{said.label}", said.description, version=said.version, driver_disk=update.DRIVERS in groups)


def _publish(folder: Path, draft: Draft, sums: dict[str, FileSums]) -> Authored:
    draft = replace(draft, packages=tuple(_with_sums(folder, one, sums) for one in draft.packages))
    advice = advise(folder, draft, sums)
    errors = [one for one in advice if one.error]
    if errors:
        raise RefusedError("\n".join(str(one) for one in errors))
    new = createrepo.indexes(folder, draft) if draft.format == "yum" else _indexes(draft)
    role, listed = _checked(folder, draft, sums, new)
    _replace(folder, new)
    unlisted = {one.path for one in sums.values() if _is_package(one.path)} - {one.sums.path for one in listed}
    more = tuple(Advice(False, path, "is not listed", "pxeserve media add-package lists it") for path in sorted(unlisted))
    return Authored(draft, role, listed, advice + more)


def _indexes(draft: Draft) -> dict[str, bytes]:
    grammar = text if draft.format == text.NAME else xml
    return {
        PACKAGES_FILE: grammar.render_packages(draft.packages), REPOSITORY_FILE: grammar.render_repository(draft.repository),
    }  # fmt: skip


def _checked(folder: Path, draft: Draft, sums: dict[str, FileSums], new: dict[str, bytes]) -> tuple[Role, tuple[manifest.Listed, ...]]:
    """What an import would say to the folder with these indexes."""
    kept = {path: one for path, one in sums.items() if not path.startswith("repodata/")} if draft.format == "yum" else sums
    whole = {**kept, **{path: _sums(path, content) for path, content in new.items()}}
    found = manifest.build(whole, lambda path: new[path] if path in new else (folder / path).read_bytes())
    if found.role not in (Role.PACK, Role.DRIVER_DISK):
        fix = "make a site's own repository in a folder of its own"
        raise RefusedError(f"{folder}: this is the medium of a product, {found.product}", fix=fix)
    if draft.driver_disk and found.role is not Role.DRIVER_DISK:
        fix = "leave the other packages, or --driver-disk, out"
        raise RefusedError(f"{folder}: a driver disk holds drivers and firmware alone", fix=fix)
    return found.role, tuple(sorted((one for one in found.files if one.position >= 0), key=lambda one: one.position))


def _replace(folder: Path, new: Mapping[str, bytes]) -> None:
    """All indexes are written and synced beside the old ones first. An installer wants the last of them, so that one comes last."""
    for leftover in folder.rglob(f"{_TEMPORARY}*"):  # of a command that was killed
        leftover.unlink(missing_ok=True)
    waiting: list[tuple[Path, Path]] = []
    old = {path for path in (folder / "repodata").glob("*") if path.is_file()} if any("/" in name for name in new) else set()
    try:
        for name, content in new.items():
            target = folder / name
            target.parent.mkdir(mode=0o755, exist_ok=True)
            temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(6)}"
            waiting.append((temporary, target))
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
        for temporary, target in waiting:
            temporary.replace(target)
    except OSError as error:
        raise PxeserveError(f"{folder}: could not be written: {error.strerror}", fix="the old indexes are still in force") from error
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
    for path in old - {target for _, target in waiting}:
        path.unlink(missing_ok=True)
    for path in {folder, *(target.parent for _, target in waiting)}:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
        os.close(descriptor)


def _brought(folder: Path, file: Path, brought: list[Path]) -> str:
    """The name of `file` inside of the repository, copied there when it lies elsewhere."""
    if not file.is_file():
        raise NotFoundError(f"{file}: there is no such file", fix="name the files that are to be listed, with their paths from here")
    with contextlib.suppress(ValueError):
        return str(file.absolute().relative_to(folder.absolute()))
    target = folder / file.name
    if target.exists():
        raise ConflictError(f"{target}: is there already", fix="remove it first, or give the new file another name")
    temporary = folder / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        with file.open("rb") as source, temporary.open("xb") as copy:
            while piece := source.read(_CHUNK):
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        temporary.chmod(0o644)
        temporary.rename(target)
    except OSError as error:
        raise PxeserveError(f"{file}: could not be copied to {folder}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
    brought.append(target)
    return file.name


def _weighed(folder: Path, report: Report) -> dict[str, FileSums]:
    """Sizes and sums of all files below `folder`, by path. Raises PxeserveError for what no medium may hold."""
    try:
        found = sorted(path for path in folder.rglob("*") if not path.name.startswith(_TEMPORARY))
    except OSError as error:
        raise PxeserveError(f"{folder}: cannot be read: {error.strerror}") from None
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: there is no such folder", fix="make it, and put the files there that the repository is to have")
    if len(found) > _MAX_FILES:
        raise PxeserveError(f"{folder}: more than {_MAX_FILES} files; make a repository of its own folder")
    modes = {path: path.lstat() for path in found}
    odd = next((path for path, info in modes.items() if not stat.S_ISREG(info.st_mode) and not stat.S_ISDIR(info.st_mode)), None)
    if odd is not None:
        raise PxeserveError(f"{odd.relative_to(folder)}: not a plain file: installers read over HTTP, which has none but those")
    total, done, sums = sum(info.st_size for info in modes.values() if stat.S_ISREG(info.st_mode)), 0, {}
    for path, info in modes.items():
        if stat.S_ISREG(info.st_mode):
            name = str(path.relative_to(folder))
            sums[name] = _summed(path, name)
            done += info.st_size
            report(done, total, name)
    return sums


def _summed(path: Path, name: str) -> FileSums:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_CHUNK):
                md5.update(piece)
                sha256.update(piece)
                size += len(piece)
    except OSError as error:
        raise PxeserveError(f"{name}: cannot be read: {error.strerror}") from None
    return FileSums(name, size, md5.hexdigest(), sha256.hexdigest())


def _sums(path: str, content: bytes) -> FileSums:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return FileSums(path, len(content), md5, hashlib.sha256(content).hexdigest())


def _with_sums(folder: Path, package: text.Package, sums: Mapping[str, FileSums]) -> text.Package:
    found = sums.get(package.file)
    if found is None:
        raise NotFoundError(f"{folder}: {package.file} is listed and is gone", fix="bring it back, or make the repository anew")
    return replace(package, size=found.size, md5=found.md5)


def _is_package(path: str) -> bool:
    """Whether a file is one to list: no index, nothing hidden, nothing that people read."""
    name = path.rpartition("/")[2].lower()
    return not (path in _INDEXES or path.startswith("repodata/") or name.startswith((".", *_PLAIN)))


def _meant(path: str, telling: Mapping[str, Telling]) -> bool:
    return path in telling or _is_package(path)
