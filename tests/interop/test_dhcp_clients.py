"""Real DHCP clients against the real DHCP process: dhclient, udhcpc and perfdhcp, each in a network namespace of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.store import Store, inventory, leases, open_store

ROOT = Path(__file__).parents[2]
SERVER, CLIENT = f"dhs{os.getpid()}", f"dhc{os.getpid()}"
MAC = "02:00:00:77:00:01"
PATIENT = ("-d", "20", "-W", "3000000")
"""perfdhcp takes for lost what has no answer after a second, or when the last request has just left, unless told other times (seconds, and
microseconds): the machine may have other work."""

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

CHILD = """
import socket, sys
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from pxeserve.config import load
from pxeserve.dhcp.server import serve
from pxeserve.errors import PxeserveError
from pxeserve.serving import Listener, Serving

config = load(Path(sys.argv[1]), {})
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
udp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
udp.bind(("", 67))
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
orders = socket.socket(fileno=0)
for one in (udp, raw, orders):
    one.setblocking(False)
sockets = {"dhcp:eth0": udp, "dhcp-raw:eth0": raw}
if config.dhcp.mode == "proxy":
    pxe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    pxe.bind(("", 4011))
    pxe.setblocking(False)
    sockets["pxe:eth0"] = pxe
listener = Listener("eth0", IPv4Address("10.77.0.1"), IPv4Interface("10.77.0.1/24"))
try:
    serve(Serving(config, (listener,), sockets, orders, lambda: print("ready", flush=True), lambda: None))
except PxeserveError as error:
    print(error, flush=True)
    sys.exit(1)
"""


def run(*command: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=timeout)


def inside(namespace: str, *command: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return run("ip", "netns", "exec", namespace, *command, **more)


@pytest.fixture
def wire() -> Iterator[None]:
    """Two namespaces, one cable; both ends are called eth0."""
    try:
        for name in (SERVER, CLIENT):
            run("ip", "netns", "add", name)
            inside(name, "ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "netns", SERVER, "type", "veth", "peer", "name", "eth0", "netns", CLIENT)
        inside(CLIENT, "ip", "link", "set", "eth0", "address", MAC)
        inside(SERVER, "ip", "address", "add", "10.77.0.1/24", "dev", "eth0")
        for name in (SERVER, CLIENT):
            inside(name, "ip", "link", "set", "eth0", "up")
        yield
    finally:
        for name in (SERVER, CLIENT):
            run("ip", "netns", "del", name, check=False)


@dataclass
class Service:
    """The DHCP process in its namespace, and its data."""

    data: Path
    process: subprocess.Popen[str]
    orders: socket.socket

    @property
    def store(self) -> Store:
        return open_store(self.data)

    def leases(self) -> dict[str, str]:
        with self.store.leases.read() as connection:
            return {str(row.address): row.state for row in leases.listed(connection)}

    def kill_amid(self, count: int) -> None:
        """Kill it once it has stored so many leases; after a minute all the same."""
        deadline = time.monotonic() + 60
        while len(self.leases()) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        self.kill()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)


@pytest.fixture
def service(wire: None, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts the process; a second start finds what the first one left."""
    started: list[Service] = []
    data = tmp_path / "data"
    (data / "run").mkdir(parents=True)
    store = open_store(data, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "known", ("02:00:00:77:00:02",), "rack"))
    store.close()

    def start(network: str = "10.77.0.0/24", last: str = "10.77.0.120", *, mode: str = "server", ready: bool = True) -> Service:
        file = tmp_path / "pxeserve.toml"
        file.write_text(
            f'[server]\ndata = "{data}"\n[dhcp]\nmode = "{mode}"\n'
            f'[[dhcp.subnet]]\nnetwork = "{network}"\nrange = ["10.77.0.100", "{last}"]\nrouter = "10.77.0.1"\nlease = "10m"\n'
        )
        command = ["ip", "netns", "exec", SERVER, sys.executable, "-c", CHILD, str(file)]
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(Service(data, process, ours))
        if ready:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.orders.close()


