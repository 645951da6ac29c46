"""The rehearsal's HTTP client: asks as the installers' own urllib does, one connection a file, no retries."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import SplitResult, urlsplit

from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_AGENT = "Python-urllib/1.15"
_WAIT = 30.0
_PIECE = 1 << 16


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
            raise StepFailedError(f"{url}: {_reason(error)}") from None
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
            raise StepFailedError(f"{url}: {_reason(error)}") from None
        return answer.status

    def _whole(self, method: str, url: str, keep: int) -> Sink:
        sink = Sink(keep)
        try:
            connection, answer = self._open(method, url)
            try:
                if answer.status != 200:
                    raise StepFailedError(f"{shown(url)}: HTTP status {answer.status} {answer.reason}")
                while piece := answer.read(_PIECE):
                    sink.write(piece)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise StepFailedError(f"{shown(url)}: {_reason(error)} after {sink.size} bytes") from None
        length = answer.getheader("Content-Length")
        if length is not None and int(length) != sink.size:
            raise StepFailedError(f"{shown(url)}: {length} bytes were announced and {sink.size} came")
        return sink

    def _open(self, method: str, url: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        parts = _checked(url)
        assert parts.hostname is not None
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=_WAIT, source_address=(str(self.local), 0))
        connection.request(method, parts.path or "/", headers={"User-Agent": _AGENT, "Connection": "close"})
        return connection, connection.getresponse()


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
