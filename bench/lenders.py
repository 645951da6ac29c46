"""DHCP servers to be measured, each lending from the same two million addresses, leases on the disk, over the same wire."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import peers
from bench.machine import Running, server
from bench.unpack import LIBRARIES

WIRE = ("eth0", "10.64.0.1")
FIRST, LAST = "10.65.0.0", "10.95.255.255"
NETWORK, MASK = "10.64.0.0", "255.192.0.0"
LEASE = 3600
HALL = ("10.65.0.0", "10.65.255.255")
"""Lent to a hall of machines, each of which then speaks from its own."""


@contextmanager
def kea(space: str, scratch: Path) -> Iterator[Running]:
    """Kea with its file of leases, which it does not sync; no log of each lease."""
    leases = scratch / "kea-leases.csv"
    leases.unlink(missing_ok=True)
    config = {
        "interfaces-config": {"interfaces": ["eth0"], "service-sockets-max-retries": 50, "service-sockets-retry-wait-time": 200},
        "lease-database": {"type": "memfile", "persist": True, "name": str(leases)},
        "valid-lifetime": LEASE,
        "subnet4": [{"id": 1, "subnet": f"{NETWORK}/10", "pools": [{"pool": f"{FIRST} - {LAST}"}]}],
        "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": "stdout"}], "severity": "WARN"}],
    }
    (scratch / "kea.conf").write_text(json.dumps({"Dhcp4": config}))
    root = peers.root("dhcp")
    places = {
        "LD_LIBRARY_PATH": f"{root / LIBRARIES}:{root / LIBRARIES}/kea",
        "KEA_LOCKFILE_DIR": "none",
        "KEA_PIDFILE_DIR": str(scratch),
        "KEA_LOGGER_DESTINATION": "stdout",
    }
    words = [str(root / "usr/sbin/kea-dhcp4"), "-c", str(scratch / "kea.conf")]
    with server(space, words, scratch / "kea.log", places) as running:
        peers.listens(running, space, 67)
        yield running


@contextmanager
def dhcpd(space: str, scratch: Path) -> Iterator[Running]:
    """ISC's, which syncs each lease before it acknowledges it; no log of each packet."""
    (scratch / "dhcpd.conf").write_text(
        f"authoritative; ping-check false; default-lease-time {LEASE}; max-lease-time {LEASE}; log-facility local7;\n"
        f"subnet {NETWORK} netmask {MASK} {{ range 10.65.0.0 10.65.127.255; }}\n"  # with more it is slower by far: it keeps lists of them
    )
    leases = scratch / "dhcpd.leases"
    leases.unlink(missing_ok=True)
    leases.touch()
    root = peers.root("dhcp")
    words = [
        str(root / "usr/sbin/dhcpd"), "-f", "-4", "-q", "-cf", str(scratch / "dhcpd.conf"), "-lf", str(leases), "--no-pid", "eth0",
    ]  # fmt: skip
    with server(space, words, scratch / "dhcpd.log", {"LD_LIBRARY_PATH": str(root / LIBRARIES)}) as running:
        peers.listens(running, space, 67)
        yield running


@contextmanager
def dnsmasq(space: str, scratch: Path) -> Iterator[Running]:
    """Writes and syncs its whole file before each acknowledgement; its limit of 1000 leases is raised."""
    leases = scratch / "dnsmasq.leases"
    leases.unlink(missing_ok=True)
    with _dnsmasq(space, scratch, f"--dhcp-leasefile={leases}", "--dhcp-lease-max=2000000", f"--dhcp-range={FIRST},{LAST},{MASK},1h") as it:
        yield it


@contextmanager
def dnsmasq_proxy(space: str, scratch: Path) -> Iterator[Running]:
    """As a proxy that names a boot file."""
    with _dnsmasq(space, scratch, "--leasefile-ro", f"--dhcp-range={NETWORK},proxy,{MASK}", "--pxe-service=x86PC,boot,pxelinux") as it:
        yield it


@contextmanager
def _dnsmasq(space: str, scratch: Path, *more: str) -> Iterator[Running]:
    words = [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--no-ping",
        "--user=root", "--pid-file=", "--log-facility=-", "--quiet-dhcp", "--dhcp-authoritative", *more,
    ]  # fmt: skip
    with server(space, words, scratch / "dnsmasq.log") as running:
        peers.listens(running, space, 67)
        yield running


@contextmanager
def pxeserve(space: str, data: Path, scratch: Path) -> Iterator[Running]:
    """The whole service as the DHCP server, the record of events included. Its leases are forgotten first, as the others' are."""
    for file in (data / "state").glob("leases.db*"):
        file.unlink()
    lines = (
        f'mode = "server"\nallow_other_servers = true\n[[dhcp.subnet]]\nnetwork = "{NETWORK}/10"\nrange = ["{FIRST}", "{LAST}"]\n'
        f"lease = {LEASE}"
    )
    with peers.pxeserve(space, data, scratch, lines, WIRE) as running:
        yield running


@contextmanager
def pxeserve_proxy(space: str, data: Path, scratch: Path) -> Iterator[Running]:
    """The whole service as a proxy that leads every machine to its own disk with a boot file, as dnsmasq names one to all."""
    loaders(data)
    with peers.pxeserve(space, data, scratch, 'mode = "proxy"\n[boot]\nidle = "menu"', WIRE) as running:
        yield running


@contextmanager
def pxeserve_hall(space: str, data: Path, scratch: Path, program: Sequence[str | Path]) -> Iterator[Running]:
    """The whole service, run by `program`, as the DHCP server that names every machine a boot file. Its leases are forgotten first."""
    for file in (data / "state").glob("leases.db*"):
        file.unlink()
    lines = f'[[dhcp.subnet]]\nnetwork = "{NETWORK}/10"\nrange = ["{HALL[0]}", "{HALL[1]}"]\n[boot]\nidle = "menu"'
    with peers.pxeserve(space, data, scratch, f'mode = "server"\nallow_other_servers = true\n{lines}', WIRE, program) as running:
        yield running


def loaders(data: Path) -> None:
    """Take this machine's loaders into the store beneath `data`. Raises NotToBeHad."""
    places = {**os.environ, "PXESERVE_SERVER__DATA": str(data), "PXESERVE_SERVER__USER": "root"}
    taken = subprocess.run([str(peers.PXESERVE), "loaders", "import"], env=places, capture_output=True, text=True, check=False)
    if taken.returncode:
        raise peers.NotToBeHad(f"no loaders: {taken.stderr.strip() or taken.stdout.strip()}")
