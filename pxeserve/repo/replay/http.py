"""HTTP as the installers' urllib speaks it: one connection a file, GET alone, no range, no retry; "is it there" hangs up after the head.

Lines and their order are those of httplib and urllib2 (2.4, 2.7) and http.client (3): seen in their source, and on the wire.
"""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass

from pxeserve.repo.replay.accessor import PIECE, WAIT, Read, Sums, Taken, UnreadableError, named
from pxeserve.repo.replay.generation import Speech
from pxeserve.repo.replay.report import Log


@dataclass(frozen=True, slots=True)
class Http:
    """The source `http://HOST:PORT/PATH/`; `path` has a slash at both ends. `read` is told of each piece that came."""

    host: str
    port: int
    path: str
    speech: Speech
    log: Log
    read: Read

    def start(self) -> None:
        """Nothing: each file is a connection of its own."""

    def there(self, path: str) -> bool:
        """A GET that is hung up after the head. Only 2xx is "there"."""
        try:
            target = named(path, self.speech)
            sock, answer = self._ask(target)
        except UnreadableError:
            return False
        with sock, answer:
            found = self._good(answer.status)
            self.log.add("GET", f"/{target}", answer.status, 0, "there" if found else "not there")
        return found

    def fetch(self, path: str, keep: int = 0) -> Taken:
        """A GET that is read to its end."""
        target = named(path, self.speech)
        sock, answer = self._ask(target)
        with sock, answer:
            if not self._good(answer.status):
                self.log.add("GET", f"/{target}", answer.status, 0, "refused")
                raise UnreadableError(f"HTTP Error {answer.status}: {answer.reason}")
            announced = answer.length
            sums = Sums(keep, self.read)
            try:
                while piece := answer.read(PIECE):
                    sums.take(piece)
            except (OSError, http.client.HTTPException) as error:
                self.log.add("GET", f"/{target}", answer.status, sums.size, "cut")
                raise UnreadableError(str(error) or type(error).__name__) from None
            outcome = "whole" if announced is None or announced == sums.size else "cut"
            self.log.add("GET", f"/{target}", answer.status, sums.size, outcome)
        return sums.taken()

    def _good(self, status: int) -> bool:
        """2.4 takes 200 and 206 alone, later ones any 2xx. Redirections are not followed here: pxeserve never sends one for a medium."""
        return status in (200, 206) if self.speech.python < (2, 7) else 200 <= status < 300

    def _ask(self, target: str) -> tuple[socket.socket, http.client.HTTPResponse]:
        try:
            sock = socket.create_connection((self.host, self.port), WAIT)
        except OSError as error:
            self.log.add("GET", f"/{target}", None, 0, "no answer")
            raise UnreadableError(f"<urlopen error {error.strerror or error}>") from None
        try:
            sock.sendall(self._head(target))
            answer = http.client.HTTPResponse(sock, method="GET")
            answer.begin()
        except (OSError, http.client.HTTPException) as error:
            sock.close()
            self.log.add("GET", f"/{target}", None, 0, "no answer")
            raise UnreadableError(str(error) or type(error).__name__) from None
        return sock, answer

    def _head(self, target: str) -> bytes:
        host = self.host if self.port == 80 else f"{self.host}:{self.port}"
        agent = "User-agent" if self.speech.python < (2, 7) else "User-Agent"
        fields = [("Host", host), ("Connection", "close"), (agent, self.speech.agent)]
        if self.speech.python >= (3, 0):
            fields = [fields[0], fields[2], fields[1]]
        lines = [f"GET {self.path}{target} HTTP/1.1", "Accept-Encoding: identity", *(f"{name}: {value}" for name, value in fields)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
