"""How a medium comes in: checked, and visible at once or not at all. Its bytes are copied into the data folder, or stay where they lie.

A copy is read, hashed and written in one pass into a staging folder (`copying`, `staging`), checked against its own lists, waited for
until it lies on the disk, and becomes visible by one rename and one transaction. What stays where it lies is read and checked all the
same; only the transaction makes it a medium. A kill at any moment leaves nothing that anybody could see.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from pxeserve.domain.medium import Lies, Medium, MediumState
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.repo import copying
from pxeserve.repo.explaining import refuse_bad_signature
from pxeserve.repo.manifest import FileSums, Listed, Manifest, build
from pxeserve.repo.onepass import Report, read_tree
from pxeserve.repo.room import Room, room_in
from pxeserve.repo.sources import fetch
from pxeserve.repo.sources.address import Limits
from pxeserve.repo.sources.folder import Folder
from pxeserve.repo.sources.iso import Iso
from pxeserve.repo.sources.opening import open_sources
from pxeserve.repo.sources.tarball import Tarball
from pxeserve.repo.sources.telling import is_hidden, known_by, told
from pxeserve.repo.staging import PREFIX, Staging, lapsed, staging
from pxeserve.repo.stamps import stamp
from pxeserve.repo.tree import SourceError, content
from pxeserve.shelf import Stamp
from pxeserve.store import Store, audit, media
from pxeserve.store.media import FileRow

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_WRONG = {
    Lies.IMAGE: "--from-iso serves an ISO image, and this is none; for a folder there is --in-place",
    Lies.IN_PLACE: "--in-place serves a folder, and this is none; for an ISO image there is --from-iso",
}
_REPOSITORY_FOLDERS = frozenset({"packages", "packages.main", "packages.linux", "packages.site", "Packages", "repodata"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported: one source (a folder, an ISO image, an archive, an http(s) URL), or several discs that make one medium; its
    name; and where its bytes are to lie. `limits` says what may be fetched."""

    sources: tuple[str, ...]
    name: str
    lies: Lies = Lies.COPIED
    limits: Limits = field(default_factory=Limits)

    @property
    def told(self) -> tuple[str, ...]:
        """The sources as people are told them."""
        return tuple(told(source) for source in self.sources)

    @property
    def origin(self) -> str:
        """The same in one text, as the store keeps it."""
        return "\n".join(self.told)


def import_medium(store: Store, data: Path, source: Path | Wanted, name: str, report: Report, actor: str, now: float) -> Medium:
    """Import `source` as the medium `name`. Raises PxeserveError naming every fault; then nothing is left.

    The same content under the same name is not an error: the medium that is there is given back, with its files if those were gone.
    """
    wanted = source if isinstance(source, Wanted) else Wanted((str(source),), name)
    _check(wanted)
    home = data / "media"
    home.mkdir(mode=0o755, exist_ok=True)
    home.chmod(0o755)
    with staging(home, name, (*wanted.told, str(wanted.lies)), now, known_by(wanted.sources)) as stage, room_in(stage.folder) as room:
        if wanted.lies is Lies.COPIED:
            medium, rows = _copied(store, home, wanted, stage, room, report, now)
        else:
            medium, rows = _where_it_lies(store, data, wanted, stage, report)
        if rows is None:
            return medium
        try:
            with store.site.write() as connection:
                media.add(connection, medium, rows, wanted.origin, now)
                audit.append(connection, now, actor, "media.import", name)
        except BaseException:
            _unpublish(store, home, medium.folder)
            raise
    return medium


