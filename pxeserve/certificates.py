"""The console's certificate and key: made at the first start, taken over when somebody brings better ones, and read as text for people.

One file each, key and chain together, so that a reader never sees the halves of two. Refuses to know who serves with them, and what a
browser thinks of them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend as _backend  # which the library imports when it is too late to read it
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pxeserve.errors import NotFoundError, PxeserveError

OWN, IMPORTED = "console.pem", "console-imported.pem"
"""Beneath `keys/`. The imported one is served where it is there."""

LASTING = timedelta(days=397)
"""The longest that browsers take (CA/Browser Forum, ballot SC31)."""

RENEWED = timedelta(days=30)
"""So long before its end our own is made anew."""

LARGEST = 256 << 10
"""Bytes of a certificate with its chain, or of a key."""

_LEAST_RSA = 2048
_EARLIER = timedelta(hours=1)
assert _backend is not None
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. Times are epoch seconds; `fingerprint` is SHA-256 of its DER form, as browsers show it."""

    fingerprint: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: float
    ends: float
    key: str
    own: bool


def file_of(folder: Path) -> Path:
    """The file that is served with: imported where there is one, else our own, which may not be there yet."""
    imported = folder / IMPORTED
    return imported if imported.exists() else folder / OWN


def ensure(folder: Path, names: Sequence[str], now: datetime | None = None) -> bool:
    """Make our own certificate for `names` (host names and addresses) beneath `folder`, where there is none or it soon ends; whether one
    was made. Raises PxeserveError when it cannot be written."""
    path, moment = folder / OWN, now or datetime.now(UTC)
    with contextlib.suppress(PxeserveError, OSError):
        if moment + RENEWED < _first(path.read_bytes(), str(path)).not_valid_after_utc:
            return False
    _write(path, _made(names, moment))
    return True


def bring(folder: Path, certificate: str, key: str) -> Certificate:
    """Take over a certificate with its chain, and its key, both PEM. Raises PxeserveError and leaves all as it was, when they do not belong
    together, are over, or cannot be served with."""
    chain, secret = checked(certificate, key)
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / IMPORTED, pem + b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    return described(chain[0], own=False)


def forget(folder: Path) -> None:
    """Go back to our own certificate. Raises NotFoundError when none was imported."""
    try:
        (folder / IMPORTED).unlink()
    except FileNotFoundError:
        raise NotFoundError("no certificate was imported: the console serves with its own") from None


def checked(certificate: str, key: str) -> tuple[list[x509.Certificate], Key]:
    """The chain and the key in these PEM texts. Raises PxeserveError with what is wrong and how to mend it."""
    chain = _chain(certificate.encode(), "the certificate")
    secret = _key(key.encode(), "the key")
    if secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != _public(chain[0]):
        fix = "the certificate of this key has to be the first in its file, before those of its issuers"
        raise PxeserveError("the key is not the certificate's", fix=fix)
    now = datetime.now(UTC)
    if chain[0].not_valid_after_utc <= now:
        raise PxeserveError(f"the certificate ended on {chain[0].not_valid_after_utc:%Y-%m-%d}", fix="bring one that is valid now")
    for one, issuer in pairwise(chain):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            fix = "first the server's certificate, then who issued it, then who issued that"
            raise PxeserveError(f"the chain is out of order: {_name(issuer.subject)} did not issue {_name(one.subject)}", fix=fix) from None
    if not _names(chain[0]):
        raise PxeserveError("the certificate names no host (subjectAltName)", fix="browsers take no other names: ask for one that has them")
    return chain, secret


def read(path: Path) -> Certificate:
    """What the certificate in `path` says. Raises PxeserveError when there is none that can be read."""
    try:
        return described(_first(path.read_bytes(), str(path)), own=path.name == OWN)
    except OSError as error:
        raise PxeserveError(f"{path}: cannot be read: {error.strerror}") from None


def described(one: x509.Certificate, *, own: bool) -> Certificate:
    """`one` as text."""
    public = one.public_key()
    kind = f"RSA {public.key_size}" if isinstance(public, rsa.RSAPublicKey) else "Ed25519"
    if isinstance(public, ec.EllipticCurvePublicKey):
        kind = f"ECDSA {public.curve.name}"
    return Certificate(
        fingerprint=one.fingerprint(hashes.SHA256()).hex(":").upper(),
        subject=_name(one.subject),
        issuer=_name(one.issuer),
        names=_names(one),
        begins=one.not_valid_before_utc.timestamp(),
        ends=one.not_valid_after_utc.timestamp(),
        key=kind,
        own=own,
    )


def _made(names: Sequence[str], now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"pxeserve on {socket.gethostname()}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    one = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now - _EARLIER + LASTING)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in dict.fromkeys(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + one.public_bytes(Encoding.PEM)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _chain(pem: bytes, what: str) -> list[x509.Certificate]:
    if len(pem) > LARGEST:
        raise PxeserveError(f"{what} has more than {LARGEST >> 10} KiB")
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        fix = "it begins with -----BEGIN CERTIFICATE-----; DER becomes PEM by: openssl x509 -inform der -in FILE"
        raise PxeserveError(f"{what} is no PEM certificate", fix=fix) from None


def _first(pem: bytes, what: str) -> x509.Certificate:
    return _chain(pem, what)[0]


def _key(pem: bytes, what: str) -> Key:
    if len(pem) > LARGEST:
        raise PxeserveError(f"{what} has more than {LARGEST >> 10} KiB")
    try:
        secret = load_pem_private_key(pem, None)
    except TypeError:
        raise PxeserveError(f"{what} is locked with a password", fix="take it off: openssl pkey -in FILE") from None
    except (ValueError, UnsupportedAlgorithm):
        raise PxeserveError(f"{what} is no PEM private key", fix="it begins with -----BEGIN PRIVATE KEY-----") from None
    if isinstance(secret, rsa.RSAPrivateKey) and secret.key_size < _LEAST_RSA:
        raise PxeserveError(f"{what} has {secret.key_size} bits, which browsers refuse", fix=f"RSA needs {_LEAST_RSA}, or use ECDSA")
    if not isinstance(secret, Key):
        raise PxeserveError(f"{what} is of a kind that TLS does not serve with here", fix="bring one of ECDSA, RSA or Ed25519")
    return secret


def _public(one: x509.Certificate) -> bytes:
    return one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _names(one: x509.Certificate) -> tuple[str, ...]:
    try:
        found = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return (*found.get_values_for_type(x509.DNSName), *(str(one) for one in found.get_values_for_type(x509.IPAddress)))


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, and never readable for others."""
    staged = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        staged.rename(path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise PxeserveError(f"{path}: cannot be written: {error.strerror}") from None
