"""The rehearsal's FTP client: a connection a file, as the installers make them, and their way of asking whether a file is there."""

from __future__ import annotations

import ftplib
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import unquote, urlsplit

from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_LISTS = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5"})
_SIZES = frozenset({"7.0", "7.1"})
_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class FtpClient:
    """Fetches as an installer of `dialect`, with `local` as its own address. Up to 7.1 they ask at port 21 whatever the address says."""

    local: IPv4Address
    dialect: str

    def there(self, url: str) -> bool:
        """Whether `url` is there: by the names in its folder, by its size, or by fetching it. Nobody who answers reads as "not there"."""
        if self.dialect not in _LISTS | _SIZES:
            try:
                return self.get(url).size >= 0
            except StepFailedError:
                return False
        try:
            with self._at(url) as (ftp, name):
                if self.dialect in _LISTS:
                    return name in ftp.nlst()
                return ftp.size(name) is not None
        except (OSError, EOFError, ftplib.Error):
            return False

    def get(self, url: str, keep: int = 0) -> Sink:
        """Fetch `url` whole. Raises StepFailedError with what the server said."""
        sink = Sink(keep)
        try:
            with self._at(url) as (ftp, name):
                ftp.retrbinary(f"RETR {name}", sink.write)
        except (OSError, EOFError, ftplib.Error) as error:
            raise StepFailedError(f"{url}: {str(error) or type(error).__name__} after {sink.size} bytes") from None
        return sink

    def _at(self, url: str) -> _Session:
        parts = urlsplit(url)
        port = ftplib.FTP_PORT if self.dialect in _LISTS | _SIZES else parts.port or ftplib.FTP_PORT
        folder, _, name = unquote(parts.path).lstrip("/").rpartition("/")
        return _Session(str(self.local), parts.hostname or "", port, folder, name)


@dataclass(slots=True)
class _Session:
    """A login and the folder of one file; gives the connection and the file's name."""

    local: str
    host: str
    port: int
    folder: str
    name: str
    ftp: ftplib.FTP | None = None

    def __enter__(self) -> tuple[ftplib.FTP, str]:
        ftp = self.ftp = ftplib.FTP()  # noqa: S321 - installers do
        try:
            ftp.connect(self.host, self.port, _WAIT, (self.local, 0))
            ftp.login()
            ftp.cwd(self.folder)
        except BaseException:
            ftp.close()
            raise
        return ftp, self.name

    def __exit__(self, *_: object) -> None:
        if self.ftp is not None:
            self.ftp.close()
