"""How XenAPI's calls travel: one pinned connection each, asked once and never again by itself, and read within bounds.

The library's own transport asks a second time when a connection was dropped: a join must not. Redirections are not followed: an answer
that is not 200 is told.
"""

from __future__ import annotations

import http.client
import io
import ssl
import xmlrpc.client
from typing import Any

from pxeserve.recovery.xapi.bounded import NotXmlRpcError, Reader
from pxeserve.recovery.xapi.deadline import Deadline
from pxeserve.recovery.xapi.errors import NOT_XAPI, HangsError, LiesError, UnreachableError, refusal, wrong_shape
from pxeserve.recovery.xapi.pinned import Stream, opened

_PIECE = 64 << 10
_WORDS, _WORD = 32, 4096


class Transport(xmlrpc.client.Transport):
    """Carries the calls of one session. `seconds` is for each, `whole` for all. `asked` is the call that is under way, for errors;
    `confided` is what was told to whoever answers and is never told on."""

    def __init__(self, address: str, port: int, fingerprint: str, *, seconds: float, whole: Deadline) -> None:
        super().__init__()
        self.where = f"{address}:{port}"
        self.asked = ""
        self.confided: set[str] = set()
        self._place = (address, port, fingerprint)
        self._seconds = seconds
        self._whole = whole

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        """Carry one call there and its answer back. Raises XapiError."""
        del host, verbose
        deadline = Deadline.within(self._seconds).sooner(self._whole)
        try:
            with opened(*self._place, deadline) as secured:
                _send(secured, handler, request_body, deadline)
                return (self._envelope(self._answer(secured, deadline)),)
        except TimeoutError:
            cause = f"no answer within {self._seconds:g} s"
            raise HangsError(self.where, self.asked, cause, fix="ask again; if it stays so: xe-toolstack-restart on it") from None
        except NotXmlRpcError as error:
            raise LiesError(self.where, self.asked, f"it answers with {error}", fix=NOT_XAPI) from None
        except (OSError, http.client.HTTPException):
            cause = "the connection ended before the answer was whole"
            fix = "look whether its toolstack is starting anew, and ask again"
            raise UnreachableError(self.where, self.asked, cause, fix=fix) from None

    def _answer(self, secured: ssl.SSLSocket, deadline: Deadline) -> Any:
        response = http.client.HTTPResponse(_Source(secured, deadline), method="POST")  # type: ignore[arg-type]  # it takes makefile alone
        response.begin()
        if response.status != http.HTTPStatus.OK:
            raise NotXmlRpcError(f"HTTP {response.status}")
        reader = Reader()
        while piece := response.read1(_PIECE):
            reader.feed(piece)
        return reader.value()

    def _envelope(self, answer: Any) -> Any:
        """Hold an answer to XAPI's own envelope. Raises LiesError, and what a Failure says."""
        if not isinstance(answer, dict):
            raise wrong_shape(self.where, self.asked, "its answer should be a struct", answer)
        if answer.get("Status") == "Success" and "Value" in answer:
            return answer
        words = answer.get("ErrorDescription")
        if answer.get("Status") != "Failure" or not isinstance(words, list) or not 1 <= len(words) <= _WORDS:
            raise LiesError(self.where, self.asked, "its answer is neither Success with a Value nor Failure with words", fix=NOT_XAPI)
        if not all(isinstance(word, str) and len(word) <= _WORD for word in words) or not words[0]:
            raise LiesError(self.where, self.asked, "ErrorDescription holds what are no words", fix=NOT_XAPI)
        raise refusal(self.where, self.asked, words, self.confided)


class _Source:
    """As much of a socket as `http.client.HTTPResponse` wants."""

    def __init__(self, secured: ssl.SSLSocket, deadline: Deadline) -> None:
        self._stream = Stream(secured, deadline)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Its bytes."""
        del mode
        return io.BufferedReader(self._stream)


def _send(secured: ssl.SSLSocket, handler: str, body: bytes, deadline: Deadline) -> None:
    lines = (f"POST {handler} HTTP/1.1", "Host: xapi", "User-Agent: pxeserve", "Content-Type: text/xml", f"Content-Length: {len(body)}")
    secured.settimeout(deadline.left())
    secured.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode() + body)
