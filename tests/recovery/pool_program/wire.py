"""The listeners: HTTPS at each host's address, XML-RPC in it, and the two addresses of the database's dump. Whatever goes wrong on purpose
goes wrong here, on the wire."""

from __future__ import annotations

import base64
import contextlib
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xmlrpc.client import dumps, loads

from tests.recovery.pool_program.calls import Calls
from tests.recovery.pool_program.certificate import make
from tests.recovery.pool_program.faults import Fault, Faults
from tests.recovery.pool_program.world import FailureError, Host, World

_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}
_LARGEST = 64 << 20


class Wire:
    """The listeners of all hosts. `calls` is given when it is there: the two need each other."""

    calls: Calls

    def __init__(self, world: World, faults: Faults, folder: Path) -> None:
        self._world = world
        self.faults = faults
        self._folder = folder
        self._listening: dict[str, ThreadingHTTPServer] = {}

    def begin(self, host: Host) -> None:
        """Answer at the host's address."""
        name = host["name"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        if host["tls"]:
            context.maximum_version = _VERSIONS[host["tls"]]
        context.load_cert_chain(make(self._folder / f"{name}-{host['epoch']}.pem", old=bool(host["tls"])))
        server = _Server((host["address"], self._world.port), _Handler)
        server.host, server.wire, server.context = host, self, context
        self._listening[name] = server
        if not self._world.port:
            self._world.port = server.server_address[1]
            self._world.save()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self, host: Host) -> None:
        """Answer there no more."""
        server = self._listening.pop(host["name"], None)
        if server is not None:
            server.shutdown()
            server.server_close()

    def again(self, host: Host) -> None:
        """Its toolstack begins again: not there for a while, and all sessions are over."""
        self.end(host)
        for session in [key for key, (owner, _) in self._world.sessions.items() if owner.startswith(f"{host['name']}:")]:
            self._world.sessions.pop(session, None)
        time.sleep(host["restart"])
        if not host["dead"]:
            self.begin(host)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    host: Host
    wire: Wire
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS in the connection's own thread, so that one who does not go on holds nobody up."""
        with contextlib.suppress(OSError):
            request.settimeout(60)
            super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever goes away is not worth a line."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_said: object) -> None:
        """Nothing: calls are logged by name."""

    def do_POST(self) -> None:
        said, name = loads(self.rfile.read(min(int(self.headers["Content-Length"]), _LARGEST)))
        assert name is not None
        faults, host = self.server.wire.faults, self.server.host
        faults.came(host["name"], name)
        if (fault := faults.due(host["name"], name, after=False)) and self._wrong(fault):
            return
        try:
            answer = {"Status": "Success", "Value": self.server.wire.calls.answer(host, name, said)}
        except FailureError as error:
            answer = {"Status": "Failure", "ErrorDescription": error.words}
        if (fault := faults.due(host["name"], name, after=True)) and self._wrong(fault):
            return
        self._send(dumps((answer,), methodresponse=True, allow_none=True).encode())

    def do_GET(self) -> None:
        self._dump(None)

    def do_PUT(self) -> None:
        self._dump(self.rfile.read(min(int(self.headers["Content-Length"]), _LARGEST)))

    def _dump(self, content: bytes | None) -> None:
        host, calls, asked = self.server.host, self.server.wire.calls, urlsplit(self.path)
        said = parse_qs(asked.query)
        self.server.wire.faults.came(host["name"], f"{self.command} {asked.path}")
        user, _, password = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")
        if not calls.password(user, password, host) and not calls.known(said.get("session_id", [""])[0], host):
            return self._send(b"", status=401)
        if asked.path != "/pool/xmldbdump":
            return self._send(b"", status=404)
        if (fault := self.server.wire.faults.due(host["name"], f"{self.command} {asked.path}", after=False)) and self._wrong(fault):
            return None
        if content is None:
            return self._send(calls.dumped(host))
        try:
            calls.restored(host, content, dry_run=said.get("dry_run") == ["true"])
        except FailureError as error:
            return self._send(" ".join(error.words).encode(), status=500)
        return self._send(b"")

    def _send(self, body: bytes, *, status: int = 200, kind: str = "text/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _wrong(self, fault: Fault) -> bool:
        """Have it go wrong; whether that was the answer."""
        released = self.server.wire.faults.released
        if fault.kind == "hold":
            released.wait()
            return False
        if fault.kind == "hang":
            released.wait()
            self.close_connection = True
        elif fault.kind == "drop":
            self.close_connection = True
        elif fault.kind == "refuse":
            self._send(dumps(({"Status": "Failure", "ErrorDescription": fault.words},), methodresponse=True).encode())
        elif fault.kind == "lie":
            self._send(dumps(({"Status": "Success", "Value": fault.value},), methodresponse=True, allow_none=True).encode())
        elif fault.kind == "status":
            self._send(b"<html>no</html>", status=500, kind="text/html")
        else:
            self._pour(fault.kind)
        return True

    def _pour(self, kind: str) -> None:
        """An answer that nobody should read to its end."""
        self.close_connection = True
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<?xml version='1.0'?><methodResponse><params><param>"
        with contextlib.suppress(OSError):
            self.wfile.write(head)
            if kind == "cut":
                self.wfile.write(b"<value><struct><member><name>Status</name><value>Succ")
            elif kind == "deep":
                self.wfile.write(b"<value><array><data>" * 100_000)
            elif kind == "slow":
                while not self.server.wire.faults.released.wait(0.05):
                    self.wfile.write(b" ")
            else:
                for _ in range(1024):
                    self.wfile.write(b"<value><string>" + b"x" * 65_000 + b"</string></value>")
