"""The rehearsal's clients against small scripted peers on real sockets: what a machine sends, and what is said when a peer misbehaves."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from pxeserve.rehearse.channel import relayed
from pxeserve.rehearse.dhcp import DhcpClient
from pxeserve.rehearse.firmware import Tongue
from pxeserve.rehearse.http import HttpClient, shown
from pxeserve.rehearse.plan import Package, Plan
from pxeserve.rehearse.step import StepFailedError
from pxeserve.rehearse.tftp import NotThereError, TftpClient

HERE = IPv4Address("127.0.0.1")
PLAN = Plan(
    "demo01", "02:00:00:00:00:07", "k3d9", 2e9, "bios", "lo", HERE, 67, 69, 80, "server", IPv4Address("127.0.0.9"),
    IPv4Network("127.79.0.0/24"), "sample", "4.1", True, (Package("a", 1, "m"),),
)  # fmt: skip


def card(plan: Plan) -> DhcpClient:
    return DhcpClient(plan, relayed(plan), waits=(2.0,))


@contextmanager
def udp_peer(answer: Callable[[bytes, int], list[bytes]]) -> Iterator[tuple[int, list[bytes]]]:
    """A peer that answers the n-th datagram with what `answer` says; its port, and what it was sent."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, who = sock.recvfrom(4096)
                if data == b"end":
                    return
                heard.append(data)
                for reply in answer(data, len(heard)):
                    sock.sendto(reply, who)

        thread = threading.Thread(target=serve)
        thread.start()
        port = sock.getsockname()[1]
        try:
            yield port, heard
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"end", ("127.0.0.1", port))
            thread.join()


def options(packet: bytes) -> dict[int, bytes]:
    found, at = {}, 240
    while packet[at] != 255:
        found[packet[at]] = packet[at + 2 : at + 2 + packet[at + 1]]
        at += 2 + packet[at + 1]
    return found


def bootp(request: bytes, kind: int, yiaddr: str = "127.79.0.100", more: bytes = b"", file: bytes = b"") -> bytes:
    """An answer to `request`, written out by hand."""
    head = b"\x02\x01\x06\x00" + request[4:8] + bytes(8) + IPv4Address(yiaddr).packed + HERE.packed + request[24:28] + request[28:44]
    return head + bytes(64) + file.ljust(128, b"\0") + b"\x63\x82\x53\x63" + bytes((53, 1, kind, 54, 4)) + HERE.packed + more + b"\xff"


LEASE = bytes((51, 4)) + (3600).to_bytes(4) + bytes((67, 13)) + b"b/s/d/pxe.0\0\0"


def honest(request: bytes, _: int) -> list[bytes]:
    kind = {1: 2, 3: 5}.get(options(request)[53][0])
    return [bootp(request, kind, more=LEASE)] if kind else []


def always(*replies: bytes) -> Callable[[bytes, int], list[bytes]]:
    """Whatever is asked."""
    return lambda *_: list(replies)


def test_what_a_card_sends_is_what_an_ipxe_rom_sends_through_a_relay() -> None:
    with udp_peer(honest) as (port, heard), card(replace(PLAN, dhcp_port=port)) as client:
        lease = client.boot()
        client.release(lease)
        client.configure()
    discover, request, release, again, _ = heard
    assert (lease.address, lease.seconds, lease.boot_file, lease.server) == (IPv4Address("127.79.0.100"), 3600, "b/s/d/pxe.0", HERE)
    said = options(discover)
    assert (said[53], said[60], said[93], said[94]) == (b"\x01", b"PXEClient:Arch:00000:UNDI:002001", b"\0\0", b"\x01\x02\x01")
    assert (said[61], len(said[97]), said[97][0]) == (b"\x01\x02\0\0\0\0\x07", 17, 0)
    assert said[82] == b"\x01\x08rehearse" + b"\x05\x04" + IPv4Address("127.79.0.1").packed + b"\x13\x00"
    assert IPv4Address(discover[24:28]) == PLAN.relay
    assert discover[28:34] == b"\x02\0\0\0\0\x07"
    chosen = options(request)
    assert (chosen[53], chosen[50], chosen[54]) == (b"\x03", lease.address.packed, HERE.packed)
    assert request[4:8] == discover[4:8]
    assert (options(release)[53], IPv4Address(release[12:16]), IPv4Address(release[24:28])) == (b"\x07", lease.address, IPv4Address(0))
    assert 93 not in options(again)


def test_a_relay_inside_the_subnet_needs_no_link_selection() -> None:
    inside = replace(PLAN, relay=IPv4Address("127.79.0.3"))
    with udp_peer(honest) as (port, heard), card(replace(inside, dhcp_port=port)) as client:
        client.boot()
    assert options(heard[0])[82] == b"\x01\x08rehearse\x13\x00"


def test_a_boot_file_may_stand_in_the_header_alone() -> None:
    def old(request: bytes, number: int) -> list[bytes]:
        return [bootp(request, 2 if number == 1 else 5, file=b"pxelinux.0")]

    with udp_peer(old) as (port, _), card(replace(PLAN, dhcp_port=port)) as client:
        assert client.boot().boot_file == "pxelinux.0"


