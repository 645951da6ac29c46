"""Crowds that want nothing but the server's attention: a good client beside them is served, from an address of its own and from theirs."""

from __future__ import annotations

import itertools
import random
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.store import inventory, open_store
from tests.faults.fetching import Cut, http_get, rrq, tftp_get
from tests.faults.leasing import ACK, DISCOVER, OFFER, REQUEST, answer, mac, option, request, written
from tests.faults.service import Service, until
from tests.faults.space import Space, space

pytestmark = [pytest.mark.netns, pytest.mark.measured]
SERVER = "127.0.0.1"
TFTP_SECONDS, DHCP_SECONDS, HTTP_SECONDS = 5.0, 4.0, 1.0
HALF_OPEN, LORISES = 300, 500
SOURCES = {
    "one address": ["127.0.0.66"],
    "twenty addresses": [f"127.0.66.{number}" for number in range(1, 21)],
    "the good client's own": ["127.0.0.7"],
}
GOOD = "127.0.0.7"


@pytest.fixture(scope="module")
def served(furnish_module: Callable[..., Service]) -> Iterator[Service]:
    """One service for all floods, which is the point: each leaves it as it was."""
    with space() as where:
        service = furnish_module(where)
        service.start()
        yield service
        service.stop()


@contextmanager
def half_open(space: Space, sources: list[str]) -> Iterator[list[int]]:
    """300 clients that ask for the file, never acknowledge anything, and ask again each second. Gives the count of rounds so far."""
    stop, rounds = threading.Event(), [0]
    with ExitStack() as stack:
        socks = [stack.enter_context(space.udp(sources[number % len(sources)])) for number in range(HALF_OPEN)]

        def ask() -> None:
            while not stop.is_set():
                for sock in socks:
                    sock.sendto(rrq("body.bin", {"blksize": "1408", "windowsize": "16"}), (SERVER, 69))
                rounds[0] += 1
                stop.wait(1.0)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield rounds
        finally:
            stop.set()
            thread.join()


class Lorises:
    """500 HTTP clients that send a byte of a header now and then, and come back a second after they are thrown out."""

    def __init__(self, space: Space, sources: list[str]) -> None:
        self.refused = 0
        self._space = space
        self._sources = sources
        self._stop = threading.Event()
        self._open: dict[int, socket.socket] = {}
        self._due: list[tuple[float, int]] = [(0.0, number) for number in range(LORISES)]
        self.everybody = threading.Event()
        """All 500 have come once."""

    def run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            coming = [number for due, number in self._due if due <= now]
            self._due = [(due, number) for due, number in self._due if due > now]
            for number in coming:
                self._come(number)
            self.everybody.set()
            for number, sock in list(self._open.items()):
                self._drip(number, sock)
            self._stop.wait(0.5)
        for sock in self._open.values():
            sock.close()

    def stop(self) -> None:
        self._stop.set()

    def _come(self, number: int) -> None:
        try:
            sock = self._space.tcp((SERVER, 80), self._sources[number % len(self._sources)], timeout=2)
            sock.sendall(b"GET /f/body.bin HTTP/1.1\r\nX-Slow: ")
            sock.setblocking(False)
            self._open[number] = sock
        except OSError:
            self._away(number)

    def _drip(self, number: int, sock: socket.socket) -> None:
        try:
            if select.select([sock], [], [], 0)[0]:
                raise ConnectionError
            sock.send(b"x")
        except OSError:
            self._open.pop(number).close()
            self._away(number)

    def _away(self, number: int) -> None:
        self.refused += 1
        self._due.append((time.monotonic() + 1.0, number))


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def over_a_while(*acts: Callable[[], object]) -> list[float]:
    """What each of `acts` took, again and again for 4 s: a flood has its tides."""
    took, end = [], time.monotonic() + 4.0
    while time.monotonic() < end:
        took += [seconds_of(act) for act in acts]
        time.sleep(0.05)
    return took


def fetch_over_tftp(space: Space, body: bytes, source: str = GOOD) -> None:
    with space.udp(source) as sock:
        assert tftp_get(sock, (SERVER, 69), "body.bin") == body


def fetch_over_http(space: Space, body: bytes, source: str = GOOD) -> None:
    """As a machine does, which tries again when it is turned away, though sooner than any does."""
    for _ in range(30):
        try:
            with space.tcp((SERVER, 80), source) as sock:
                assert http_get(sock, "/f/body.bin") == (200, body)
                return
        except (Cut, OSError):
            time.sleep(0.05)
    raise AssertionError("turned away thirty times")


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES)
def test_beside_300_half_open_transfers_a_good_one_ends_in_time(
    sources: list[str], served: Service, body: bytes, figure: Callable[[str], None]
) -> None:
    with half_open(served.space, sources) as rounds:
        until(lambda: rounds[0] >= 2, "all have asked twice")
        took = over_a_while(lambda: fetch_over_tftp(served.space, body), lambda: fetch_over_tftp(served.space, body, "127.0.0.8"))
    figure(f"600 kB over TFTP: most {max(took):.2f} s of {len(took)} (limit {TFTP_SECONDS:.0f})")
    assert max(took) <= TFTP_SECONDS


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES)
def test_beside_500_slow_http_clients_a_good_one_is_answered_in_time(
    sources: list[str], served: Service, body: bytes, figure: Callable[[str], None]
) -> None:
    lorises = Lorises(served.space, sources)
    thread = threading.Thread(target=lorises.run)
    thread.start()
    try:
        assert lorises.everybody.wait(60)
        took = over_a_while(lambda: fetch_over_http(served.space, body), lambda: fetch_over_http(served.space, body, "127.0.0.8"))
    finally:
        lorises.stop()
        thread.join()
    figure(f"600 kB over HTTP: most {max(took):.2f} s of {len(took)} (limit {HTTP_SECONDS:.0f}), {lorises.refused} slow ones turned away")
    assert max(took) <= HTTP_SECONDS


