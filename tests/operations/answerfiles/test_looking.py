"""What addresses of an answerfile lead to, asked of real servers, good and bad."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.lint import linted
from pxeserve.operations.answerfiles import looking
from tests.answerfile.lint.samples import END, SOURCE, good, known

SCRIPTS = {
    "/sh": b"#!/bin/sh\necho hello\n", "/bash": b"#!/bin/bash -e\n", "/python": b"#!/usr/bin/env python\n", "/perl": b"#!/usr/bin/perl\n",
    "/python2": b"#!/usr/bin/python\n", "/python3": b"#!/usr/bin/python3 -u\n",
    "/none": b"echo hello\n", "/empty": b"", "/long": b"#!/bin/sh\n" + b"x" * (1 << 20),
}  # fmt: skip
asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append((self.path, self.headers.get("Range")))
        body = SCRIPTS.get(self.path.split("?")[0])
        if self.path == "/disc/.treeinfo":
            body = b"[general]\n"
        if self.path == "/locked":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/sh")
            self.end_headers()
        elif self.path == "/dripping":
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            for _ in range(100):
                self.wfile.write(b"X-A: b\r\n")
                time.sleep(0.1)  # a server that drips is the thing that is looked at
        elif body is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def http() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def ftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("ftp")
    (root / "hook").write_bytes(SCRIPTS["/sh"])
    authorizer = DummyAuthorizer()
    authorizer.add_anonymous(str(root))
    handler = type("Quiet", (FTPHandler,), {"authorizer": authorizer, "log": lambda *_, **__: None})
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05, "handle_exit": False}, daemon=True).start()
    yield f"ftp://127.0.0.1:{server.address[1]}"
    server.close_all()


def looked(text: str, dialect: str = "8.2") -> list[Finding]:
    found = known(dialect)
    return looking.look(linted(text.encode(), found), found)


def hook(url: str, dialect: str = "8.2", kind: str = "url") -> list[Finding]:
    script = f'<script stage="filesystem-populated" type="{kind}">{url}</script>'
    return looked(good(dialect).replace(SOURCE, '<source type="local"/>').replace(END, f"{script}{END}"), dialect)


def source(url: str, dialect: str = "8.2") -> list[Finding]:
    return looked(good(dialect).replace("http://192.0.2.1/disc", url), dialect)


@pytest.mark.parametrize("path", ["/sh", "/bash", "/python", "/long", "/sh?host=1", "/locked"])
def test_a_script_with_an_interpreter_is_let_be(http: str, path: str) -> None:
    assert hook(f"{http}{path}") == []


@pytest.mark.parametrize(
    ("path", "says"), [("/none", "Missing interpreter"), ("/empty", "Missing interpreter"), ("/perl", "Invalid interpreter")]
)
def test_a_script_without_one_is_told(http: str, path: str, says: str) -> None:
    [finding] = hook(f"{http}{path}")
    assert (finding.code, finding.severity, finding.line, finding.column) == ("XA-091", Severity.WARNING, 8, 49)
    assert says in finding.message


@pytest.mark.parametrize(("dialect", "path", "taken"), [
    ("5.6", "/python2", False), ("6.0", "/python2", True), ("xcp-8.3", "/python3", False), ("xs8", "/python3", True),
    ("5.6", "/python", True),
])  # fmt: skip
def test_each_generation_knows_its_own_interpreters(http: str, dialect: str, path: str, taken: bool) -> None:
    assert (hook(f"{http}{path}", dialect) == []) is taken


def test_installers_that_look_at_no_interpreter_need_none(http: str) -> None:
    assert hook(f"{http}/none", "xs9") == []
    text = (
        good("4.1").replace(SOURCE, '<source type="local"/>').replace(END, f"<post-install-script>{http}/none</post-install-script>{END}")
    )
    assert looked(text, "4.1") == []


@pytest.mark.parametrize("path", ["/missing", "/moved"])
def test_what_is_not_there_is_told_with_the_answer(http: str, path: str) -> None:
    [finding] = hook(f"{http}{path}")
    assert finding.code == "XA-090"
    assert ("404" if path == "/missing" else "302") in finding.message


def test_only_a_few_bytes_are_asked_for(http: str) -> None:
    asked.clear()
    hook(f"{http}/sh")
    assert asked == [("/sh", "bytes=0-39")]


def test_a_source_is_looked_for_by_the_files_that_installers_look_for(http: str) -> None:
    assert source(f"{http}/disc") == []
    assert source(f"{http}/disc/") == []
    [finding] = source(f"{http}/other")
    assert (finding.code, finding.line, finding.column) == ("XA-090", 5, 22)
    assert "none of the files" in finding.message


def test_old_installers_put_http_in_front_and_so_does_the_look(http: str) -> None:
    assert source(http.removeprefix("http://") + "/disc", "7.1") == []


def test_nobody_there_is_told(http: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        [finding] = hook(f"http://127.0.0.1:{closed.getsockname()[1]}/x")
    assert (finding.code, "refused" in finding.message) == ("XA-090", True)


def test_a_silent_or_dripping_server_is_not_waited_for(http: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        scripts = "".join(f'<script stage="filesystem-populated" type="url">{url}</script>' for url in (silent_url, f"{http}/dripping"))
        began = time.monotonic()
        found = looked(good("8.2").replace(SOURCE, '<source type="local"/>').replace(END, f"{scripts}{END}"))
        took = time.monotonic() - began
    assert [one.code for one in found] == ["XA-090", "XA-090"]
    assert all("no answer within 2 seconds" in one.message for one in found)
    assert took < 2 * (looking.WAIT + looking.WAIT)  # both at once, and neither to its end, which would be ten


def test_ftp_is_looked_at_too(ftp: str) -> None:
    assert hook(f"{ftp}/hook") == []
    [finding] = hook(f"{ftp}/missing")
    assert (finding.code, "550" in finding.message) == ("XA-090", True)


@pytest.mark.parametrize(
    "url", ["nfs://server:/dir/hook", "file:///tmp/hook", "http://[::1", "http://127.0.0.1:99999/", "http:///x", "gopher://x/"]
)
def test_what_is_not_looked_at_or_no_address_is_said(url: str) -> None:
    [finding] = hook(url)
    assert finding.code in ("XA-090", "XA-092")


def test_no_password_is_shown() -> None:
    assert "h1dden" not in repr(hook("http://user:h1dden@127.0.0.1:1/x"))


def test_a_local_source_and_a_broken_file_lead_nowhere() -> None:
    assert looked(good("8.2").replace(SOURCE, '<source type="local"/>')) == []
    assert looked("<broken") == []
