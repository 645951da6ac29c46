"""Imports of media: begin or take up one, show those under way, stop one."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from pxeserve.domain.medium import Lies
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.events.record import Event, harmless
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.media import uploads
from pxeserve.operations.media.media import show
from pxeserve.operations.registry import verb
from pxeserve.operations.words.addresses import without_login
from pxeserve.repo import staging
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.sources.address import Limits
from pxeserve.repo.sources.telling import is_hidden, told
from pxeserve.store import audit


@verb("media.import", role=Role.OPERATOR)
def import_(
    context: Context, *, name: str, source: str | Path | list[str] | None = None, upload: str | None = None, lies: Lies = Lies.COPIED
) -> dict[str, Any]:
    """Import a folder, an ISO image, an archive, an address of one, several discs as one medium, or an `upload`: visible all at once, every
    package checked, or not at all. `lies` says where its bytes are to be. The same command again takes up what was broken off."""
    now = time.time()
    sources = _sources(context, source, upload, lies)
    wanted = Wanted(sources, name, lies, Limits(context.config.media.fetch_from))

    def report(done: int, total: int, text: str) -> None:
        context.report(Progress(done, total, text))

    try:
        medium = import_medium(context.store, context.config.server.data, wanted, name, report, context.actor.name, now)
    except PxeserveError as error:
        with suppress(DBAPIError), context.store.site.write() as connection:   # nothing was done: that it was refused is what counts
            audit.append(connection, time.time(), context.actor.name, "media.import", harmless(name), f"refused: {error.code}")
        raise
    if context.recorder is not None:
        told = f"medium {name}: {medium.product} {medium.version} imported from {harmless(' + '.join(wanted.told))}"
        context.recorder.emit(Event("medium.imported", now, told, data={"medium": name, "revision": medium.revision}))
    if upload is not None:
        uploads.forget(context, upload)
    return {key: value for key, value in show(context, name=name).items() if key != "packages"}


def _sources(context: Context, source: str | Path | list[str] | None, upload: str | None, lies: Lies) -> tuple[str, ...]:
    if (source is None) == (upload is None):
        raise PxeserveError("an import has a source or an upload", fix="name one of them")
    if upload is None:
        return tuple(without_login(one) for one in (source if isinstance(source, list) else [str(source)]))
    if lies is not Lies.COPIED:
        raise RefusedError("an upload is removed when it has come in, so its bytes are copied", fix="leave `lies` out")
    return (str(uploads.place_of(context, upload)),)


@verb("media.imports", role=Role.VIEWER)
def imports(context: Context) -> list[dict[str, Any]]:
    """The imports that run, and those that were broken off and can be taken up again."""
    return [
        {
            "name": one.name,
            "sources": [told(source) for source in one.sources[:-1]],
            "hidden": any(is_hidden(source) for source in one.sources[:-1]),
            "lies": one.sources[-1] if one.sources else str(Lies.COPIED),
            "begun_at": one.begun,
            "bytes_done": one.done,
            "bytes": one.total,
            "state": "running" if one.running else "broken off",
        }
        for one in staging.underway(context.config.server.data / "media")
    ]


@verb("media.cancel-import", role=Role.OPERATOR)
def cancel(context: Context, *, name: str) -> dict[str, Any]:
    """Stop an import and remove what it has copied. Nothing of it was visible, and nothing is left."""
    if not staging.cancel(context.config.server.data / "media", name):
        raise NotFoundError(f"no import of {name} is under way", fix="pxeserve media imports shows those that are")
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "media.cancel-import", name)
    return {"cancelled": name}