def address_of(sock: socket.socket, number: int) -> str:
    """DISCOVER to ACK for machine `number`, which repeats itself each second as udhcpc does."""
    xid, chaddr = random.getrandbits(32), mac(number)
    message, wanted = request(DISCOVER, chaddr, xid), OFFER
    for _ in range(30):
        sock.sendto(message, (SERVER, 67))
        while select.select([sock], [], [], 1.0)[0]:
            said = answer(sock.recv(4096))
            if said.xid != xid or said.kind != wanted:
                continue
            if wanted == ACK:
                return said.address
            asked = (option(50, socket.inet_aton(said.address)), option(54, said.server))
            message, wanted = request(REQUEST, chaddr, xid, *asked), ACK
            break
    raise AssertionError(f"host {written(chaddr)} got no address")


@pytest.mark.parametrize(("strangers", "hosts"), [(3000, 20), pytest.param(10_000, 100, marks=pytest.mark.long)])
def test_beside_thousands_of_invented_machines_every_known_host_gets_its_address_in_time(
    strangers: int, hosts: int, alone: Space, furnish: Callable[..., Service], figure: Callable[[str], None]
) -> None:
    service = furnish(alone, first="10.78.0.10", last="10.78.0.254")
    known = range(0x00A00000, 0x00A00000 + hosts)
    store = open_store(service.data)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("plain"))
        for number in known:
            inventory.put_host(connection, Host(0, f"host{number:x}", (written(mac(number)),), "plain"))
    store.close()
    service.give()
    service.start()
    flood, over = alone.udp(), threading.Event()

    def invent() -> None:
        """Each asks twice at least: the flood goes on until every host was served."""
        number = 0
        while number < strangers or not over.is_set():
            flood.sendto(request(DISCOVER, mac(0x100 + number), number), (SERVER, 67))
            number += 1
            if number % 20 == 0:
                over.wait(0.005)  # as fast as the server reads, about; beyond that the kernel drops and nothing is tried

    thread = threading.Thread(target=invent)
    thread.start()
    try:
        took, got = [], set()
        with alone.udp() as sock:
            for number in known:
                began = time.monotonic()
                got.add(address_of(sock, number))
                took.append(time.monotonic() - began)
    finally:
        over.set()
        thread.join()
    assert len(got) == hosts
    figure(f"{strangers} strangers and more, {hosts} hosts: DHCP most {max(took):.2f} s (limit {DHCP_SECONDS:.0f})")
    assert max(took) <= DHCP_SECONDS
    service.health()


def test_all_floods_at_once_leave_each_good_client_its_time(served: Service, body: bytes, figure: Callable[[str], None]) -> None:
    where, stop = served.space, threading.Event()
    lorises = Lorises(where, SOURCES["twenty addresses"])
    flood = where.udp()

    def invent() -> None:
        for number in itertools.count():
            flood.sendto(request(DISCOVER, mac(0x5000 + number), number), (SERVER, 67))
            if number % 10 == 9 and stop.wait(0.005):
                return

    threads = [threading.Thread(target=act) for act in (lorises.run, invent)]
    with half_open(where, SOURCES["twenty addresses"]), where.udp() as sock:
        for thread in threads:
            thread.start()
        try:
            assert lorises.everybody.wait(60)
            files = over_a_while(lambda: fetch_over_tftp(where, body))
            pages = over_a_while(lambda: fetch_over_http(where, body))
            numbers = itertools.count(1)
            leases = over_a_while(lambda: address_of(sock, next(numbers)))
        finally:
            stop.set()
            lorises.stop()
            for thread in threads:
                thread.join()
    figure(f"TFTP most {max(files):.2f} s, HTTP {max(pages):.2f} s, DHCP {max(leases):.2f} s")
    assert max(files) <= TFTP_SECONDS
    assert max(pages) <= HTTP_SECONDS
    assert max(leases) <= DHCP_SECONDS


def test_when_the_floods_are_over_all_is_as_before(served: Service, body: bytes) -> None:
    """Runs last: nothing of them is left but what the kernel keeps for a while."""
    until(lambda: served.health().descriptors["provision"] < 100, "slow connections are gone")
    until(lambda: served.health().descriptors["tftp"] < 64 * 2 + 300, "half-open transfers are gone")
    fetch_over_tftp(served.space, body)
    fetch_over_http(served.space, body)
    assert "Traceback" not in served.log
    assert served.log.count("ended with") == 0, served.log
