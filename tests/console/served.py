"""The real listener with the real application, in this process, on a port of its own; and raw sockets to talk to it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from pxeserve import reached
from pxeserve.certificates import OWN
from pxeserve.config import Config
from pxeserve.console import csrf
from pxeserve.console.connection import Door
from pxeserve.console.listener import Listener
from pxeserve.console.live import Hub
from pxeserve.console.tls import Tls
from pxeserve.console.web import make_app
from pxeserve.domain.role import Role
from pxeserve.operations.people.entrance import entrance
from pxeserve.store import open_store
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.console import people

PATIENCE = 60.0


class Served:
    """A console that answers at `port` on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        data_folder.own_folder(folder, None)
        prepare.fill(folder)
        self.door = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.door.setblocking(False)
        self.port: int = self.door.getsockname()[1]
        server = {"data": str(folder), "interface": "lo", "address": "127.0.0.1"}
        self.config = Config.model_validate({"server": server, "console": {"port": self.port}})
        self.store = open_store(folder)
        self.entrance = entrance(self.store, folder)
        self.hub = Hub(self.store, self.entrance)
        self.tls = Tls(self.config)
        self.app = make_app(self.config, self.store, None, self.entrance, self.hub, self.tls.imported)
        door = Door((self.door,), self.app, lambda: self.tls.context, reached.authorities(self.config), folder / "run")
        self._asked, self._ears = socket.socketpair()
        self.listener = Listener(door, self.tls.look)
        self.listener.watch(self._ears, lambda sock: (sock.recv(1), self.hub.close(), self.listener.stop()))
        self._thread = threading.Thread(target=self.listener.serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._asked.send(b".")
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.store.close()

    def session(self, role: Role) -> str:
        """The secret of a session of somebody with that role."""
        return people.session(self.store, role)

    def plain(self) -> socket.socket:
        """A connection without TLS."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def secure(self) -> ssl.SSLSocket:
        """A connection whose server is known by its certificate."""
        pem = (self.config.server.data / "keys" / OWN).read_text()
        context = ssl.create_default_context(cadata=pem.partition("-----END PRIVATE KEY-----\n")[2])
        return context.wrap_socket(self.plain(), server_hostname="127.0.0.1")

    def ask(self, path: str, *more: str, method: str = "GET", body: bytes = b"", session: str = "") -> tuple[int, str]:
        """Status and all of one answer, on a connection of its own."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close", *more]
        if session:
            lines += [f"Cookie: {csrf.COOKIE}={session}"]
        if body:
            lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        with self.secure() as sock:
            return said(sock, "\r\n".join([*lines, "", ""]).encode() + body)


def said(sock: socket.socket, request: bytes) -> tuple[int, str]:
    """What is answered to these bytes until the other side hangs up; status 0 for nothing."""
    answer = b""
    with contextlib.suppress(OSError):
        sock.sendall(request)
    with contextlib.suppress(OSError):
        while piece := sock.recv(65536):
            answer += piece
    return (int(answer[9:12]) if answer else 0), answer.decode()


@contextlib.contextmanager
def served() -> Iterator[Served]:
    """One, for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="pxc", dir="/tmp"))
    folder.chmod(0o755)
    one = Served(folder)
    try:
        yield one
    finally:
        one.close()
        shutil.rmtree(folder)
