"""Whether the ports of a source answer at all, told apart from what is wrong behind them: closed, or swallowed by a firewall.

Installers say "not there" for all of these alike.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from pxeserve.rehearse.step import StepFailedError

_WAIT = 5.0
_NFS, _PORTMAPPER = 2049, 111
_VERSION_3 = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5"})
_FTP_21 = _VERSION_3 | {"7.0", "7.1"}
_PORTS = {"http": 80, "ftp": 21}
_FIXES = {
    "http": "is the service running, and does [http] port name this port?",
    "ftp": "[ftp] enabled = true serves it; installers up to 7.1 ask at port 21 whatever the address says",
    "nfs": "[nfs] enabled = true serves it; pxeserve status says how NFS fares (NFSv3 needs rpcbind)",
}


def source(url: str, dialect: str, local: IPv4Address) -> None:
    """Raises StepFailedError when the port of `url` does not answer `local`."""
    parts = urlsplit(url)
    if parts.scheme == "nfs":
        nfs(url, dialect, local)
    elif parts.scheme in _PORTS and parts.hostname:
        port = parts.port or _PORTS[parts.scheme]
        _knock(parts.scheme, parts.hostname, 21 if parts.scheme == "ftp" and dialect in _FTP_21 else port, local)


def nfs(url: str, dialect: str, local: IPv4Address) -> None:
    """The same for NFS: its own port, and rpcbind's for installers that speak version 3."""
    host = urlsplit(url).hostname or ""
    for port in (_PORTMAPPER, _NFS) if dialect in _VERSION_3 else (_NFS,):
        _knock("nfs", host, port, local)


def _knock(kind: str, host: str, port: int, local: IPv4Address) -> None:
    where = f"TCP port {port} of {host} ({kind.upper()})"
    try:
        socket.create_connection((host, port), _WAIT, (str(local), 0)).close()
    except ConnectionRefusedError:
        raise StepFailedError(f"{where}: nothing listens there, so no package can be fetched", _FIXES[kind], source="TCP reset") from None
    except TimeoutError:
        fix = f"let TCP port {port} through the firewall"
        raise StepFailedError(f"{where}: no answer in {_WAIT:.0f} s", fix, source="TCP timeout") from None
    except OSError as error:
        raise StepFailedError(f"{where}: {error.strerror}", _FIXES[kind]) from None
