"""A key and its signatures, in as much of OpenPGP (RFC 4880, and Ed25519 as GnuPG writes it) as signed sample media need.

The same bytes each time: the key is made of its name, the times are fixed. Good enough for gpgv; guards nothing.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CREATED = 1_577_836_800
_EDDSA, _SHA256 = 22, 8
_CURVE = bytes.fromhex("092b06010401da470f01")
_BINARY, _POSITIVE = 0x00, 0x13


class Key:
    """One signing key."""

    def __init__(self, name: str) -> None:
        self._secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        point = b"\x40" + self._secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._body = b"\x04" + _CREATED.to_bytes(4) + bytes([_EDDSA]) + _CURVE + _number(point)
        self.fingerprint = hashlib.sha1(b"\x99" + len(self._body).to_bytes(2) + self._body).digest()
        self._name = name.encode()

    def public(self) -> str:
        """The key with its name, armoured."""
        signed = b"\x99" + len(self._body).to_bytes(2) + self._body + b"\xb4" + len(self._name).to_bytes(4) + self._name
        packets = _packet(6, self._body) + _packet(13, self._name) + self._signature(_POSITIVE, signed, _sub(27, b"\x03"))
        return _armour("PUBLIC KEY BLOCK", packets)

    def sign(self, content: bytes) -> str:
        """A detached signature of `content`, armoured."""
        return _armour("SIGNATURE", self._signature(_BINARY, content, b""))

    def _signature(self, kind: int, signed: bytes, more: bytes) -> bytes:
        subpackets = _sub(2, _CREATED.to_bytes(4)) + _sub(33, b"\x04" + self.fingerprint) + more
        hashed = bytes([4, kind, _EDDSA, _SHA256]) + len(subpackets).to_bytes(2) + subpackets
        digest = hashlib.sha256(signed + hashed + b"\x04\xff" + len(hashed).to_bytes(4)).digest()
        issuer = _sub(16, self.fingerprint[-8:])
        both = self._secret.sign(digest)
        tail = len(issuer).to_bytes(2) + issuer + digest[:2] + _number(both[:32]) + _number(both[32:])
        return _packet(2, hashed + tail)


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2) + body


def _sub(kind: int, body: bytes) -> bytes:
    return bytes([len(body) + 1, kind]) + body


def _number(value: bytes) -> bytes:
    number = int.from_bytes(value)
    return number.bit_length().to_bytes(2) + number.to_bytes((number.bit_length() + 7) // 8)


def _armour(what: str, packets: bytes) -> str:
    crc = 0xB704CE  # RFC 4880, section 6.1
    for byte in packets:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    text = base64.encodebytes(packets).decode()
    return f"-----BEGIN PGP {what}-----\n\n{text}={base64.b64encode((crc & 0xFFFFFF).to_bytes(3)).decode()}\n-----END PGP {what}-----\n"
