"""The rehearsal's HTTP client: asks as the installers' own urllib does, one connection a file, no retries; and as loaders do, each with its
manner: UEFI asks for the head first, GRUB for ranges.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import SplitResult, urlsplit

from pxeserve.rehearse.firmware import AGENTS, Tongue
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_AGENT = "Python-urllib/1.15"
_WAIT = 10.0
"""Seconds. Installers wait longer, and nobody who is there needs as long."""
_PIECE = 1 << 16
_TAIL = 8
"""Bytes at a gzip file's end, where GRUB reads its sums and size (RFC 1952 section 2.3.1)."""
_GZIP = (".gz", ".img")


class NoSuchNameError(StepFailedError):
    """The server says that it has nothing of that name (404 or 410)."""


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Fetches with `local` as its own address."""

    local: IPv4Address

    def there(self, url: str) -> bool:
        """Whether `url` is there, asked as installers ask: a GET closed after the header. A refused connection reads as "not there"."""
        try:
            connection, answer = self._open("GET", url)
        except ConnectionRefusedError:
            return False
        except (OSError, http.client.HTTPException) as error:
            raise _failed(url, error) from None
        connection.close()
        return answer.status == 200

    def get(self, url: str, keep: int = 0) -> Sink:
        """Fetch `url` whole. Raises StepFailedError with the status, or with how much came."""
        return self._whole("GET", url, keep)

    def tell(self, url: str) -> int:
        """Ask for `url` only to say something; the status."""
        try:
            connection, answer = self._open("GET", url)
            answer.read(4096)
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise _failed(url, error) from None
        return answer.status

    def load(self, url: str, tongue: Tongue, keep: int = 0) -> Sink:
        """Fetch `url` whole as `tongue` does. Raises StepFailedError."""
        agent = AGENTS[tongue]
        if tongue is Tongue.UEFI_HTTP:
            length = self._head(url, agent)
            sink = self._whole("GET", url, keep, agent=agent)
            if length != sink.size:
                said = f"{shown(url)}: HEAD announced {length} bytes and GET brought {sink.size}"
                raise StepFailedError(said, source="UEFI 2.10 section 24.7")
            return sink
        if tongue is Tongue.GRUB and url.endswith(_GZIP):
            length = self._head(url, agent, method="GET")
            self._whole("GET", url, 0, agent=agent, offset=max(length - _TAIL, 0))
            return self._whole("GET", url, keep, agent=agent, offset=0)
        return self._whole("GET", url, keep, agent=agent)

    def _head(self, url: str, agent: str, method: str = "HEAD") -> int:
        """The length that is announced. Raises StepFailedError where there is none: firmware and GRUB make room by it."""
        try:
            connection, answer = self._open(method, url, agent)
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise _failed(url, error) from None
        _good(url, answer, 200)
        length = answer.getheader("Content-Length")
        if length is None or not length.isdigit():
            raise StepFailedError(f"{shown(url)}: no Content-Length in the answer to {method}", source="UEFI 2.10 section 24.7")
        return int(length)

    def _whole(self, method: str, url: str, keep: int, *, agent: str = _AGENT, offset: int | None = None) -> Sink:
        sink = Sink(keep)
        try:
            connection, answer = self._open(method, url, agent, offset)
            try:
                _good(url, answer, 200 if offset is None else 206)
                while piece := answer.read(_PIECE):
                    sink.write(piece)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise _failed(url, error, f" after {sink.size} bytes") from None
        length = answer.getheader("Content-Length")
        if length is not None and int(length) != sink.size:
            raise StepFailedError(f"{shown(url)}: {length} bytes were announced and {sink.size} came")
        return sink

    def _open(
        self, method: str, url: str, agent: str = _AGENT, offset: int | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        parts = _checked(url)
        assert parts.hostname is not None
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=_WAIT, source_address=(str(self.local), 0))
        headers = {"User-Agent": agent, "Connection": "close"} if agent == _AGENT else {"User-Agent": agent}
        if offset is not None:
            headers["Range"] = f"bytes={offset}-"
        connection.request(method, parts.path or "/", headers=headers)
        return connection, connection.getresponse()


def _good(url: str, answer: http.client.HTTPResponse, wanted: int) -> None:
    """Raises StepFailedError for a status that ends the loading."""
    if answer.status in (404, 410):
        raise NoSuchNameError(f"{shown(url)}: HTTP status {answer.status} {answer.reason}", source="RFC 9110 section 15.5")
    if answer.status not in (200, wanted):
        raise StepFailedError(f"{shown(url)}: HTTP status {answer.status} {answer.reason}", source="RFC 9110 section 15")
    if wanted == 206 and answer.status != 206:
        said = f"{shown(url)}: the server sends no ranges, and GRUB reads a gzip file's size from its end"
        raise StepFailedError(said, source="GRUB, net/http.c")


def _failed(url: str, error: OSError | http.client.HTTPException, came: str = "") -> StepFailedError:
    """What a connection that went wrong comes to; a port that nobody listens on, or that a firewall swallows, is named."""
    parts = urlsplit(url)
    where = f"TCP port {parts.port or 80} of {parts.hostname}"
    if isinstance(error, ConnectionRefusedError):
        fix = "is the service running, and does [http] port name this port?"
        return StepFailedError(f"{shown(url)}: nothing listens there ({where})", fix, source="TCP reset")
    if isinstance(error, TimeoutError):
        fix = f"let {where} through the firewall"
        return StepFailedError(f"{shown(url)}: no answer{came} from {where} in {_WAIT:.0f} s", fix, source="TCP timeout")
    return StepFailedError(f"{shown(url)}: {_reason(error)}{came}")


def shown(url: str) -> str:
    """`url` for people: what opens something is cut to its first six characters."""
    parts = urlsplit(url)
    pieces = [piece[:6] + "…" if len(piece) == 43 else piece for piece in parts.path.split("/")]
    return parts._replace(path="/".join(pieces)).geturl()


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise StepFailedError(f"{url!r} is not an address that an installer can ask") from None
    if parts.scheme != "http" or not parts.hostname:
        raise StepFailedError(f"{url!r}: this rehearsal asks http:// addresses only")
    return parts


def _reason(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "no answer"
        case ConnectionResetError() | http.client.IncompleteRead():
            return "the connection was cut"
        case OSError() if error.strerror:
            return error.strerror
    return str(error) or type(error).__name__
