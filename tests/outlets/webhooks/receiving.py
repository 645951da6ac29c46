"""A receiver on a real socket, with or without TLS, that does what a test tells it; and a hook that posts to it."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pxeserve.config.outlets import WebhookConfig
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.outlets.webhooks.hook import Hook
from pxeserve.outlets.webhooks.sending import Sender
from pxeserve.store import Store
from pxeserve.store import webhooks as stored

NOW = 1_800_000_000.0
SECRET = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
Step = Callable[["Answering"], None]


class Answering(BaseHTTPRequestHandler):
    """One request: kept, and answered by the next step of the script."""

    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever sent it was killed in the middle: nobody received that
            self.close_connection = True
            return
        self.server.got.append((dict(self.headers), body))
        step = self.server.script.popleft() if self.server.script else status(200)
        step(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Receiver(ThreadingHTTPServer):
    """`script` is what it does with one request after the other, then 200; `got` are headers and bodies in the order they came."""

    daemon_threads = True

    def __init__(self, tls: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.script: deque[Step] = deque()
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.released = threading.Event()
        self.connections = 0
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_address[1]}/in?x=1"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for _, body in self.got]

    def end(self) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()


def status(number: int, body: bytes = b"", **headers: str) -> Step:
    def answer(one: Answering) -> None:
        one.send_response(number)
        for name, value in headers.items():
            one.send_header(name.replace("_", "-"), value)
        one.send_header("Content-Length", str(len(body)))
        one.end_headers()
        one.wfile.write(body)

    return answer


def hang(one: Answering) -> None:
    one.server.released.wait(60)
    one.close_connection = True


def cut(one: Answering) -> None:
    one.close_connection = True
    one.connection.shutdown(socket.SHUT_RDWR)


def drip(one: Answering) -> None:
    """A header's bytes, one by one, for ever."""
    one.close_connection = True
    one.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not one.server.released.wait(0.05):
        one.wfile.write(b"a")


def ended_behind_its_back(one: Answering) -> None:
    """The answer, and then the end of a connection that was to be kept."""
    status(200)(one)
    one.close_connection = True


@dataclass
class Post:
    """A store with a hook. `now` is its clock."""

    folder: Path
    store: Store
    receiver: Receiver
    now: float = NOW
    hooks: list[Hook] = field(default_factory=list)

    def config(self, **more: Any) -> WebhookConfig:
        values = {"name": "chat", "url": self.receiver.url, "events": ("install.*",), "secret_file": "secret", **more}
        return WebhookConfig.model_validate(values)

    def hook(self, *, patience: float = 30.0, longest: float = 60.0, most_waiting: int = 10_000, **more: Any) -> Hook:
        config = self.config(**more)
        recorder = Recorder(self.folder / "run" / SOCKET_NAME, "webhooks")
        sender = Sender(config, patience=patience, longest=longest)
        made = Hook(
            self.store, recorder, config, self.folder, sender=sender, clock=lambda: self.now, wait=lambda _: 0.0, most_waiting=most_waiting
        )
        self.hooks.append(made)
        made.turn()  # it begins with what happens from now on
        return made

    def happens(self, *texts: str, kind: str = "install.done", at: float | None = None) -> None:
        Ledger(self.store).write([Event(kind, self.now if at is None else at, text, host="xen01") for text in texts])

    def row(self) -> stored.HookRow:
        with self.store.events.read() as connection:
            found = stored.find(connection, "chat")
        assert found is not None
        return found


def until_idle(hook: Hook) -> None:
    """Turn until there is nothing left to do."""
    for _ in range(1000):
        if hook.turn() > 0:
            return
    raise AssertionError("it never came to rest")


def certificate(folder: Path, address: str = "127.0.0.1") -> Path:
    """A key and a certificate for `address` that signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    path = folder / f"{address}.pem"
    path.write_bytes(written)
    return path
