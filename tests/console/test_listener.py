"""The listener on a real socket: TLS and nothing else, strict heads, and no patience with those who are slow."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pxeserve import certificates
from pxeserve.config import Config
from pxeserve.console.tls import Tls
from pxeserve.domain.role import Role
from tests.console.served import Served, said, served
from tests.test_certificates import issued, pem


@pytest.fixture(scope="module")
def listening() -> Iterator[Served]:
    with served() as one:
        yield one


def test_a_session_is_answered_over_tls_and_a_stranger_is_not(listening: Served) -> None:
    status, answer = listening.ask("/api/v1/status", session=listening.session(Role.VIEWER))
    assert status == 200
    assert json.loads(answer.partition("\r\n\r\n")[2])["interface"] == "lo"
    assert listening.ask("/api/v1/status")[0] == 401


def test_plain_http_is_told_where_to_go_and_never_served(listening: Served) -> None:
    port = listening.port
    with listening.plain() as sock:
        status, answer = said(sock, f"GET /hosts?rack=a HTTP/1.1\r\nUser-Agent: x\r\nHost: localhost:{port}\r\n\r\n".encode())
    assert status == 308
    assert f"\r\nLocation: https://localhost:{port}/hosts?rack=a\r\n" in answer
    for other in (f"GET / HTTP/1.1\r\nHost: elsewhere:{port}\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\0" * 40):
        with listening.plain() as sock:
            status, answer = said(sock, other.encode())
        assert status == 400
        assert f"https://127.0.0.1:{port}/" in answer
        assert "elsewhere" not in answer


def test_tls_before_1_2_is_refused(listening: Served) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with listening.plain() as sock, pytest.raises(OSError):
        context.wrap_socket(sock, server_hostname="127.0.0.1")
    with listening.secure() as sock:
        assert sock.version() == "TLSv1.3"


SMUGGLED = {
    "two lengths": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length and chunks": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks not last": "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a folded line": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\n\r\n",
    "a bare carriage return": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\rc\r\n\r\n",
    "a bare line feed": "GET / HTTP/1.1\nHost: {host}\n\n",
    "a space before the colon": "GET / HTTP/1.1\r\nHost : {host}\r\n\r\n",
    "a zero byte": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: \0\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
    "an underscore": "GET / HTTP/1.1\r\nHost: {host}\r\nX_Forwarded_For: 10.0.0.1\r\n\r\n",
    "a negative length": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    "a length with a sign": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +5\r\n\r\nhello",
    "a target with a space": "GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "another version": "GET / HTTP/3.7\r\nHost: {host}\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_two_programs_could_read_in_two_ways_is_refused_and_ends_the_connection(listening: Served, name: str) -> None:
    host = f"127.0.0.1:{listening.port}"
    request = SMUGGLED[name].format(host=host) + f"GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\n\r\n"
    with listening.secure() as sock:
        status, answer = said(sock, request.encode())
    assert status == 400, answer
    assert answer.count("HTTP/1.1 ") == 1
    assert "Traceback" not in answer


def test_heads_that_are_too_long_are_refused(listening: Served) -> None:
    assert listening.ask("/" + "a" * 9000)[0] == 414
    assert listening.ask("/", "X-A: " + "a" * 9000)[0] == 431
    assert listening.ask("/", *(f"X-{number}: a" for number in range(70)))[0] == 431


def test_two_requests_on_one_connection_and_two_at_once(listening: Served) -> None:
    one = f"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1:{listening.port}\r\n\r\n"
    last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
    long = one.replace("\r\n\r\n", "\r\nX-A: {}\r\n\r\n")
    whole = long.format("a" * (8192 - len(long) + 2))  # as much as is read at once: what follows waits in TLS, where no poll sees it
    assert len(whole) == 8192
    with listening.secure() as sock:
        sock.sendall(one.encode())
        read(sock)
        sock.sendall((whole + one).encode())
        read(sock)
        read(sock)
        assert said(sock, (one + last).encode())[1].count("HTTP/1.1 200") == 2


def read(sock: socket.socket) -> None:
    """One whole answer, of status 200, and no byte of the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 200")
    left = int(head.lower().partition(b"content-length: ")[2].split()[0])
    while left:
        left -= len(sock.recv(left))