def test_answers_to_others_are_passed_over() -> None:
    def noisy(request: bytes, number: int) -> list[bytes]:
        other_xid = bootp(request[:4] + b"\0\0\0\0" + request[8:], 6)
        other_card = bootp(request[:28] + bytes(16) + request[44:], 6)
        return [other_xid, other_card, *honest(request, number)]

    with udp_peer(noisy) as (port, _), card(replace(PLAN, dhcp_port=port)) as client:
        assert client.boot().address == IPv4Address("127.79.0.100")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (lambda request, _: [bootp(request, 6, more=bytes((56, 4)) + b"full")], "refused the address: full"),
        (lambda request, number: honest(request, 0) if number == 1 else [bootp(request, 6)], "refused the address"),
        (lambda request, _: [bootp(request, 2, yiaddr="0.0.0.0")], "holds no address"),
        (lambda request, n: [bootp(request, 2 if n == 1 else 5, f"127.79.0.{n}")], "127.79.0.1 was offered and 127.79.0.2"),
        (always(), "answered none of 2 DISCOVERs"),
    ],
)
def test_what_stops_a_machine_at_dhcp_is_said(script: Any, says: str) -> None:
    with udp_peer(script) as (port, _):
        plan = replace(PLAN, dhcp_port=port)
        with DhcpClient(plan, relayed(plan), waits=(0.05, 0.05)) as client, pytest.raises(StepFailedError, match=says):
            client.boot()


def test_a_plan_travels_as_json() -> None:
    assert Plan.from_plain(PLAN.plain()) == PLAN
    assert PLAN.loopback
    assert not replace(PLAN, server=IPv4Address("10.77.0.1")).loopback


def tftp(port: int) -> TftpClient:
    return TftpClient(HERE, port, HERE, wait=0.1)


def tftp_script(oack: bytes, *blocks: bytes) -> Callable[[bytes, int], list[bytes]]:
    """A server that acknowledges options, then sends a block an ACK."""

    def answer(data: bytes, number: int) -> list[bytes]:
        if number == 1:
            return [b"\0\x06" + oack]
        return [struct.pack("!HH", 3, number - 1) + blocks[number - 2]] if number - 2 < len(blocks) else []

    return answer


def test_the_loaders_options_are_pxelinuxs() -> None:
    oack = b"blksize\x001408\0tsize\x001500\0"
    with udp_peer(tftp_script(oack, b"a" * 1408, b"b" * 92)) as (port, heard):
        sink = tftp(port).fetch("ldlinux.c32", Tongue.PXELINUX, keep=4)
    assert heard[0].startswith(b"\0\x01ldlinux.c32\0octet\0")
    assert b"blksize\x001408" in heard[0]
    assert b"tsize\x000" in heard[0]
    assert (sink.size, sink.content) == (1500, b"aaaa")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (always(b"\0\x05\0\x01no such file\0"), "no such file"),
        (always(b"\0\x05\0\x02Access violation\0"), "ccess"),
        (always(), "no answer from UDP port"),
        (tftp_script(b"blksize\x001408\0tsize\x009999\0", b"short"), "9999 bytes were announced and 5 came"),
        (tftp_script(b"blksize\x001408\0tsize\x009999\0", b"a" * 1408), "fell silent .* after 1408 bytes"),
    ],
)
def test_what_stops_a_transfer_is_said(script: Any, says: str) -> None:
    with udp_peer(script) as (port, _), pytest.raises(StepFailedError, match=says):
        tftp(port).fetch("file", Tongue.PXELINUX)


def test_a_missing_file_is_told_apart() -> None:
    with udp_peer(always(b"\0\x05\0\x01no\0")) as (port, _), pytest.raises(NotThereError):
        tftp(port).fetch("pxelinux.cfg/01-02-00-00-00-00-07", Tongue.PXELINUX)


@contextmanager
def http_peer(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives one answer a connection and hangs up."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(60)

        def serve() -> None:
            for answer in answers:
                client, _ = door.accept()
                with client:
                    heard.append(client.recv(4096))
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}", heard
        thread.join()


def whole(body: bytes, length: int | None = None) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def test_files_are_asked_for_as_installers_ask() -> None:
    with http_peer(whole(b"abc")) as (base, heard):
        sink = HttpClient(HERE).get(f"{base}/media/x", keep=2)
    assert (sink.size, sink.content, sink.md5) == (3, b"ab", "900150983cd24fb0d6963f7d28e17f72")
    assert heard[0].startswith(b"GET /media/x HTTP/1.1\r\n")
    assert b"User-Agent: Python-urllib/" in heard[0]
    assert b"Connection: close" in heard[0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "HTTP status 404"),
        (whole(b"abc", 9), "cut after 3 bytes|9 bytes were announced and 3 came"),
        (b"", "cut|closed"),
        (b"nonsense\r\n\r\n", "nonsense"),
    ],
)
def test_what_stops_a_download_is_said(answer: bytes, says: str) -> None:
    with http_peer(answer) as (base, _), pytest.raises(StepFailedError, match=says):
        HttpClient(HERE).get(f"{base}/file")


def test_a_refused_connection_reads_as_not_there_and_stops_a_download() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        base = f"http://127.0.0.1:{door.getsockname()[1]}"
    assert not HttpClient(HERE).there(f"{base}/XS-REPOSITORY")
    with pytest.raises(StepFailedError, match="nothing listens there"):
        HttpClient(HERE).get(f"{base}/file")
    for wrong in ("ftp://10.77.0.1/x", "http://", "http://[::1", "x"):
        with pytest.raises(StepFailedError):
            HttpClient(HERE).get(wrong)


def test_tokens_are_not_shown() -> None:
    assert shown(f"http://10.77.0.1/a/{'T' * 43}") == "http://10.77.0.1/a/TTTTTT…"
    assert shown("http://10.77.0.1/media/xs41/a") == "http://10.77.0.1/media/xs41/a"
