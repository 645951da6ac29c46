"""The door of the metrics: its own names alone, and nobody holds the places of others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from pxeserve.console.scraping import AT_ONCE, EACH, Door

PATIENCE = 60.0
"""Longer than a head may take, and shorter than all of a scrape may: who is not hung up on in time is seen."""
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def door() -> Iterator[tuple[str, int]]:
    registry = CollectorRegistry()
    Gauge("answer", "of everything", registry=registry).set(42)
    opened = Door(socket.create_server(("0.0.0.0", 0)), registry, ("Boot.Example.com",))
    serving = threading.Thread(target=opened.serve_forever, daemon=True)
    serving.start()
    yield "127.0.0.1", opened.server_address[1]
    opened.shutdown()
    opened.server_close()


def reach(door: tuple[str, int], source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(door, PATIENCE, source_address=(source, 0))


def said(sock: socket.socket) -> bytes:
    """All that comes until the other end closes; "" where it was reset."""
    found = b""
    try:
        while part := sock.recv(65536):
            found += part
    except ConnectionResetError:
        return found
    return found


def asked(door: tuple[str, int], host: str | None, source: str = "127.0.0.1") -> bytes:
    with reach(door, source) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\n" + (f"Host: {host}\r\n".encode() if host is not None else b"") + b"\r\n")
        return said(sock)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9468", "localhost:1", "LOCALHOST", "boot.example.com:9468", socket.gethostname()])
def test_it_answers_to_its_own_names(door: tuple[str, int], host: str) -> None:
    answer = asked(door, host)
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert b"answer 42.0" in answer


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9468", "127.0.0.1.evil.example", "10.0.0.1", "", ":9468", None, "localhost.x"]
)
def test_it_answers_to_no_other_name(door: tuple[str, int], host: str | None) -> None:
    """A page of a stranger's that resolves its own name to this machine is told so, and sees no figure."""
    answer = asked(door, host)
    assert answer.startswith(b"HTTP/1.0 421 ")
    assert b"metrics] names" in answer
    assert b"answer" not in answer


@pytest.mark.parametrize("begins", [b"", b"GET /me", b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_who_does_not_finish_its_head_is_hung_up_on(door: tuple[str, int], begins: bytes) -> None:
    """However it drips: each byte comes sooner than any pause between two would be too long."""
    ended = threading.Event()
    with reach(door) as sock:
        sock.sendall(begins)

        def drip() -> None:
            while not ended.wait(0.3):
                try:
                    sock.send(b"a")
                except OSError:
                    return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        assert b"answer" not in said(sock)
        ended.set()
        dripping.join()


def test_one_address_holds_its_own_places_and_no_more(door: tuple[str, int]) -> None:
    held = [reach(door) for _ in range(AT_ONCE)]
    assert asked(door, "localhost", source="127.0.0.2").startswith(b"HTTP/1.0 200 ")
    for one in held[:EACH]:
        one.sendall(REQUEST)
    assert [said(one)[:13] for one in held] == [b"HTTP/1.0 200 "] * EACH + [b""] * (AT_ONCE - EACH)
    for one in held:
        one.close()


def test_a_place_that_was_left_is_free_again(door: tuple[str, int]) -> None:
    for _ in range(3 * EACH):
        assert asked(door, "localhost").startswith(b"HTTP/1.0 200 ")