def sweep(store: Store, data: Path) -> list[str]:
    """Remove what imports and removals left behind when they were killed; the names of the folders removed.

    The staging folder of an import that runs stays, and so does for a week that of one that can be taken up again. A finished folder
    without a row belongs to nobody.
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
        if lapsed(folder) if folder.name.startswith(PREFIX) else "@" in folder.name:
            shutil.rmtree(folder)
            removed.append(folder.name)
    return removed


def remove_medium(store: Store, data: Path, medium: Medium, actor: str, now: float) -> None:
    """Make a medium invisible, then remove its files if they are ours. Raises ConflictError while something needs it."""
    with store.site.write() as connection:
        users = media.users(connection, medium.name)
        if users:
            raise ConflictError(f"medium {medium.name} is needed by {', '.join(users)}", fix="change or remove those first")
        media.remove(connection, medium.name)
        audit.append(connection, now, actor, "media.remove", medium.name)
    if medium.lies is Lies.COPIED:
        shutil.rmtree(data / "media" / medium.folder, ignore_errors=True)


def _check(wanted: Wanted) -> None:
    if not NAME.fullmatch(wanted.name):
        raise PxeserveError(f"{wanted.name!r} is not a name for a medium: lower-case letters, digits, dots and hyphens, 63 at most")
    if not wanted.sources:
        raise PxeserveError("name a source: a folder, an ISO image, an archive, or an http(s) address of one")
    for source in wanted.sources:
        if not source.isprintable():
            raise PxeserveError(f"{source!r}: a source's name has no control characters")
        if is_hidden(source):
            raise RefusedError(f"{source}: a part of this address is hidden", fix="write it as it was written the first time")
    if wanted.lies is not Lies.COPIED and (len(wanted.sources) > 1 or fetch.is_url(wanted.sources[0])):
        raise RefusedError("what is not copied is one folder or one image of this machine", fix="leave --in-place and --from-iso away")


def _copied(
    store: Store, home: Path, wanted: Wanted, stage: Staging, room: Room, report: Report, now: float
) -> tuple[Medium, list[FileRow] | None]:
    paths = [
        fetch.fetched(source, stage, number, wanted.limits, report) if fetch.is_url(source) else Path(source)
        for number, source in enumerate(wanted.sources)
    ]
    tree = stage.tree
    for path in paths:
        _holds_no_secrets(path.resolve(), home.parent)
    with open_sources(paths) as source:
        if isinstance(source, Tarball):
            tree, sums = _without_outer(tree, copying.copy_stream(source, stage, room, report))
        else:
            sums = copying.copy_tree(source, source.entries(), stage, room, report)
    manifest = build(sums, lambda path: (tree / path).read_bytes())
    refuse_bad_signature(sums, lambda path: (tree / path).read_bytes())
    present = _present(store, wanted, manifest)
    if present is not None and (home / present.folder).exists():
        return present, None
    medium = present or _medium(wanted, manifest)
    stage.go_on()
    _publish(store, home, tree, medium.folder)
    room.let_go()  # its rows may lie on the same disk
    rows = [replace(_row(item), stamp=_stamp(home / medium.folder / item.sums.path)) for item in manifest.files]
    if present is not None:
        _known_again(store, present, rows, now)
        return replace(present, state=MediumState.GOOD, state_reason=""), None
    return medium, rows


def _where_it_lies(
    store: Store, data: Path, wanted: Wanted, stage: Staging, report: Report
) -> tuple[Medium, list[FileRow] | None]:
    place = Path(wanted.sources[0]).resolve()
    if not str(place).isprintable():
        raise PxeserveError(f"{str(place)!r}: a source's name has no control characters")
    if place.is_relative_to(data.resolve()):
        raise RefusedError(f"{place}: lies in the service's own data folder, where it may be removed", fix="put it elsewhere")
    _holds_no_secrets(place, data)
    with open_sources([place]) as source:
        if not isinstance(source, Iso if wanted.lies is Lies.IMAGE else Folder):
            raise RefusedError(f"{place}: {_WRONG[wanted.lies]}")
        entries = source.entries()
        read = read_tree(source, entries, report, stage.go_on)
        by_path = {entry.path: entry for entry in entries}
        sums = {path: one.sums for path, one in read.items()}
        manifest = build(sums, lambda path: content(source, by_path[path]))
        refuse_bad_signature(sums, lambda path: content(source, by_path[path]))
        if isinstance(source, Iso) and str(Stamp.of(source.image.fd)) != next(iter(read.values())).stamp:
            raise SourceError(f"{place}: changed while it was read")
    present = _present(store, wanted, manifest)
    if present is not None:
        return present, None
    rows = [replace(_row(item), offset=read[item.sums.path].offset, stamp=read[item.sums.path].stamp) for item in manifest.files]
    return replace(_medium(wanted, manifest), place=str(place)), rows


def _holds_no_secrets(place: Path, data: Path) -> None:
    """All of a medium may be read by everybody. Raises RefusedError for a folder around the service's own, with its keys and stores."""
    if data.resolve().is_relative_to(place):
        said = f"{place}: holds the service's own data folder, {data}, with its secrets"
        raise RefusedError(said, fix="import the medium's folder alone")