def test_five_hundred_who_are_slow_keep_nobody_out(listening: Served) -> None:
    slow = [listening.plain() for _ in range(500)]
    try:
        for number, sock in enumerate(slow):
            if number % 2:
                sock.send(b"\x16\x03\x01")  # the beginning of a handshake, and no more
        assert listening.ask("/static/app.css")[0] == 200
        assert len(listening.listener._heads) <= 128
    finally:
        for sock in slow:
            sock.close()


def test_a_head_that_does_not_end_is_hung_up_on(listening: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxeserve.console.listener.HEAD", 1.0)
    with listening.secure() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert sock.recv(100) == b""


def test_a_body_that_does_not_come_is_hung_up_on(listening: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    listening.session(Role.ADMIN)
    monkeypatch.setattr("pxeserve.console.listener.IDLE", 1.0)
    place = f"127.0.0.1:{listening.port}"
    head = f"POST /session HTTP/1.1\r\nHost: {place}\r\nOrigin: https://{place}\r\nContent-Type: application/json\r\n"
    with listening.secure() as sock:
        status, answer = said(sock, f"{head}Content-Length: 90\r\n\r\n{{".encode())
    assert status in (0, 400), answer
    assert "Traceback" not in answer
    with listening.secure() as sock:
        status, _ = said(sock, f"{head}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n".encode())
    assert status == 400


def test_a_certificate_that_is_replaced_is_taken_while_a_connection_goes_on(listening: Served) -> None:
    one = f"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1:{listening.port}\r\n\r\n".encode()
    with listening.secure() as sock:
        before = sock.getpeercert(True)
        keys = listening.config.server.data / "keys"
        (keys / certificates.OWN).unlink()
        certificates.ensure(keys, ["127.0.0.1"])
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        after = before
        while after == before:
            with context.wrap_socket(listening.plain()) as other:
                after = other.getpeercert(True)
        sock.sendall(one)
        read(sock)


def test_a_connection_that_says_nothing_costs_no_thread(listening: Served) -> None:
    with socket.create_connection(("127.0.0.1", listening.port)):
        assert listening.ask("/static/app.css")[0] == 200


def test_our_own_certificate_is_made_anew_before_it_ends_however_long_the_service_runs(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    config = Config.model_validate({"server": {"data": str(tmp_path), "interface": "lo", "address": "127.0.0.1"}})
    almost_over = datetime.now(UTC) - certificates.LASTING + timedelta(days=31)
    certificates.ensure(tmp_path / "keys", ["127.0.0.1"], almost_over)
    tls = Tls(config)
    before = tls.certificate
    (tmp_path / "keys" / certificates.OWN).unlink()
    certificates.ensure(tmp_path / "keys", ["127.0.0.1"], almost_over - timedelta(days=2))
    tls.look()
    assert tls.certificate.ends < before.ends
    tls._ensured -= 3601
    tls.look()
    assert tls.certificate.ends > before.ends
    assert tls.certificate.own


def test_a_certificate_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    files = {"certificate": tmp_path / "a.pem", "key": tmp_path / "a.key"}
    certificate, key = issued("boot.example.com")
    files["certificate"].write_text(certificate)
    files["key"].write_text(pem(key))
    server = {"data": str(tmp_path), "interface": "lo", "address": "127.0.0.1"}
    tls = Tls(Config.model_validate({"server": server, "console": {name: str(path) for name, path in files.items()}}))
    assert (tls.certificate.names, tls.imported()) == (("boot.example.com",), True)
    before, context = tls.certificate, tls.context
    for text in ("nonsense", ""):
        files["certificate"].write_text(text)
        tls.look()
        assert tls.certificate == before
    files["key"].unlink()
    tls.look()
    assert tls.certificate == before
    certificate, key = issued("other.example.com")
    files["certificate"].write_text(certificate)
    files["key"].write_text(pem(key))
    tls.look()
    assert tls.certificate.names == ("other.example.com",)
    assert tls.context is not context  # whoever comes while it changes has one of the two whole: a pair is never put together of both
