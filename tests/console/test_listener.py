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
from tests.console.test_crowd import until
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
    "a length in another script": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: \u00b2\r\n\r\nxx",
    "a length with an underscore": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5_0\r\n\r\nhello",
    "two lengths in one": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5, 5\r\n\r\nhello",
    "an empty length": "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: \r\n\r\n",
    "chunks by another name": "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": "POST / HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed within": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n",
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's preface": "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "another version": "GET / HTTP/3.7\r\nHost: {host}\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_two_programs_could_read_in_two_ways_is_refused_and_ends_the_connection(listening: Served, name: str) -> None:
    host = f"127.0.0.1:{listening.port}"
    request = SMUGGLED[name].format(host=host) + f"GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\n\r\n"
    with listening.secure() as sock:
        status, answer = said(sock, request.encode("latin-1"))
    assert status == 400, answer
    assert answer.count("HTTP/1.1 ") == 1
    assert "Traceback" not in answer


NO_CHUNKS = ("0x0", "+0", "-1", "5\nhello\n0\n", "5\r\nhelloXX0", "0;" + "a" * 100_000, "0\r\nContent-Length: 7\r\nHost: evil")


@pytest.mark.parametrize("size", NO_CHUNKS, ids=range(len(NO_CHUNKS)))
def test_a_body_that_is_refused_is_never_the_next_request(listening: Served, size: str) -> None:
    """It is refused before it is read; then it is read as what it said it was, or the connection ends."""
    listening.session(Role.VIEWER)
    place = f"127.0.0.1:{listening.port}"
    after = f"GET /static/app.css HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    head = f"POST /session HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n"
    with listening.secure() as sock:
        status, answer = said(sock, f"{head}Transfer-Encoding: chunked\r\n\r\n{size}\r\n\r\n{after}".encode())
    assert status == 403
    assert "HTTP/1.1 200" not in answer
    with listening.secure() as sock:
        status, answer = said(sock, f"{head}Content-Length: {len(after)}\r\n\r\n{after}{after}".encode())
    assert status == 403
    assert answer.count("HTTP/1.1 200") == 1


def test_a_length_that_nobody_takes_is_refused_and_no_line_of_the_log(listening: Served, capfd: pytest.CaptureFixture[str]) -> None:
    for length in ("1" + "0" * 400, "9" * 20):
        with listening.secure() as sock:
            head = f"POST /session HTTP/1.1\r\nHost: 127.0.0.1:{listening.port}\r\nContent-Length: {length}\r\n\r\n"
            assert said(sock, head.encode())[0] == 413
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_target_with_a_host_of_its_own_and_a_request_without_one_are_misdirected(listening: Served) -> None:
    place = f"127.0.0.1:{listening.port}"
    for head in (f"GET https://evil.example/static/app.css HTTP/1.1\r\nHost: {place}", "GET /static/app.css HTTP/1.1\r\nX-A: b"):
        with listening.secure() as sock:
            assert said(sock, f"{head}\r\nConnection: close\r\n\r\n".encode())[0] == 421


def test_nothing_else_is_spoken_here_whoever_asks_for_it(listening: Served) -> None:
    session = listening.session(Role.VIEWER)
    for more in ("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", "Upgrade: websocket\r\nSec-WebSocket-Version: 13"):
        with listening.secure() as sock:
            head = f"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1:{listening.port}\r\nConnection: Upgrade\r\n{more}\r\n\r\n"
            sock.sendall(head.encode())
            assert sock.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 401")  # a socket is no way to a file
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert listening.ask("/session?_method=DELETE", f"{header}: DELETE", session=session)[0] == 405
    assert listening.ask("/api/v1/status", session=session)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/%2e%2e", "/static/..;/..;/keys/seal", "/static/..%2f..%2fpyproject.toml", "/static/..%5c..%5cpyproject.toml",
        "/static/%252e%252e/app.css", "/static/../api/v1/status", "/static/app.css%00.png", "/static/%c0%ae%c0%ae/app.css",
        "/static//app.css",
        "/static/./app.css", "/login/../api/v1/status", "/%61pi/v1/status", "//api/v1/status",
        "/api/v1/status;/static/app.css",
    ],
)  # fmt: skip
def test_a_path_that_can_be_read_in_two_ways_leads_nowhere(listening: Served, path: str) -> None:
    listening.session(Role.VIEWER)
    assert listening.ask(path)[0] in (401, 404)


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


def test_five_hundred_who_do_not_read_their_answer_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxeserve.console.connection.IDLE", 300.0)  # none is hung up on for silence alone
    with served() as one:
        one.door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        request = f"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1:{one.port}\r\n\r\n".encode()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        slow = []
        try:
            for _ in range(500):
                sock = socket.socket()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                sock.connect(("127.0.0.1", one.port))
                slow.append(context.wrap_socket(sock))
                slow[-1].sendall(request)
            assert one.ask("/static/app.css")[0] == 200
            until(lambda: len(one.listener._answers) <= 24, "all but as many as one address may have are hung up on")
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
