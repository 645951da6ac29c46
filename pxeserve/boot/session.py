"""Boot session ids: DHCP puts one into the boot file's path, so that all that the loader asks for joins one timeline.

An id explains itself (address, MAC, moment) and carries a short signature, so nothing has to be stored. It identifies
and never authorises: five bytes of a keyed hash keep a record honest, they do not open a door.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

_BODY = struct.Struct("!4s6sI")
_SIGNATURE = 5
_LENGTH = _BODY.size + _SIGNATURE
TEXT_LENGTH = _LENGTH * 2
"""Characters of an id: 38, so that a boot file's path stays far below the 127 bytes of BOOTP's `file` field. Hexadecimal, as firmware may
change the case of names, and as one is made for each machine of a storm."""
_TEXT = re.compile(f"[0-9a-f]{{{TEXT_LENGTH}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """One boot of one machine: the address it was offered, its MAC, and when (epoch seconds, whole)."""

    id: str
    address: IPv4Address
    mac: str
    at: float


class SessionIds:
    """Makes and reads ids with one key (32 bytes, from `keys`)."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hashlib.blake2s(digest_size=_SIGNATURE, key=key, person=b"session")

    def make(self, address: IPv4Address, mac: str, at: float) -> str:
        """The id of a boot of `mac` (normalised) at `address`, begun at epoch second `at`; the same three give the same id."""
        body = _BODY.pack(address.packed, bytes.fromhex(mac.replace(":", "")), int(at) & 0xFFFFFFFF)
        return (body + self._sign(body)).hex()

    def read(self, text: str) -> Session | None:
        """The session that `text` names; None for anything that this key did not make."""
        if not _TEXT.fullmatch(text):
            return None
        raw = bytes.fromhex(text)
        body, signature = raw[: _BODY.size], raw[_BODY.size :]
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        address, mac, at = _BODY.unpack(body)
        return Session(text, IPv4Address(address), mac.hex(":"), float(at))

    def _sign(self, body: bytes) -> bytes:
        signing = self._keyed.copy()
        signing.update(body)
        return signing.digest()
