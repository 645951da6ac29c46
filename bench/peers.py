"""The servers to be measured: how each is started, and when it answers. Every one serves the same folder on the same address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bench.machine import Running, server, until
from bench.unpack import LIBRARIES, NotToBeHad, unpacked

CHECKOUT = Path(__file__).parents[1]
CACHE = CHECKOUT / ".cache"
PXESERVE = Path(sys.executable).parent / "pxeserve"

ON_LOOPBACK = ("lo", "127.0.0.1")

_PACKAGES = {
    "tftp": ("tftpd-hpa", "atftpd", "libwrap0"),
    "http": ("nginx",),
    "dhcp": ("isc-dhcp-server", "kea-dhcp4-server"),
}


@cache
def root(kind: str) -> Path:
    """Where the peers of this kind lie, unpacked."""
    return unpacked(_PACKAGES[kind], CACHE / f"bench-{kind}")


def _libraries(kind: str) -> dict[str, str]:
    return {"LD_LIBRARY_PATH": str(root(kind) / LIBRARIES)}


Started = Callable[[str, Path, Path], "Iterator[Running]"]


@contextmanager
def tftpd_hpa(space: str, folder: Path, scratch: Path) -> Iterator[Running]:
    """In the foreground, as Debian's unit has it: a process for each transfer."""
    binary = str(root("tftp") / "usr/sbin/in.tftpd")
    words = [binary, "--foreground", "--address", "127.0.0.1:69", "--user", "root", "--secure", str(folder)]
    with server(space, words, scratch / "tftpd-hpa.log", _libraries("tftp")) as running:
        listens(running, space, 69)
        yield running


@contextmanager
def atftpd(space: str, folder: Path, scratch: Path) -> Iterator[Running]:
    """A thread for each transfer; its limit of 100 is raised, so that 256 clients can be served."""
    words = [
        str(root("tftp") / "usr/sbin/atftpd"), "--daemon", "--no-fork", "--user", "root", "--group", "root", "--maxthread", "1000",
        "--bind-address", "127.0.0.1", "--logfile", str(scratch / "atftpd.txt"), str(folder),
    ]  # fmt: skip
    with server(space, words, scratch / "atftpd.log", _libraries("tftp")) as running:
        listens(running, space, 69)
        yield running


@contextmanager
def dnsmasq(space: str, folder: Path, scratch: Path) -> Iterator[Running]:
    """Its limit of 50 transfers is raised to 1000."""
    words = [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--enable-tftp", f"--tftp-root={folder}", "--tftp-max=1000",
        "--user=root", "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces", "--log-facility=-", "--quiet-tftp",
    ]  # fmt: skip
    with server(space, words, scratch / "dnsmasq.log") as running:
        listens(running, space, 69)
        yield running


@contextmanager
def floor(space: str, folder: Path, scratch: Path) -> Iterator[Running]:
    """No server at all, but what the kernel allows one: floor.c."""
    binary = scratch / "floor"
    subprocess.run(["gcc", "-O2", "-Wall", "-o", binary, Path(__file__).with_name("floor.c")], check=True)
    with server(space, [str(binary), "127.0.0.1", str(folder)], scratch / "floor.log") as running:
        listens(running, space, 69)
        yield running


@contextmanager
def nginx(space: str, folder: Path, scratch: Path) -> Iterator[Running]:
    """One worker, sendfile on, no log of requests."""
    config = scratch / "nginx.conf"
    config.write_text(
        f"daemon off; worker_processes 1; pid {scratch}/nginx.pid; error_log stderr; user root;\n"
        "events { worker_connections 2048; }\n"
        f"http {{ access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path {scratch}; proxy_temp_path {scratch};\n"
        f"fastcgi_temp_path {scratch}; uwsgi_temp_path {scratch}; scgi_temp_path {scratch};\n"
        f"server {{ listen 127.0.0.1:8069; root {folder}; }} }}\n"
    )
    with server(space, [str(root("http") / "usr/sbin/nginx"), "-c", str(config), "-e", "stderr"], scratch / "nginx.log") as running:
        listens(running, space, 8069)
        yield running


@contextmanager
def pxeserve(
    space: str,
    data: Path,
    scratch: Path,
    dhcp: str = 'mode = "off"',
    where: tuple[str, str] = ON_LOOPBACK,
    program: Sequence[str | Path] = (PXESERVE,),
) -> Iterator[Running]:
    """The whole service, all its processes on the one core. `dhcp` is its section of the configuration, `where` interface and address."""
    config = scratch / "pxeserve.toml"
    interface, address = where
    config.write_text(
        f'[server]\ndata = "{data}"\ninterface = "{interface}"\naddress = "{address}"\nuser = "root"\n[http]\nport = 8069\n[dhcp]\n{dhcp}\n'
    )
    with server(space, [*map(str, program), "serve", "--config", str(config)], scratch / "pxeserve.log") as running:
        until(running, lambda: re.search(r"\] ready .*dhcp=", running.log.read_text()), "pxeserve")
        time.sleep(1)  # what it does once at its start is not to be measured
        yield running


def scratch_folder() -> str:
    """Where data is laid: on a disk, which /tmp often is not."""
    return os.environ.get("TMPDIR", "/var/tmp")  # noqa: S108 - folders of random names are made there


def versions() -> dict[str, str]:
    """Of all that is measured, as far as it is here."""
    found = {"pxeserve": _said([str(PXESERVE), "--version"])}
    for package in ("dnsmasq-base", "kea-admin", "linux-libc-dev"):
        found[package] = _said(["dpkg-query", "--show", "--showformat=${Version}", package])
    for package in (name for packages in _PACKAGES.values() for name in packages):
        found[package] = _said(["sh", "-c", f"apt-cache policy {package} | sed -n 's/ *Candidate: //p'"])
    return found


def _said(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def listens(running: Running, space: str, port: int) -> None:
    """Wait until something in `space` has `port` open."""

    def answers() -> bool:
        return f":{port} " in _said(["ip", "netns", "exec", space, "ss", "--no-header", "-lntu"])

    until(running, answers, running.log.stem)


__all__ = [
    "CACHE", "CHECKOUT", "PXESERVE", "NotToBeHad", "atftpd", "dnsmasq", "floor", "listens", "nginx", "pxeserve", "tftpd_hpa", "versions",
]  # fmt: skip
