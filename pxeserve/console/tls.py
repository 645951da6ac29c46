"""TLS of the console: a context for the connections that come, and another one the moment the certificate's file is another one. Those
that stand keep what they began with, so that nothing under way is dropped; one that comes in between has the old certificate or the new
one, and never the certificate of one with the key of the other.

TLS 1.2 and up, with OpenSSL's own ciphers at security level 2. Refuses to know where the certificate comes from (`certificates`).
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from pxeserve import certificates, reached
from pxeserve.certificates import Certificate
from pxeserve.config import Config
from pxeserve.errors import PxeserveError

log = structlog.get_logger("console")
_ENSURED = 3600.0
"""Seconds after which it is looked at whether our own certificate soon ends."""

_CIPHERS = "DEFAULT:@SECLEVEL=2"


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of a certificate with its chain and of its key, which may be one."""

    certificate: Path
    key: Path

    def stamps(self) -> tuple[tuple[int, int, int], ...]:
        """What changes with the files. Raises OSError."""
        found = (path.stat() for path in (self.certificate, self.key))
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)


class Tls:
    """The `context` of connections that come now, and which certificate it has. `look` is called now and then by who serves."""

    def __init__(self, config: Config) -> None:
        """Raises PxeserveError when there is no certificate to serve with."""
        self._config = config
        self._folder = config.server.data / "keys"
        self._ensured = 0.0
        self._ensure(time.monotonic())
        self._stamps: object = None
        self.context, self.certificate = self._load()

    def imported(self) -> bool:
        """Whether somebody brought the certificate."""
        return not self.certificate.own

    def look(self) -> None:
        """Take the certificate anew if its file is another one by now. One that cannot be used is said once, and the old one stays."""
        now = time.monotonic()
        if now - self._ensured >= _ENSURED:
            try:
                self._ensure(now)
            except PxeserveError as error:
                log.error(f"the certificate cannot be made anew: {error.message}")
        pair = self._pair()
        try:
            stamps = (pair, pair.stamps())
        except OSError as error:
            stamps = (pair, error.errno)  # type: ignore[assignment]
        if stamps == self._stamps:
            return
        try:
            self.context, self.certificate = self._load()
        except PxeserveError as error:
            log.error(f"the new certificate is not taken, the old one stays: {error.message}")
        else:
            log.info("certificate taken", sha256=self.certificate.fingerprint, subject=self.certificate.subject)
        self._stamps = stamps

    def _ensure(self, now: float) -> None:
        """Our own is there, and does not end soon."""
        self._ensured = now
        if certificates.ensure(self._folder, reached.names(self._config)):
            log.info("certificate made", sha256=certificates.read(self._folder / certificates.OWN).fingerprint)

    def _pair(self) -> Pair:
        console = self._config.console
        if console.certificate is not None and console.key is not None:
            return Pair(console.certificate, console.key)
        one = certificates.file_of(self._folder)
        return Pair(one, one)

    def _load(self) -> tuple[ssl.SSLContext, Certificate]:
        pair = self._pair()
        try:
            stamps = pair.stamps()
            texts = [path.read_text(encoding="ascii") for path in (pair.certificate, pair.key)]
        except (OSError, UnicodeDecodeError) as error:
            fix = "the service's user has to be able to read it"
            raise PxeserveError(f"the console's certificate cannot be read: {error}", fix=fix) from None
        if pair.certificate.name != certificates.OWN:
            certificates.checked(*texts)
        context = _context()
        try:
            context.load_cert_chain(pair.certificate, pair.key)
        except (ssl.SSLError, OSError) as error:
            raise PxeserveError(f"{pair.certificate}: cannot be served with: {error}") from None
        self._stamps = (pair, stamps)
        return context, certificates.read(pair.certificate)


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(_CIPHERS)
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    made.num_tickets = 2
    return made
