"""How long the listener waits for whom, and who gives way when there are too many. The clock is set forward, never waited for."""

from __future__ import annotations

import resource
import socket
import threading
from typing import Any

import pytest

from pxeserve.provision.loop import PER_ADDRESS

GOOD = b"GET /media/disc/.treeinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BIG = b"GET /media/disc/boot/xen.gz HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b"[general]\n"


def answered(site: Any, source: str = "127.0.0.1") -> bool:
    return bool(site.talk(GOOD, source).endswith(BODY))


def test_a_head_that_does_not_end_is_given_ten_seconds(site: Any) -> None:
    with site.connect() as sock:
        sock.sendall(b"GET /media/disc/.treeinfo HTT")
        assert answered(site)
        site.clock.ahead = 11
        assert sock.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert sock.recv(1000) == b""


def test_an_idle_connection_is_closed_without_a_word_after_thirty_seconds(site: Any) -> None:
    with site.connect() as sock:
        sock.sendall(GOOD.replace(b"Connection: close\r\n", b""))
        assert sock.recv(1000).endswith(BODY)
        site.clock.ahead = 20
        assert answered(site)
        sock.sendall(GOOD.replace(b"Connection: close\r\n", b""))
        assert sock.recv(1000).endswith(BODY)
        site.clock.ahead = 51
        assert sock.recv(1000) == b""


def test_a_body_that_does_not_come_is_given_thirty_seconds(site: Any) -> None:
    with site.connect() as sock:
        sock.sendall(b"POST /p/x/done HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        assert answered(site)
        site.clock.ahead = 31
        assert sock.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert site.installs.asked == []


def test_who_stops_reading_is_cut_after_thirty_seconds(site: Any) -> None:
    with site.connect(receive=4096) as sock:
        sock.sendall(BIG)
        assert sock.recv(100).startswith(b"HTTP/1.1 200 ")
        assert answered(site)
        while "cut" not in [event["data"]["outcome"] for event in site.ear.wait("http.file")]:
            site.clock.ahead += 31  # what the kernel's buffers still take in between counts as progress
            assert answered(site)
        with pytest.raises(ConnectionResetError):
            while sock.recv(1 << 20):
                pass


def test_an_idle_one_gives_way_to_a_newcomer_from_the_same_address(site: Any) -> None:
    waiting = [site.connect() for _ in range(PER_ADDRESS)]
    assert answered(site, "127.0.0.9")
    site.clock.ahead = 1
    assert answered(site)
    assert waiting[0].recv(1) == b"", "the oldest gave way"
    waiting[1].sendall(GOOD)
    assert waiting[1].recv(1000).endswith(BODY), "the others stayed"
    for sock in waiting:
        sock.close()


def test_the_sixty_fifth_of_an_address_at_work_is_refused_and_others_are_not(site: Any) -> None:
    busy = [site.connect(receive=4096) for _ in range(PER_ADDRESS)]
    for sock in busy:
        sock.sendall(BIG)
        assert sock.recv(1) == b"H"
    site.clock.ahead = 1
    with pytest.raises(ConnectionResetError):
        site.talk(GOOD)
    assert answered(site, "127.0.0.9")
    for sock in busy:
        sock.close()


def test_when_there_are_too_many_in_all_the_rest_wait_at_the_door(site: Any) -> None:
    site.loop.most = 4
    busy = [site.connect(f"127.0.1.{number + 1}", receive=4096) for number in range(4)]
    for sock in busy:
        sock.sendall(BIG)
        assert sock.recv(1) == b"H"
    with site.connect() as late:
        late.sendall(GOOD)
        for sock in busy:
            sock.close()
        assert late.recv(1000).endswith(BODY)


def test_when_descriptors_run_out_newcomers_wait_until_there_are_some(site: Any) -> None:
    assert answered(site)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as sock:
        sock.settimeout(60)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            sock.connect(site.address)
            site.ear.counted("no-descriptors", 1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        sock.sendall(GOOD)
        assert sock.recv(1000).endswith(BODY)


def test_who_asks_faster_than_he_is_answered_is_read_no_faster(site: Any) -> None:
    """Requests piled up behind each other wait in the kernel, not here."""
    asked = 1500
    with site.connect() as sock:
        sender = threading.Thread(target=sock.sendall, args=(GOOD.replace(b"Connection: close\r\n", b"") * asked,))
        sender.start()
        answered, longest, rest = 0, 0, b""
        while answered < asked:
            data = rest + sock.recv(65536)
            answered += data.count(BODY)
            rest = data[-len(BODY) + 1 :]
            longest = max([longest, *(len(one._buffer) for one in list(site.loop.connections))])
        sender.join(60)
    assert 0 < longest < 16_384
