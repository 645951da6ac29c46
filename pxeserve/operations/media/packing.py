"""A site's own pack, made of files that somebody sent: written in all that the format wants, and imported as any other medium.

What it is made of stays as it was sent until the medium is there. How one is made in a folder of one's own is `authoring`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.media import authoring, uploads
from pxeserve.operations.media.imports import import_
from pxeserve.operations.registry import verb
from pxeserve.repo.imports import NAME

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
    places = {file: uploads.place_of(context, upload) for upload, file in files.items()}
    for file in places:
        _check(file)
    if len(places) != len(files):
        raise PxeserveError("two of the files have the same name", fix="give each a name of its own")
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
