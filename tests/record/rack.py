"""Forty simulated machines behind one relay: what each does in its turn, and what is true of it then. They speak for themselves; nothing of
the service's insides is used."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.fetching import http_get, tftp_get
from tests.faults.leasing import ACK, AGENT, DISCOVER, OFFER, REQUEST, option, request
from tests.faults.machine import _asked, _boot_file
from tests.faults.space import Space

SERVER = "127.0.0.1"
_PXE = (option(60, b"PXEClient:Arch:00000:UNDI:002001"), option(93, bytes(2)), option(55, bytes((1, 3, 6, 43, 60, 66, 67))))


@dataclass
class Slot:
    """One machine of the rack. `state` is what a person who watched it would say that its host is; `packages` how many it has fetched;
    `done` counts its acts."""

    space: Space
    name: str
    mac: str
    address: str
    fate: str = "installs"
    state: str = "armed"
    packages: int = 0
    done: int = 0
    answerfiles: int = 0
    _folder: str = ""
    _menu: str = ""
    _path: str = ""
    _script: str = ""
    _report: str = ""
    _source: str = ""
    _files: list[str] = field(default_factory=list)

    @property
    def acts(self) -> list[Callable[[], None]]:
        """What it does from power-on to its end, one at a time."""
        if self.fate == "lapses":
            return []
        begins = [self.asks, self.loads, self.reads_the_menu, self.starts, self.answers]
        if self.fate == "fails":
            return [*begins, self.looks, self.fetches, self.begins, self.fails, self.boots_again]
        return [*begins, self.looks, *[self.fetches] * _PACKAGES, self.begins, self.ends, self.boots_again]

    def act(self) -> bool:
        """The next act; False when there is none any more."""
        acts = self.acts
        if self.done == len(acts):
            return False
        acts[self.done]()
        self.done += 1
        return True

    def asks(self) -> None:
        self._folder = self._lease(*_PXE).rsplit("/", 1)[0]

    def loads(self) -> None:
        self._tftp("pxelinux.0")
        self._tftp("ldlinux.c32")

    def reads_the_menu(self) -> None:
        self._menu = self._tftp(f"pxelinux.cfg/01-{self.mac.replace(':', '-')}").decode()
        self._path = re.search(r"answerfile=http://[\d.]+(/a/\S+)", self._menu)[1]  # type: ignore[index]
        self.state = "booting"

    def starts(self) -> None:
        words = re.search(r"^\s*append\s+(.*)$", self._menu, re.M)
        assert words, self._menu
        for part in words[1].split("---"):
            self._tftp(part.split()[0])

    def answers(self) -> None:
        self._lease()
        text = self._http(self._path)
        self.answerfiles += 1
        self.state = "answered"
        self._script = re.search(r"http://[\d.]+(/s/[\w-]+/[\w-]+)", text)[1]  # type: ignore[index]
        self._source = re.search(r"<source[^>]*>http://[\d.]+([^<]+)</source>", text)[1].rstrip("/")  # type: ignore[index]

    def looks(self) -> None:
        lines = [line.split() for line in self._http(f"{self._source}/packages.main/XS-PACKAGES").splitlines()]
        self._files = [f"packages.main/{words[5]}" for words in lines if words[3:4] == ["tbz2"]]

    def fetches(self) -> None:
        self._http(f"{self._source}/{self._files[self.packages]}")
        self.packages += 1

    def begins(self) -> None:
        found = re.search(r"http://[\d.]+(/p/[\w-]+)", self._http(self._script))
        assert found
        self._report = found[1]
        self.state = "installing"

    def ends(self) -> None:
        self._http(f"{self._report}/done")
        self.state = "done"

    def fails(self) -> None:
        self._http(f"{self._report}/failed")
        self.state = "failed"

    def boots_again(self) -> None:
        """Firmware that asks the network first: it is led to its own disk, whatever became of the installation."""
        folder = self._lease(*_PXE).rsplit("/", 1)[0]
        assert folder
        self._folder = folder
        menu = self._tftp(f"pxelinux.cfg/01-{self.mac.replace(':', '-')}").decode()
        assert "answerfile=" not in menu
        assert "localboot" in menu.lower()

    def _lease(self, *more: bytes) -> str:
        chaddr, xid = bytes.fromhex(self.mac.replace(":", "")), secrets.randbits(32)
        with self.space.udp() as sock:
            offer, _ = _asked(sock, request(DISCOVER, chaddr, xid, *more, agent=AGENT), xid, OFFER)
            wanted = (option(50, socket.inet_aton(offer.address)), option(54, offer.server))
            said, data = _asked(sock, request(REQUEST, chaddr, xid, *wanted, *more, agent=AGENT), xid, ACK)
        assert said.address == self.address
        return _boot_file(data)

    def _tftp(self, name: str) -> bytes:
        with self.space.udp(self.address) as sock:
            return tftp_get(sock, (SERVER, 69), f"{self._folder}/{name}", patience=10)

    def _http(self, path: str) -> str:
        with self.space.tcp((SERVER, 80), self.address) as conn:
            status, body = http_get(conn, path)
        assert status in (200, 204), (status, path)
        return body.decode(errors="replace")


_PACKAGES = 3