def _without_outer(tree: Path, sums: dict[str, FileSums]) -> tuple[Path, dict[str, FileSums]]:
    """The tree and its files without the one folder that all of them lie in, as archives are often made of the folder around a medium."""
    outer = {path.partition("/")[0] for path in sums if "/" in path}
    if len(outer) != 1 or any("/" not in path for path in sums) or outer & _REPOSITORY_FOLDERS:
        return tree, sums
    (name,) = outer
    inner = {path.removeprefix(f"{name}/"): one for path, one in sums.items()}
    return tree / name, {path: replace(one, path=path) for path, one in inner.items()}


def _known_again(store: Store, medium: Medium, rows: list[FileRow], now: float) -> None:
    """Its files were gone, as after the state alone was restored, and are back, every byte of them just read."""
    with store.site.write() as connection:
        media.set_stamps(connection, medium.name, {row.path: row.stamp for row in rows})
        media.set_checked(connection, medium.name, now)
        media.set_state(connection, medium.name, MediumState.GOOD, "")


def _publish(store: Store, home: Path, tree: Path, folder: str) -> None:
    """Put a finished tree where it will be seen once its row is there. It lies on the disk before it has that name."""
    final = home / folder
    with store.site.read() as connection:
        if final.exists() and folder not in media.folders(connection):
            shutil.rmtree(final)  # left by one that was killed between its name and its row
    for path, _folders, _files in os.walk(tree):
        Path(path).chmod(0o755)
    copying.settle(tree)
    try:
        tree.rename(final)
    except OSError as error:
        raise PxeserveError(f"{final}: cannot be put there: {error.strerror}") from None
    _sync(home)


def _unpublish(store: Store, home: Path, folder: str) -> None:
    """Remove the finished tree of a medium that did not become visible after all."""
    with store.site.read() as connection:
        if folder not in media.folders(connection):
            shutil.rmtree(home / folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _present(store: Store, wanted: Wanted, manifest: Manifest) -> Medium | None:
    name = wanted.name
    with store.site.read() as connection:
        present = media.by_name(connection, name)
    if present is None:
        return None
    if present.revision == manifest.revision and present.lies is wanted.lies:
        return present
    if present.revision == manifest.revision:
        raise ConflictError(
            f"there is already a medium {name} with this very content, and it lies elsewhere ({present.lies})",
            fix=f"remove it first: pxeserve media remove {name}",
        )
    raise ConflictError(
        f"there is already a medium {name}, with other content ({present.product} {present.version})",
        fix=f"take another name, or remove it first: pxeserve media remove {name}",
    )


def _medium(wanted: Wanted, manifest: Manifest) -> Medium:
    return Medium(
        name=wanted.name,
        folder=f"{wanted.name}@{manifest.revision[:12]}",
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
        lies=wanted.lies,
    )


def _stamp(path: Path) -> str:
    """Of a file that we have just written, and nobody else could have touched: it need not be read again to be known."""
    return stamp(path.stat())


def _row(item: Listed) -> FileRow:
    return FileRow(item.sums.path, item.position, item.kind, item.sums.size, item.sums.md5, item.sums.sha256)
