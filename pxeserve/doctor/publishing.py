"""Media over NFS and FTP: whether what is switched on is really served.

Sources: docs/nfs-and-ftp.md; installers up to 6.5 speak NFSv3 alone (rpcbind, port 111) and up to 7.1 know FTP's port 21 alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.proc import bound
from pxeserve.repo.exported import State

_PLACES = ("usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin")

_NOT_INSTALLED = Fault(
    "ganesha-missing",
    Grade.STOPS,
    "NFS is switched on, and NFS-Ganesha is not installed",
    "hosts whose source is NFS cannot be installed",
    'apt install nfs-ganesha-vfs rpcbind, then systemctl disable --now nfs-ganesha; or [nfs] server = "kernel"',
)
_NOT_SERVED = Fault(
    "not-served",
    Grade.STOPS,
    "NFS is not served: {text}",
    "hosts whose source is NFS cannot be installed",
    "{advice}",
)
_LEFT_OUT = Fault(
    "left-out",
    Grade.HARMS,
    "medium {medium} is not exported: {why}",
    "a host that is told to fetch it over NFS finds nothing",
    "pxeserve profile set NAME --set source=http for those who use it, or put right what is named",
)
_NO_RPCBIND = Fault(
    "no-rpcbind",
    Grade.HARMS,
    "nobody answers at port 111, where NFSv3 is looked for",
    "installers up to 6.5 speak NFSv3 alone and cannot mount",
    "apt install rpcbind && systemctl enable --now rpcbind; or [nfs] versions = [4] where no such installer is served",
)
_PORT = Fault(
    "nfs-port",
    Grade.HARMS,
    "NFS is served at port {port}",
    "no installer can be told a port: NFSv4 is looked for at 2049",
    "[nfs] port = 2049",
)
_KERNEL = Fault(
    "kernel-exports",
    Grade.STOPS,
    "NFS is left to the kernel's server, and {text}",
    "hosts whose source is NFS cannot be installed",
    "pxeserve nfs exports > /etc/exports.d/pxeserve.exports && exportfs -ra, and systemctl enable --now nfs-server",
)
_FTP_PORT = Fault(
    "ftp-port",
    Grade.NOTE,
    "FTP is served at port {port}",
    "installers up to 7.1 ask at port 21 and at no other",
    "[ftp] port = 21, where such installers are served",
)
_FEW_PORTS = Fault(
    "few-ftp-ports",
    Grade.HARMS,
    "FTP has {count} passive ports",
    "each transfer takes one and keeps it for a moment: a rack that installs at once runs out, and installers find files missing",
    '[ftp] passive_ports = "41000-41999"',
)
_CROSSED = Fault(
    "crossed-ports",
    Grade.HARMS,
    "{one} ({first}) holds port {port} of {other}",
    "one of the two cannot be bound when it is needed",
    "give them ranges of their own",
)


def look(around: Around) -> Seen:
    """NFS, then FTP."""
    config = around.config
    if config.nfs.enabled:
        yield from _nfs(around)
    if config.ftp.enabled:
        yield from _ftp(around)
    ranges = {"[tftp] ports": config.tftp.port_range} | ({"[ftp] passive_ports": config.ftp.port_range} if config.ftp.enabled else {})
    fixed = {"[http] port": config.http.port, "[console] port": config.console.port}
    if config.ftp.enabled:
        fixed["[ftp] port"] = config.ftp.port
    if config.nfs.enabled:
        fixed |= {"[nfs] port": config.nfs.port, "[nfs] mount_port": config.nfs.mount_port}
    for name, ports in ranges.items():
        for key, port in fixed.items():
            if port in ports:
                yield _CROSSED.found(key, one=name, first=f"{ports[0]}-{ports[-1]}", port=port, other=key)


def _nfs(around: Around) -> Iterator[Finding | Blind]:
    nfs = around.config.nfs
    listening = {(one.protocol, one.port) for one in bound(around.root)}
    if 3 in nfs.versions and ("tcp", 111) not in listening and ("udp", 111) not in listening:
        yield _NO_RPCBIND.found("port 111")
    if nfs.port != 2049:
        yield _PORT.found("[nfs] port", port=nfs.port)
    if not nfs.keeps_ganesha:
        yield from _kernel(around, serves=("tcp", 2049) in listening)
        return
    if shutil.which("ganesha.nfsd", path=":".join(str(around.root / place) for place in _PLACES)) is None:
        yield _NOT_INSTALLED.found("ganesha.nfsd")
        return
    if not around.serving:
        yield Blind("whether NFS is served can be seen while the service runs alone", "pxeserve serve")
        return
    state = State.read(around.data)
    if state is None:
        yield Blind("NFS-Ganesha's keeper has left no word, or it cannot be read", "sudo pxeserve doctor; look into the service's log")
        return
    if state.state != "serving":
        advice = "the service's log has what Ganesha said; pxeserve status shows when it is well"
        yield _NOT_SERVED.found("NFS", text=state.text or state.state, advice=advice)
    for medium, why in state.refused.items():
        yield _LEFT_OUT.found(medium, medium=medium, why=why)


def _kernel(around: Around, *, serves: bool) -> Iterator[Finding]:
    if not serves:
        yield _KERNEL.found("nfs-server", text="nobody listens on port 2049")
        return
    told = around.text("etc/exports") or ""
    more = around.root / "etc/exports.d"
    told += "".join(around.text(f"etc/exports.d/{path.name}") or "" for path in sorted(more.glob("*.exports")))
    if str(around.data / "media") not in told:
        yield _KERNEL.found("/etc/exports", text=f"its exports do not name {around.data / 'media'}")


def _ftp(around: Around) -> Iterator[Finding]:
    ftp = around.config.ftp
    if ftp.port != 21:
        yield _FTP_PORT.found("[ftp] port", port=ftp.port)
    if len(ftp.port_range) < 100:
        yield _FEW_PORTS.found("[ftp] passive_ports", count=len(ftp.port_range))


CHECK = Check(
    "publishing",
    "NFS-Ganesha, rpcbind, the kernel's exports, FTP's ports, and ranges of ports that cross",
    "docs/nfs-and-ftp.md",
    (_NOT_INSTALLED, _NOT_SERVED, _LEFT_OUT, _NO_RPCBIND, _PORT, _KERNEL, _FTP_PORT, _FEW_PORTS, _CROSSED),
    look,
)
