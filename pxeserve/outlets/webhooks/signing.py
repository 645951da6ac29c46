"""Signs what is posted, by the Standard Webhooks specification (version 1, symmetric): HMAC-SHA256 over id, moment and body.

Secrets are read from their file each time, so that a new one counts at once, and never leave this module.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import stat
from collections.abc import Sequence
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.outlets.webhooks.message import Message

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_MOST = 5
_LARGEST = 4096


def secrets(path: Path) -> list[bytes]:
    """The secrets in `path`, a line each in base64 (`whsec_` in front or not), 24 to 64 bytes long as the specification wants; an empty
    line, and one that begins with `#`, is none. Raises PxeserveError, which never quotes what it has read."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(path.stat().st_mode) & 0o007:
                raise PxeserveError(f"{path}: everybody on this machine may read it", fix=f"chmod 600 {path}, and draw a new secret")
            lines = file.read(_LARGEST).decode("ascii", "replace").split("\n")
    except OSError as error:
        fix = "it has to be there, and readable for the user that the service runs as"
        raise PxeserveError(f"{path}: {error.strerror}", fix=fix) from None
    words = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")]
    found = [_secret(path, number, word) for number, word in words[:_MOST]]
    if not found:
        raise PxeserveError(f"{path}: holds no secret", fix=f"openssl rand -base64 32 > {path}")
    return found


def _secret(path: Path, line: int, word: str) -> bytes:
    try:
        secret = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise PxeserveError(f"{path}:{line}: not a secret in base64", fix=f"openssl rand -base64 32 > {path}") from None
    if not _SHORTEST <= len(secret) <= _LONGEST:
        said = f"{path}:{line}: a secret of {len(secret)} bytes; {_SHORTEST} to {_LONGEST} are wanted"
        raise PxeserveError(said, fix=f"openssl rand -base64 32 > {path}")
    return secret


def headers(message: Message, moment: int, with_secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers of a message that is posted at epoch second `moment`: a signature for each secret, so that a receiver who knows
    the old one and a receiver who knows the new one both find theirs."""
    signed = f"{message.id}.{moment}.".encode() + message.body
    signatures = [base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode() for secret in with_secrets]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
