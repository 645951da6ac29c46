"""Where an installer is told to fetch a medium from, by which protocol; and the refusal when it could not read it there.

Installers name no port for NFS, and up to 7.1 ask for FTP at port 21 whatever their answerfile says (see docs/nfs-and-ftp.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxeserve.config import Config
from pxeserve.domain.medium import Medium
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.operations.server.address import base_url
from pxeserve.repo.exported import State, folder_of, kernel_exports, refusal
from pxeserve.store import inventory

_PORT_21_ALONE = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1"})
_NFS_3_ALONE = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5"})
_FTP_PORT, _NFS_PORT = 21, 2049


@dataclass(frozen=True, slots=True)
class Source:
    """A medium's address as an answerfile says it: `kind` is the type that installers know, url or nfs."""

    kind: str
    address: str


def source_of(config: Config, medium: Medium, over: str) -> Source:
    """The source of `medium` by the protocol `over`: http, nfs or ftp. Raises RefusedError when no installer of its dialect would find
    it there, and PxeserveError when this server's address is not known."""
    base = base_url(config)
    match over:
        case "ftp":
            return _ftp(config, medium)
        case "nfs":
            return _nfs(config, medium)
    return Source("url", f"{base}/media/{medium.name}")


def _ftp(config: Config, medium: Medium) -> Source:
    port = config.ftp.port
    if not config.ftp.enabled:
        raise _cannot("ftp", "FTP is not served", "set [ftp] enabled = true and start the service anew, or source = http")
    if port != _FTP_PORT and medium.dialect in _PORT_21_ALONE:
        said = f"installers of {medium.dialect} ask for FTP at port 21 alone, and it is served at {port}"
        raise _cannot("ftp", said, "set [ftp] port = 21, or source = http")
    where = f"{config.server.address}" + ("" if port == _FTP_PORT else f":{port}")
    return Source("url", f"ftp://{where}/media/{medium.name}")


def _nfs(config: Config, medium: Medium) -> Source:
    nfs = config.nfs
    if not nfs.enabled:
        raise _cannot("nfs", "NFS is not served", "set [nfs] enabled = true and start the service anew, or source = http")
    if why := refusal(medium, config.server.data):
        raise _cannot("nfs", f"medium {medium.name} cannot be exported: {why}", "or set source = http")
    if nfs.server == "kernel":
        return Source("nfs", f"{config.server.address}:{folder_of(medium, config.server.data)}")
    _served(config, medium)
    return Source("nfs", f"{config.server.address}:/media/{medium.name}")


def _served(config: Config, medium: Medium) -> None:
    state = State.read(config.server.data)
    if state is None or state.state != "serving":
        said = state.text if state is not None and state.text else "the service has not begun to serve it"
        raise _cannot("nfs", f"NFS is not served now: {said}", "pxeserve status says how it fares; or set source = http")
    if why := state.refused.get(medium.name):
        raise _cannot("nfs", f"medium {medium.name} is not exported: {why}", "set source = http")
    if 3 not in state.versions and (medium.dialect in _NFS_3_ALONE or config.nfs.port != _NFS_PORT):
        need = f"installers of {medium.dialect} speak NFSv3 alone" if medium.dialect in _NFS_3_ALONE else "NFSv4 is looked for at port 2049"
        said = f"{need}, and NFSv3 is not served" + (f" ({state.text})" if state.text else "")
        raise _cannot("nfs", said, 'install rpcbind and let 3 be among [nfs] versions, or set source = http')


def _cannot(over: str, why: str, fix: str) -> RefusedError:
    return RefusedError(f"source = {over}: {why}", fix=fix)


@verb("nfs.exports", role=Role.VIEWER)
def nfs_exports(context: Context) -> dict[str, Any]:
    """Lines for the host's own NFS server, and which media they leave out."""
    data = context.config.server.data
    with context.store.site.read() as connection:
        media = inventory.media(connection)
    owner = data.stat()
    return {
        "text": kernel_exports(media, data, owner.st_uid, owner.st_gid),
        "left_out": {medium.name: why for medium in media if (why := refusal(medium, data))},
        "sources": {
            medium.name: f"{context.config.server.address}:{folder_of(medium, data)}" for medium in media if not refusal(medium, data)
        },
    }
