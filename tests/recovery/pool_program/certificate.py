"""A host's own certificate, as its first boot makes it: self-signed, for nobody but itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def make(path: Path, *, old: bool) -> Path:
    """Key and certificate in one file, made unless it is there: RSA 1024 on old hosts, 2048 on newer ones."""
    if not path.exists():
        key = rsa.generate_private_key(65537, 1024 if old else 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost.localdomain")])
        now = datetime.now(UTC)
        one = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        one = one.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        signed = one.not_valid_after(now + timedelta(days=3650)).sign(key, hashes.SHA256())
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM))
    return path
