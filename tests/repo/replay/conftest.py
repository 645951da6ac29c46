"""Servers that share nothing with pxeserve and write down what reached them, byte for byte; and media made by hand to be asked for."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pxeserve.domain.medium import Role
from pxeserve.repo.replay.ftp import Ftp
from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.http import Http
from pxeserve.repo.replay.report import Log, Report
from pxeserve.repo.replay.walk import Asked, replay
from tests.media_samples import make

TOP = "/media/disc/"


@dataclass
class Recorder:
    """Listens on loopback with a thread a connection; `heads` are the requests as they came."""

    root: Path
    hidden: bool = False
    heads: list[bytes] = field(default_factory=list)
    port: int = 0
    serving: bool = True

    def __enter__(self) -> Recorder:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.serving = False
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join(60)
        self.door.close()

    def file(self, path: str) -> Path | None:
        """The file behind a path from the server's top."""
        if self.hidden and path.rpartition("/")[2].startswith("."):
            return None
        target = self.root / path.removeprefix(TOP)
        return target if path.startswith(TOP) and target.is_file() else None

    def _serve(self) -> None:
        while True:
            client, _ = self.door.accept()
            if not self.serving:
                client.close()
                return
            with client:
                client.settimeout(60)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self.converse(client)
                except OSError:
                    continue

    def converse(self, client: socket.socket) -> None:
        raise NotImplementedError


