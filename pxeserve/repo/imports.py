"""How a medium comes in: read, hashed and written in one pass into a staging folder, checked, and made visible at once or not at all.

A kill at any moment leaves a staging folder that nobody serves; `sweep` removes it at the next start.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pxeserve.domain.medium import Medium
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.repo.manifest import FileSums, Listed, Manifest, build
from pxeserve.repo.tree import Entry, Tree, open_tree
from pxeserve.store import Store, audit, media
from pxeserve.store.media import FileRow

Report = Callable[[int, int, str], None]
"""Takes bytes done, bytes in all, and what is being done."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_STAGING = ".staging-"
_LOCK = ".lock"
_KEEP_FREE = 1 << 30
_KEEP_PART = 20


def import_medium(store: Store, data: Path, source: Path, name: str, report: Report, actor: str, now: float) -> Medium:
    """Import `source` (a folder or an ISO image) as the medium `name`. Raises PxeserveError naming every fault; then nothing is left.

    The same content under the same name is not an error: the medium that is there is given back.
    """
    if not NAME.fullmatch(name):
        raise PxeserveError(f"{name!r} is not a name for a medium: lower-case letters, digits, dots and hyphens, 63 at most")
    home = data / "media"
    home.mkdir(mode=0o755, exist_ok=True)
    with open_tree(source) as tree, _staging(home) as folder:
        entries = tree.entries()
        total = sum(entry.size for entry in entries)
        _reserve(home, total)
        sums = _copy(tree, entries, folder, total, report)
        manifest = build(sums, lambda path: (folder / path).read_bytes())
        present = _present(store, name, manifest)
        if present is not None:
            return present
        final = home / f"{name}@{manifest.revision[:12]}"
        (folder / _LOCK).unlink()
        _sync(folder)
        folder.rename(final)
        _sync(home)
    medium = Medium(
        name=name,
        folder=final.name,
        format=manifest.format,
        product=manifest.product,
        version=manifest.version,
        build=manifest.build,
        dialect=manifest.dialect,
        revision=manifest.revision,
        boot=manifest.boot,
        repositories=manifest.repositories,
        sample=manifest.sample,
        role=manifest.role,
    )
    with store.site.write() as connection:
        media.add(connection, medium, [_file_row(item) for item in manifest.files], str(source), now)
        audit.append(connection, now, actor, "media.import", name)
    return medium


def sweep(store: Store, data: Path) -> list[str]:
    """Remove what imports and removals left behind when they were killed; the names of the folders removed.

    Staging folders of a running import are locked and stay. A finished folder without a row belongs to nobody.
    """
    home = data / "media"
    if not home.is_dir():
        return []
    removed: list[str] = []
    with store.site.read() as connection:
        wanted = media.folders(connection)
    for folder in sorted(home.iterdir()):
        if folder.name in wanted or not folder.is_dir() or folder.is_symlink():
            continue
        if folder.name.startswith(_STAGING) and not _abandoned(folder):
            continue
        if folder.name.startswith(_STAGING) or "@" in folder.name:
            shutil.rmtree(folder)
            removed.append(folder.name)
    return removed


def remove_medium(store: Store, data: Path, medium: Medium, actor: str, now: float) -> None:
    """Make a medium invisible, then remove its files. Raises ConflictError while something needs it."""
    with store.site.write() as connection:
        users = media.users(connection, medium.name)
        if users:
            raise ConflictError(f"medium {medium.name} is needed by {', '.join(users)}", fix="change or remove those first")
        media.remove(connection, medium.name)
        audit.append(connection, now, actor, "media.remove", medium.name)
    shutil.rmtree(data / "media" / medium.folder, ignore_errors=True)


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder of our own, locked while this import lives and gone afterwards unless it was renamed away."""
    folder = home / f"{_STAGING}{secrets.token_hex(6)}"
    folder.mkdir(mode=0o755)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _reserve(home: Path, total: int) -> None:
    """Refuse before copying what would fill the disk: a twentieth, or 1 GiB where that is less, stays free for leases and logs."""
    usage = shutil.disk_usage(home)
    keep = min(_KEEP_FREE, usage.total // _KEEP_PART)
    if total + keep > usage.free:
        raise PxeserveError(
            f"{home}: the medium needs {_size(total)}; {_size(usage.free)} are free, of which leases and logs keep {_size(keep)}",
            code="refused",
            fix="make room there, or put server.data on a larger disk",
        )


def _copy(tree: Tree, entries: list[Entry], folder: Path, total: int, report: Report) -> dict[str, FileSums]:
    sums: dict[str, FileSums] = {}
    done = 0
    for number, entry in enumerate(entries, 1):
        target = folder / entry.path
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
        try:
            with target.open("xb") as file:
                for piece in tree.chunks(entry):
                    file.write(piece)
                    md5.update(piece)
                    sha256.update(piece)
                    size += len(piece)
                    done += len(piece)
                    report(done, total, f"{entry.path} ({number} of {len(entries)})")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            fix = "nothing was imported; see to it and import again"
            raise PxeserveError(f"{entry.path}: could not be copied: {error.strerror}", fix=fix) from error
        target.chmod(0o644)
        if size != entry.size:
            raise PxeserveError(f"{entry.path}: {size} bytes were read, and its source said {entry.size}: it changed while it was copied")
        sums[entry.path] = FileSums(entry.path, size, md5.hexdigest(), sha256.hexdigest())
    return sums


def _present(store: Store, name: str, manifest: Manifest) -> Medium | None:
    with store.site.read() as connection:
        present = media.by_name(connection, name)
    if present is None:
        return None
    if present.revision == manifest.revision:
        return present
    raise ConflictError(
        f"there is already a medium {name}, with other content ({present.product} {present.version})",
        fix=f"take another name, or remove it first: pxeserve media remove {name}",
    )


def _file_row(item: Listed) -> FileRow:
    return FileRow(item.sums.path, item.position, item.kind, item.sums.size, item.sums.md5, item.sums.sha256)


def _sync(folder: Path) -> None:
    for path, _folders, _files in os.walk(folder):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _size(count: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 10_000 or unit == "GB":
            return f"{count} {unit}"
        count //= 1000
    return ""
