"""The process itself, on loopback: it answers, stops when told, ends with its parent, and keeps its word after kill -9."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, Message, encode, parse
from pxeserve.store import leases, open_store

ROOT = Path(__file__).parents[2]
RELAY = IPv4Address("127.0.0.1")
AGENT = b"\x05\x04" + IPv4Address("10.77.0.1").packed + b"\x13\x00"
CHILD = """
import socket, sys
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from pxeserve.config import load
from pxeserve.dhcp.server import serve
from pxeserve.serving import Listener, Serving

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
orders = socket.socket(fileno=0)
for one in (udp, orders):
    one.setblocking(False)
listener = Listener("lo", IPv4Address("127.0.0.1"), IPv4Interface("127.0.0.1/8"))
ready = lambda: print(udp.getsockname()[1], flush=True)
config = load(Path(sys.argv[1]), {})
serve(Serving(config, (listener,), {"dhcp:lo": udp}, orders, ready, lambda: None))
"""


@dataclass
class Running:
    """One run of the process, and a relay in front of it."""

    process: subprocess.Popen[str]
    orders: socket.socket
    relay: socket.socket

    def ask(self, *messages: Message) -> list[Message]:
        """Send all at once; as many answers."""
        for message in messages:
            self.relay.send(encode(message))
        answers = []
        for _ in messages:
            answer = parse(self.relay.recv(4096), BOOTREPLY)
            assert isinstance(answer, Message)
            answers.append(answer)
        return answers


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Running]]:
    runs: list[Running] = []
    (tmp_path / "run").mkdir()
    open_store(tmp_path, migrate=True).close()
    file = tmp_path / "pxeserve.toml"
    file.write_text(
        f'[server]\ndata = "{tmp_path}"\n[dhcp]\nmode = "server"\n'
        '[[dhcp.subnet]]\nnetwork = "10.77.0.0/16"\nrange = ["10.77.1.0", "10.77.9.255"]\n'
    )

    def run() -> Running:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen([sys.executable, "-c", CHILD, str(file)], stdin=theirs, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        relay.settimeout(60)
        port = next(line for line in process.stdout if line.strip().isdigit())
        relay.connect(("127.0.0.1", int(port)))
        runs.append(Running(process, ours, relay))
        return runs[-1]

    yield run
    for one in runs:
        one.process.kill()
        one.process.wait(60)
        one.orders.close()
        one.relay.close()


def crowd(machine: Callable[..., Any], count: int) -> list[Any]:
    return [machine(number, plain=True, giaddr=RELAY, options={Code.RELAY_AGENT: AGENT}) for number in range(1, count + 1)]


def lend(running: Running, machines: list[Any]) -> dict[str, str]:
    """DORA for all of them; the addresses that were acknowledged, by MAC."""
    known = {one.mac: one for one in machines}
    for say in ("discover", "select"):
        for answer in running.ask(*(getattr(one, say)() for one in machines)):
            known[answer.mac].hear(answer)
    return {one.mac: str(one.address) for one in machines}


def stored(data: Path) -> dict[str, str]:
    store = open_store(data)
    with store.leases.read() as connection:
        rows = leases.listed(connection)
    store.close()
    return {row.mac: str(row.address) for row in rows}


def test_what_was_acknowledged_before_kill_9_is_there_after_it(
    start: Callable[[], Running], machine: Callable[..., Any], tmp_path: Path
) -> None:
    promised: dict[str, str] = {}
    for count in (20, 40, 60):
        running = start()
        now = lend(running, crowd(machine, count))
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(60)
        assert promised.items() <= now.items(), "everybody finds the old address"
        assert len(set(now.values())) == count
        assert stored(tmp_path) == now
        promised = now


def test_a_record_that_cannot_be_read_does_not_stop_the_start(
    start: Callable[[], Running], machine: Callable[..., Any], tmp_path: Path
) -> None:
    first = start()
    before = lend(first, crowd(machine, 3))
    first.orders.send(b"T")
    assert first.process.wait(60) == 0
    store = open_store(tmp_path)
    with store.leases.write() as connection:
        connection.execute(text("UPDATE lease SET mac = x'ff00' WHERE address = (SELECT min(address) FROM lease)"))
    store.close()
    after = lend(start(), crowd(machine, 3))
    assert len(after.items() & before.items()) >= 2


def test_it_ends_with_its_parent(start: Callable[[], Running]) -> None:
    running = start()
    running.orders.close()
    assert running.process.wait(60) == 0


def test_nonsense_leaves_it_well(start: Callable[[], Running], machine: Callable[..., Any]) -> None:
    running = start()
    good = encode(crowd(machine, 1)[0].discover())
    for cut in range(243):
        running.relay.send(good[:cut])
    running.relay.send(bytes(9000))
    assert lend(running, crowd(machine, 2))
