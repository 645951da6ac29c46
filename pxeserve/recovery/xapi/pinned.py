"""TLS to a toolstack that is known by its certificate alone: no authority, no host name, and not a byte of ours before the certificate is
the one that is meant.

A toolstack's certificate is its own, signed by nobody, for `localhost`; who it is says its SHA-256, which its first boot told or a person
confirmed. As that is all that is believed, the rest may be as old as it is: XenServer 4.1 to 6.5 speak TLS 1.0 with RSA keys of 1,024 bits,
7.x TLS 1.2, 8.x TLS 1.2 and 1.3; all from 1.0 on are spoken (SSL 3 is not: OpenSSL no longer has it), without ciphers that have no
certificate. What an old one says in TLS 1.0 can be read by who breaks its key: docs/joining.md says so.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import socket
import ssl
from dataclasses import dataclass

from cryptography import x509

from pxeserve.events.record import harmless
from pxeserve.recovery.xapi.deadline import Deadline
from pxeserve.recovery.xapi.errors import HangsError, OtherCertificateError, UnreachableError

PORT = 443
_STEP = "connecting"
_CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
_LEGACY_SERVER_CONNECT = 0x4
"""SSL_OP_LEGACY_SERVER_CONNECT (openssl/ssl.h): servers from before RFC 5746, as 4.1's are."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that answered: SHA-256 of its DER form (hex), whose it says it is, and from when until when (epoch seconds). `tls` is
    the version that was spoken."""

    fingerprint: str
    subject: str
    begins: float
    ends: float
    tls: str


def opened(address: str, port: int, fingerprint: str, deadline: Deadline) -> ssl.SSLSocket:
    """A connection to whoever has the certificate with this SHA-256 (hex). Raises UnreachableError, HangsError, and OtherCertificateError
    before anything was sent but TLS's own greeting."""
    where = f"{address}:{port}"
    if not fingerprint:
        fix = "pxeserve join certificate POOL HOST shows what answers there; pxeserve pool trust keeps it"
        raise OtherCertificateError(where, _STEP, "nobody has said yet by which certificate it is known", fix=fix)
    secured = _greeted(address, port, deadline)
    answered = _fingerprint(secured)
    if not hmac.compare_digest(answered.encode(), fingerprint.lower().encode()):
        secured.close()
        known = f"{answered[:16]}…, and {fingerprint[:16]}… is known"
        cause = f"another certificate answers there ({known}), so nothing was said to it"
        fix = "if it was installed anew or given another one: pxeserve pool trust keeps it; if not, somebody else answers at its address"
        raise OtherCertificateError(where, _STEP, cause, fix=fix, answered=answered)
    return secured


def shown(address: str, port: int, *, seconds: float) -> Shown:
    """The certificate that answers there now, whoever's it is. Nothing is said to it. Raises UnreachableError and HangsError."""
    with _greeted(address, port, Deadline.within(seconds)) as secured:
        der = secured.getpeercert(binary_form=True) or b""
        version = secured.version() or ""
    try:
        one = x509.load_der_x509_certificate(der)
        subject, begins, ends = one.subject.rfc4514_string(), one.not_valid_before_utc, one.not_valid_after_utc
    except ValueError:
        raise UnreachableError(f"{address}:{port}", _STEP, "its certificate cannot be read", fix="look at what answers there") from None
    return Shown(hashlib.sha256(der).hexdigest(), harmless(subject), begins.timestamp(), ends.timestamp(), version)


class Stream(io.RawIOBase):
    """What comes from a connection, until the deadline: a byte now and then keeps nobody waiting beyond it."""

    def __init__(self, secured: ssl.SSLSocket, deadline: Deadline) -> None:
        super().__init__()
        self._secured = secured
        self._deadline = deadline

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader gives one
        """Some bytes. Raises TimeoutError when the time is over."""
        self._secured.settimeout(self._deadline.left())
        return self._secured.recv_into(buffer)


def _greeted(address: str, port: int, deadline: Deadline) -> ssl.SSLSocket:
    where = f"{address}:{port}"
    try:
        plain = socket.create_connection((address, port), deadline.left())
        try:
            plain.settimeout(deadline.left())
            secured = _context().wrap_socket(plain, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
    except TimeoutError:
        raise HangsError(where, _STEP, "it does not answer", fix="look whether the host is on, and port 443 is let through") from None
    except ssl.SSLError as error:
        cause = f"no TLS that is spoken here ({(error.reason or 'no reason').lower().replace('_', ' ')})"
        raise UnreachableError(where, _STEP, cause, fix="look at what answers at this port of the host") from None
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        fix = "look whether the host is on, has this address, and runs its toolstack: xe-toolstack-restart"
        raise UnreachableError(where, _STEP, cause, fix=fix) from None
    return secured


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE  # the pin is what is verified, by `opened`
    made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    made.set_ciphers(_CIPHERS)
    made.options |= _LEGACY_SERVER_CONNECT | ssl.OP_NO_COMPRESSION
    return made


def _fingerprint(secured: ssl.SSLSocket) -> str:
    return hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