@pytest.fixture
def dhclient(wire: None, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs ISC dhclient once; what it said. Its script changes nothing but the address, and the last one running is ended."""
    script = tmp_path / "script"
    script.write_text(
        '#!/bin/sh\n[ -n "$new_ip_address" ] && ip address flush dev eth0 && ip address add "$new_ip_address/24" dev eth0\nexit 0\n'
    )
    script.chmod(0o755)
    names = ("-lf", str(tmp_path / "leases"), "-pf", str(tmp_path / "pid"), "-sf", str(script))

    def call(*words: str) -> str:
        found = inside(CLIENT, "dhclient", "-v", "-cf", "/dev/null", *names, *words, "eth0", check=False)
        return found.stdout + found.stderr

    yield call
    call("-x")


def test_dhclient_gets_renews_and_gives_back(service: Callable[..., Service], dhclient: Callable[..., str]) -> None:
    """DORA over raw frames (it has no address), INIT-REBOOT, then RELEASE."""
    running = service()
    said = dhclient("-1")
    assert "DHCPACK of 10.77.0.100 from 10.77.0.1" in said
    assert "bound to 10.77.0.100" in said
    assert running.leases() == {"10.77.0.100": "bound"}
    dhclient("-x")
    again = dhclient("-1")
    assert "DHCPREQUEST for 10.77.0.100" in again
    assert "DHCPDISCOVER" not in again
    assert "bound to 10.77.0.100" in again
    assert "DHCPRELEASE of 10.77.0.100" in dhclient("-r")
    assert "10.77.0.100" in running.leases()


def test_dhclient_with_an_address_from_elsewhere_is_refused_and_starts_anew(
    service: Callable[..., Service], dhclient: Callable[..., str], tmp_path: Path
) -> None:
    service()
    never = "0 2037/01/01 00:00:00"
    (tmp_path / "leases").write_text(
        'lease {\n  interface "eth0";\n  fixed-address 192.168.44.9;\n  option subnet-mask 255.255.255.0;\n'
        f"  option dhcp-server-identifier 10.77.0.1;\n  renew {never};\n  rebind {never};\n  expire {never};\n}}\n"
    )
    said = dhclient("-1")
    assert re.search(r"DHCPREQUEST (for|of) 192\.168\.44\.9", said)
    assert "DHCPNAK from 10.77.0.1" in said
    assert "bound to 10.77.0.100" in said


def test_udhcpc_gets_an_address_and_gives_it_back(service: Callable[..., Service], tmp_path: Path) -> None:
    running = service()
    script = tmp_path / "udhcpc"
    script.write_text(f'#!/bin/sh\n[ "$1" = bound ] && env > {tmp_path}/told\nexit 0\n')
    script.chmod(0o755)
    # -n: end without a lease; -q: end with one; -R: give it back at the end
    found = inside(CLIENT, "busybox", "udhcpc", "-f", "-n", "-q", "-R", "-i", "eth0", "-s", str(script), check=False)
    assert "10.77.0.100 obtained" in found.stderr + found.stdout
    told = (tmp_path / "told").read_text()
    assert "router=10.77.0.1" in told
    assert "siaddr=10.77.0.1" in told
    assert "lease=600" in told
    assert set(running.leases()) == {"10.77.0.100"}


@pytest.mark.skipif(not shutil.which("perfdhcp"), reason="perfdhcp is not installed")
def test_perfdhcp_through_its_relay_gets_a_lease_for_every_ack(service: Callable[..., Service]) -> None:
    """Each exchange comes as a relay's (giaddr set), from a client of its own."""
    running = service("10.77.0.0/16", "10.77.40.0")
    inside(CLIENT, "ip", "address", "add", "10.77.0.2/16", "dev", "eth0")
    found = inside(CLIENT, "perfdhcp", "-4", "-l", "10.77.0.2", "-r", "200", "-R", "400", "-p", "2", "-W", "2", "10.77.0.1", check=False)
    received = [int(count) for count in re.findall(r"received packets: (\d+)", found.stdout)]
    for wrong in ("orphans", "rejected leases", "non unique addresses", "Malformed packets"):
        assert set(re.findall(rf"{wrong}: (\d+)", found.stdout)) == {"0"}, found.stdout
    assert 100 < received[1] <= len(running.leases())


def test_acknowledged_leases_outlive_kill_9(service: Callable[..., Service]) -> None:
    """Fault I1: the server is killed in the middle of a crowd; what perfdhcp saw acknowledged is on the disk, each address once."""
    running = service("10.77.0.0/16", "10.77.40.0")
    inside(CLIENT, "ip", "address", "add", "10.77.0.2/16", "dev", "eth0")
    killer = threading.Thread(target=running.kill_amid, args=(100,))
    killer.start()
    found = inside(CLIENT, "perfdhcp", "-4", "-l", "10.77.0.2", "-r", "300", "-R", "5000", "-p", "5", "10.77.0.1", check=False)
    killer.join()
    received = [int(count) for count in re.findall(r"received packets: (\d+)", found.stdout)]
    assert 0 < received[1] <= len(running.leases())
    again = service("10.77.0.0/16", "10.77.40.0")
    before = len(again.leases())
    more = inside(CLIENT, "perfdhcp", "-4", "-l", "10.77.0.2", "-r", "50", "-R", "5000", "-n", "50", *PATIENT, "10.77.0.1", check=False)
    assert "drops: 0" in more.stdout
    assert len(again.leases()) >= before


@pytest.fixture
def other_server(wire: None, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """busybox's udhcpd in a namespace, at 10.77.0.2; it looks for 2 s whether an address is free before it offers it."""
    running: list[subprocess.Popen[str]] = []

    def start(namespace: str) -> None:
        inside(namespace, "ip", "address", "add", "10.77.0.2/24", "dev", "eth0")
        (tmp_path / "held").touch()
        config = tmp_path / "udhcpd.conf"
        files = f"lease_file {tmp_path}/held\npidfile {tmp_path}/udhcpd.pid\n"
        config.write_text(f"start 10.77.0.50\nend 10.77.0.60\ninterface eth0\n{files}option subnet 255.255.255.0\n")
        command = ["ip", "netns", "exec", namespace, "busybox", "udhcpd", "-f", str(config)]
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        assert "started" in (running[-1].stderr or sys.stderr).readline()

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


def test_server_mode_does_not_start_beside_another_server(service: Callable[..., Service], other_server: Callable[[str], None]) -> None:
    other_server(CLIENT)
    refused = service(ready=False)
    assert refused.process.wait(60) == 1
    assert refused.process.stdout is not None
    assert "eth0: another DHCP server answers here: 10.77.0.2" in refused.process.stdout.read()


def test_server_mode_starts_on_a_cable_that_is_not_plugged_in_yet(service: Callable[..., Service], dhclient: Callable[..., str]) -> None:
    inside(CLIENT, "ip", "link", "set", "eth0", "down")
    inside(SERVER, "ip", "link", "set", "eth0", "down")
    service()
    for name in (CLIENT, SERVER):
        inside(name, "ip", "link", "set", "eth0", "up")
    assert "bound to 10.77.0.100" in dhclient("-1")


@pytest.fixture
def third(wire: None) -> Iterator[str]:
    """A third machine on the same wire: the server's end becomes a bridge."""
    name = f"dho{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", "port2", "netns", SERVER)
        inside(SERVER, "sh", "-ec", "ip link set eth0 down; ip address flush dev eth0; ip link set eth0 name port1")
        inside(SERVER, "sh", "-ec", "ip link add eth0 type bridge; for p in port1 port2; do ip link set $p master eth0 up; done")
        inside(SERVER, "sh", "-ec", "ip address add 10.77.0.1/24 dev eth0; ip link set eth0 up")
        inside(name, "ip", "link", "set", "eth0", "up")
        yield name
    finally:
        run("ip", "netns", "del", name, check=False)


def test_proxy_mode_lends_nothing_and_remembers_who_took_what(
    third: str, service: Callable[..., Service], other_server: Callable[[str], None], tmp_path: Path
) -> None:
    running = service(mode="proxy")
    other_server(third)
    script = tmp_path / "udhcpc"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    found = inside(CLIENT, "busybox", "udhcpc", "-f", "-n", "-q", "-i", "eth0", "-t", "10", "-s", str(script), check=False)
    said = found.stdout + found.stderr
    obtained = re.search(r"lease of (10\.77\.0\.5\d) obtained from 10\.77\.0\.2", said)
    assert obtained, said
    running.orders.send(b"T")
    assert running.process.wait(60) == 0
    with running.store.leases.read() as connection:
        sighting = leases.sighting(connection, IPv4Address(obtained[1]))
    assert sighting is not None
    assert sighting.mac == MAC
    assert running.leases() == {}
