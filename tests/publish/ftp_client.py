"""An FTP client that does nothing by itself: it sends the words it is given and tells the answer. With it go the two old installers,
command by command, as their `ftplib` and `urllib2` send them."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    code: int
    text: str


class Client:
    """One control connection; `said` is all that was sent, and the code that came back."""

    def __init__(self, address: tuple[str, int], timeout: float = 20.0) -> None:
        self.address = address
        self.said: list[tuple[str, int]] = []
        self.sock = socket.create_connection(address, timeout)
        self._rest = b""
        self.hello = self.answer()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def answer(self) -> Answer:
        """The next whole answer. RFC 959 section 4.2. Code 0: the connection was closed."""
        lines: list[str] = []
        while True:
            while b"\r\n" not in self._rest:
                try:
                    block = self.sock.recv(65536)
                except ConnectionResetError:
                    block = b""
                if not block:
                    return Answer(0, "\n".join(lines))
                self._rest += block
            line, _, self._rest = self._rest.partition(b"\r\n")
            lines.append(line.decode())
            if re.match(r"\d{3} ", lines[-1]) and lines[-1][:3] == lines[0][:3]:
                return Answer(int(lines[-1][:3]), "\n".join(lines))

    def ask(self, line: str | bytes) -> Answer:
        self.sock.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")
        answer = self.answer()
        self.said.append((str(line), answer.code))
        return answer

    def login(self, name: str = "anonymous", password: str = "anonymous@") -> Answer:
        assert self.ask(f"USER {name}").code == 331
        return self.ask(f"PASS {password}")

    def passive(self) -> socket.socket:
        """A data connection, made as PASV's answer says."""
        answer = self.ask("PASV")
        assert answer.code == 227, answer
        numbers = [int(one) for one in re.findall(r"\d+", answer.text[4:])]
        where = ".".join(str(one) for one in numbers[:4]), numbers[4] * 256 + numbers[5]
        return socket.create_connection(where, 20)

    def fetch(self, command: str) -> tuple[bytes, Answer]:
        """What comes of a command with a data connection, and the last answer; no bytes when it is refused."""
        with self.passive() as data:
            first = self.ask(command)
            if first.code not in (125, 150):
                return b"", first
            content = b""
            while block := data.recv(65536):
                content += block
        return content, self.answer()


def probe_4_1(address: tuple[str, int], path: str) -> bool:
    """Whether `path` is there, as installers from 4.1 to 6.5 ask: a login of its own, and the name among those in its folder."""
    folder, _, name = path.rpartition("/")
    with Client(address) as client:
        if client.login().code != 230 or client.ask(f"CWD {folder.lstrip('/')}").code != 250:
            return False
        assert client.ask("TYPE A").code == 200
        names, last = client.fetch("NLST")
        return last.code == 226 and name in names.decode().split("\r\n")


def probe_7_0(address: tuple[str, int], path: str) -> bool:
    """The same by those of 7.0 and 7.1: SIZE, without a TYPE before it."""
    folder, _, name = path.rpartition("/")
    with Client(address) as client:
        if client.login().code != 230 or client.ask(f"CWD {folder.lstrip('/')}").code != 250:
            return False
        answer = client.ask(f"SIZE {name}")
        return answer.code == 213 and int(answer.text[4:]) >= 0


def fetch(address: tuple[str, int], path: str) -> bytes | None:
    """A file's bytes as urllib2 of all of them fetches it; None when it is refused."""
    folder, _, name = path.rpartition("/")
    with Client(address) as client:
        if client.login().code != 230 or client.ask(f"CWD {folder.lstrip('/')}").code != 250:
            return None
        assert client.ask("TYPE I").code == 200
        content, last = client.fetch(f"RETR {name}")
        return content if last.code == 226 else None
