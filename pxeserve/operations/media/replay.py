"""Replays: what the installer of one generation would find in a medium, asked of the running server as that installer asks."""

from __future__ import annotations

import time
from typing import Any

from pxeserve.config import Config
from pxeserve.domain.medium import Medium
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.events.record import Event
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.registry import verb
from pxeserve.repo.exported import folder_of, refusal
from pxeserve.repo.replay import nfs, quirks
from pxeserve.repo.replay.accessor import Accessor, Read
from pxeserve.repo.replay.ftp import Ftp
from pxeserve.repo.replay.generation import Generation, Over, generation
from pxeserve.repo.replay.http import Http
from pxeserve.repo.replay.nfs import Nfs
from pxeserve.repo.replay.report import Log, Quirk
from pxeserve.repo.replay.walk import Asked, replay
from pxeserve.store import media


@verb("media.replay", role=Role.OPERATOR, changes=False)
def replay_(context: Context, *, name: str, dialect: str, over: Over = Over.HTTP) -> dict[str, Any]:
    """What the installer of `dialect` would find at the address that machines are given for the medium `name`, as a Report.

    Every request goes to the running server. Nothing is armed, consumed or marked; no host is concerned. Raises PxeserveError for an
    unknown dialect, a protocol that is off, or when no service runs.
    """
    chosen = generation(dialect)
    if context.recorder is None:
        raise RefusedError("no service is running, so there is nobody to ask", fix="start it: pxeserve serve")
    with context.store.site.read() as connection:
        medium = media.by_name(connection, name)
        files = media.files(connection, name)
    if medium is None:
        raise NotFoundError(f"there is no medium {name}", fix="pxeserve media list shows them all")
    log = Log()
    total = sum(file.size for file in files if file.position >= 0)
    address, source, known = _source(context.config, chosen, over, medium, log, _report(context, total, name))
    asked = Asked(name, medium.format, frozenset(file.path for file in files), medium.role, over.value, address)
    found = replay(asked, chosen, source, log, known)
    text = f"{context.actor.name} replays {name} as {dialect} over {over.value}: {found.verdict}"
    context.recorder.emit(Event("medium.replayed", time.time(), text[:1000], data={"medium": name, "dialect": dialect, "ok": found.ok}))
    return found.plain()


def _source(config: Config, chosen: Generation, over: Over, medium: Medium, log: Log, read: Read) -> tuple[str, Accessor, Quirk | None]:
    """The address as the installer is given it, the way there, and what is odd about that way."""
    if config.server.address is None:
        raise PxeserveError("it is not known which address machines come back to", fix='set [server] address, or interface = "eth0"')
    host, port, path = str(config.server.address), _port(config, over), f"/media/{medium.name}/"
    match over:
        case Over.HTTP:
            return f"http://{_at(host, port, 80)}{path[:-1]}", Http(host, port, path, chosen.speech, log, read), None
        case Over.FTP:
            if not config.ftp.enabled:
                raise _off(over)
            return f"ftp://{_at(host, port, 21)}{path[:-1]}", Ftp(host, port, path, chosen.speech, log, read), quirks.port(chosen, port)
        case Over.NFS:
            if not config.nfs.enabled:
                raise _off(over)
            if why := refusal(medium, config.server.data):
                raise RefusedError(f"medium {medium.name} is not served over nfs: {why}", fix="or ask for it with --over http")
            nfs.needed()
            folder = _exported(config, medium)
            mount, quirk = _mounted(config, chosen, host, folder)
            return f"{host}:{folder}", Nfs(host, f"{folder}/", mount, log, read), quirk


def _port(config: Config, over: Over) -> int:
    match over:
        case Over.HTTP:
            return config.http.port
        case Over.FTP:
            return config.ftp.port
        case Over.NFS:
            return config.nfs.port


def _exported(config: Config, medium: Medium) -> str:
    """The path that is mounted: the same for every version, and the folder itself where the host's own server exports it."""
    if config.nfs.server == "ganesha":
        return f"/media/{medium.name}"
    return str(folder_of(medium, config.server.data))


def _mounted(config: Config, chosen: Generation, host: str, folder: str) -> tuple[nfs.Mount | None, Quirk | None]:
    """How the installer would mount, else how this server can be reached all the same, which is a quirk; None when in no way."""
    port = _port(config, Over.NFS)
    own, others = nfs.ways(chosen.speech, config.nfs.versions, port, config.nfs.mount_port)
    for mount in own:
        if mount.works(host, folder):
            return mount, None
    for mount in others:
        if mount.works(host, folder):
            return mount, quirks.mounting(chosen, mount.version, port)
    return None, None


def _at(host: str, port: int, usual: int) -> str:
    return host if port == usual else f"{host}:{port}"


def _off(over: Over) -> RefusedError:
    return RefusedError(f"media are not served over {over.value}: it is off", fix=f"[{over.value}] enabled = true, then restart")


def _report(context: Context, total: int, name: str) -> Read:
    done = 0

    def read(size: int) -> None:
        nonlocal done
        done += size
        context.report(Progress(min(done, total), max(total, 1), name))

    return read
