"""A site's own pack, made of files that somebody sent: written in all that the format wants, and imported as any other medium.

What it is made of stays as it was sent until the medium is there. How one is made in a folder of one's own is `authoring`.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from pxeserve.domain.medium import Lies, Medium
from pxeserve.domain.medium import Role as MediumRole
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.media import authoring, uploads
from pxeserve.operations.media.imports import import_
from pxeserve.operations.registry import verb
from pxeserve.repo.imports import NAME
from pxeserve.store import media

FOLDER = "authored"
MOST = 64
_LONGEST = 200
_KEPT = 86400
Word = Annotated[str, Field(max_length=200)]


@verb("media.create", role=Role.OPERATOR)
def create(
    context: Context,
    *,
    name: str,
    id: Word,
    format: Literal["text", "xml", "yum"],
    files: Annotated[dict[str, str], Field(min_length=1, max_length=MOST)],
    title: Word = "",
    product: Word = "",
    version: Word = "",
    build: Word = "",
    requires: Annotated[list[Word], Field(max_length=MOST)] | None = None,
    packages: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=MOST)] | None = None,
    driver_disk: bool = False,
) -> dict[str, Any]:
    """Make a repository or a driver disk of uploads, and import it as the medium `name`. `files` says what each upload is called in it;
    `id` is VENDOR:NAME, and `packages` hold FILE=TYPE[,key=value...] where names do not tell enough. Raises PxeserveError naming every
    error: then there is no medium, and the uploads are still there."""
    if not NAME.fullmatch(name):
        raise PxeserveError(f"{name!r} is not a name for a medium: lower-case letters, digits, dots and hyphens, 63 at most")
    places = _places(context, files)
    folder = _fresh(context.config.server.data / FOLDER, name)
    try:
        for file, place in places.items():
            os.link(place, folder / file)
        made = authoring.create(
            folder, name=id, format=format, title=title, product=product, version=version, build=build, requires=requires or (),
            packages=packages or (), driver_disk=driver_disk, report=lambda done, total, text: context.report(Progress(done, total, text)),
        )  # fmt: skip
        found = import_(context, name=name, source=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for upload in files:
        uploads.forget(context, upload)
    return {**found, "findings": made["findings"]}


@verb("media.revise", role=Role.OPERATOR)
def revise(
    context: Context,
    *,
    name: str,
    to: str,
    files: Annotated[dict[str, str], Field(max_length=MOST)] | None = None,
    set: Annotated[list[Word], Field(max_length=MOST)] | None = None,
    packages: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=MOST)] | None = None,
) -> dict[str, Any]:
    """Make the medium `to` of the pack `name`, with more packages (`files` says what each upload is called in it) and other words about
    itself: `set` holds KEY=VALUE of name, title, product, version, build, requires. The pack itself stays as it is, since hosts may
    be armed from it. Raises PxeserveError naming every error: then there is no such medium, and the uploads are still there."""
    if not NAME.fullmatch(to):
        raise PxeserveError(f"{to!r} is not a name for a medium: lower-case letters, digits, dots and hyphens, 63 at most")
    files, set = files or {}, set or []
    if not files and not set:
        raise PxeserveError("nothing would be changed", fix="send packages, or say KEY=VALUE")
    places = _places(context, files)
    medium, present = _pack(context, name)
    folder = _fresh(context.config.server.data / FOLDER, to)
    try:
        for path in present:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            _beside(context.config.server.data / "media" / medium.folder / path, folder / path)
        for file, place in places.items():
            (folder / file).unlink(missing_ok=True)  # a newer one of the same name takes its place; the pack's own is another link
            os.link(place, folder / file)

        def report(done: int, total: int, text: str) -> None:
            context.report(Progress(done, total, text))

        made = authoring.change(folder, set=set, report=report)
        if places:
            made = authoring.add_package(folder, files=[folder / file for file in places], packages=packages or (), report=report)
        found = import_(context, name=to, source=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for upload in files:
        uploads.forget(context, upload)
    return {**found, "findings": made["findings"]}


def _pack(context: Context, name: str) -> tuple[Medium, list[str]]:
    """The pack of that name, and the paths of its files. Raises NotFoundError, and RefusedError for another kind of medium."""
    with context.store.site.read() as connection:
        medium = media.by_name(connection, name)
        if medium is None:
            raise NotFoundError(f"there is no medium {name}", fix="pxeserve media list shows them all")
        present = [file.path for file in media.files(connection, name)]
    if medium.role not in (MediumRole.PACK, MediumRole.DRIVER_DISK):
        raise RefusedError(f"medium {name} is a product's own and stays as it is", fix="make a pack of one's own beside it")
    if medium.lies != Lies.COPIED:
        raise RefusedError(f"the files of {name} lie elsewhere ({medium.lies})", fix="pxeserve media add-package changes them there")
    return medium, present


def _places(context: Context, files: dict[str, str]) -> dict[str, Path]:
    """Where each file lies, by what it is called in the pack. Raises PxeserveError."""
    places = {file: uploads.place_of(context, upload) for upload, file in files.items()}
    for file in places:
        _check(file)
    if len(places) != len(files):
        raise PxeserveError("two of the files have the same name", fix="give each a name of its own")
    return places


def _beside(source: Path, target: Path) -> None:
    """The file once more: by another link, or copied where media lie on a file system of their own."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target)


def _check(file: str) -> None:
    if not file or file.startswith(".") or "/" in file or not file.isprintable() or len(file) > _LONGEST:
        raise PxeserveError(f"{file[:80]!r} is not the name of a file: no slash, no dot at its beginning, {_LONGEST} letters at most")


def _fresh(home: Path, name: str) -> Path:
    """An empty folder of its own. What a service that was killed has left there is removed after a day."""
    home.mkdir(mode=0o700, exist_ok=True)
    for left in home.iterdir():
        if left.stat().st_mtime < time.time() - _KEPT:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=home))