class HttpRecorder(Recorder):
    """Answers one GET a connection. `short` names files of which only half is sent; `hung_up` counts those who left before the end."""

    short: frozenset[str] = frozenset()
    hung_up: int = 0

    def converse(self, client: socket.socket) -> None:
        head = bytearray()
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        self.heads.append(bytes(head))
        path = head.split(b" ")[1].decode("latin-1")
        found = self.file(path)
        if found is None:
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone")
            return
        body = found.read_bytes()
        client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        try:
            client.sendall(body[: len(body) // 2] if found.name in self.short else body)
        except OSError:
            self.hung_up += 1


class FtpRecorder(Recorder):
    """One session a connection; `heads` are the commands, with an empty one where a session begins. `sizeless`: SIZE is refused in ASCII
    mode, as RFC 3659 allows."""

    sizeless: bool = False

    def converse(self, client: socket.socket) -> None:
        self.heads.append(b"")
        folder, ascii_mode, data = "/", True, None
        client.sendall(b"220 ready\r\n")
        lines = client.makefile("rb")
        try:
            for line in lines:
                self.heads.append(line)
                command, _, argument = line.decode("latin-1").rstrip("\r\n").partition(" ")
                target = f"{folder}{argument}"
                match command:
                    case "USER":
                        reply = "331 who"
                    case "PASS":
                        reply = "230 welcome"
                    case "CWD":
                        there = folder if argument == "." else f"{argument}/" if argument.startswith("/") else f"{folder}{argument}/"
                        below = self.root / there.removeprefix(TOP) if there.startswith(TOP) else None
                        good = below.is_dir() if below is not None else TOP.startswith(there)
                        folder = there if good else folder
                        reply = "250 there" if good else "550 no such folder"
                    case "PWD":
                        reply = f'257 "{folder.rstrip("/") or "/"}"'
                    case "TYPE":
                        ascii_mode = argument == "A"
                        reply = "200 so be it"
                    case "PASV":
                        data = socket.create_server(("127.0.0.1", 0))
                        port = data.getsockname()[1]
                        reply = f"227 (127,0,0,1,{port // 256},{port % 256})"
                    case "SIZE":
                        found = self.file(target)
                        refused = self.sizeless and ascii_mode
                        reply = f"213 {found.stat().st_size}" if found and not refused else "550 no"
                    case "NLST" | "RETR":
                        assert data is not None
                        content = self._content(command, folder, argument)
                        if content is None:
                            reply = "550 no such file"
                        else:
                            client.sendall(b"150 here it comes\r\n")
                            with data, data.accept()[0] as way:
                                way.sendall(content)
                            data, reply = None, "226 done"
                    case _:
                        reply = "502 not here"
                client.sendall(f"{reply}\r\n".encode())
        finally:
            lines.close()
            if data is not None:
                data.close()

    def _content(self, command: str, folder: str, argument: str) -> bytes | None:
        if command == "RETR" or argument:
            found = self.file(f"{folder}{argument}")
            if found is None:
                return None
            return found.read_bytes() if command == "RETR" else f"{argument}\r\n".encode()
        names = sorted(one.name for one in (self.root / folder.removeprefix(TOP)).iterdir())
        return "".join(f"{name}\r\n" for name in names if not (self.hidden and name.startswith("."))).encode()


@dataclass
class Disc:
    """A medium in a folder, to be spoiled and then asked for."""

    folder: Path
    kind: str = ""
    hidden: bool = False
    short: frozenset[str] = frozenset()
    sizeless: bool = False
    heads: list[bytes] = field(default_factory=list)
    hung_up: int = 0

    def lay(self, kind: str) -> Disc:
        """A good medium of `kind` (tests/media_samples.py), in place of what is there."""
        shutil.rmtree(self.folder, ignore_errors=True)
        make(kind, self.folder)
        self.kind = kind
        return self

    def without(self, *paths: str) -> Disc:
        """Files and folders gone."""
        for path in paths:
            target = self.folder / path
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        return self

    def put(self, path: str, content: bytes | str) -> Disc:
        """A file, in place of what is there."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def change(self, path: str, old: str, new: str) -> Disc:
        """Words in a file."""
        text = (self.folder / path).read_text()
        assert old in text
        return self.put(path, text.replace(old, new))

    def asked_as(self, dialect: str, over: str = "http", role: Role = Role.MAIN) -> Report:
        """The replay's report; what the server heard is in `heads`."""
        speech, log = GENERATIONS[dialect].speech, Log()
        files = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        make_server = HttpRecorder if over == "http" else FtpRecorder
        with make_server(self.folder, self.hidden) as server:
            server.short, server.sizeless = self.short, self.sizeless  # type: ignore[attr-defined]
            source = (Http if over == "http" else Ftp)("127.0.0.1", server.port, TOP, speech, log, lambda _: None)
            asked = Asked("disc", self.format, files, role, over, f"{over}://127.0.0.1:{server.port}{TOP[:-1]}")
            report = replay(asked, GENERATIONS[dialect], source, log)
        self.heads, self.hung_up = server.heads, getattr(server, "hung_up", 0)
        return report

    @property
    def format(self) -> str:
        """As the medium's row would have it."""
        return (
            "xs-text"
            if self.kind[:3] in ("4.1", "5.0", "5.5", "tex")
            else "xml"
            if self.kind[:3] in ("5.6", "6.0", "6.2", "6.5", "xml")
            else "yum"
        )

    @property
    def lines(self) -> list[str]:
        """What an HTTP server heard, as paths below the address."""
        return [head.split(b" ")[1].decode("latin-1").removeprefix(TOP[:-1]) for head in self.heads]


@pytest.fixture
def disc(tmp_path: Path) -> Iterator[Callable[[str], Disc]]:
    """Lays down a good medium."""
    yield lambda kind: Disc(tmp_path / "disc").lay(kind)


def texts(report: Report) -> list[str]:
    """All that the installer would say."""
    return [said.text for said in report.said]


def quirks(report: Report) -> list[str]:
    return [quirk.name for quirk in report.quirks]


def plain(disc: Disc) -> Disc:
    """Without the drivers and firmware that the check of these generations looks for in the wrong place."""
    for folder in ("packages.main",):
        index = disc.folder / folder / "XS-PACKAGES"
        kept = [
            line
            for line in index.read_text().splitlines(keepends=True)
            if not any(word in line for word in (" driver ", " firmware ", '"driver"', '"firmware"'))
        ]
        index.write_text("".join(kept))
    return disc


def spoil(disc: Disc, path: str) -> Disc:
    """One bit, in the middle."""
    content = bytearray((disc.folder / path).read_bytes())
    content[len(content) // 2] ^= 1
    return disc.put(path, bytes(content))
