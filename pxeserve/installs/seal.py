"""What an arming freezes, and how it is kept: encrypted under the service's key, readable for this one install only.

Tokens are derived from the arming's own key, so that menus can name them again while the store holds nothing but hashes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pxeserve.errors import PxeserveError

_NONCE = 12
TOKEN_LENGTH = 43
"""Characters of a token: 256 bits in URL-safe base64 without padding."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was checked when the host was armed and is delivered byte for byte. `bind` is the evidence asked for at that time."""

    key: bytes = field(repr=False)
    answerfile: bytes | None = field(default=None, repr=False)
    scripts: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    bind: str = "evidence"


def new_key() -> bytes:
    """A fresh 256-bit key for one arming."""
    return secrets.token_bytes(32)


def token(key: bytes, purpose: str) -> str:
    """The unguessable token of one arming for `purpose` (`answerfile`, `script:NAME`, `progress`)."""
    return base64.urlsafe_b64encode(hmac.digest(key, purpose.encode(), "sha256")).rstrip(b"=").decode()


def purpose(kind: str, name: str) -> str:
    """How a script's or a progress report's token is named when it is derived."""
    return f"{kind}:{name}" if name else kind


def token_hash(text: str) -> str | None:
    """SHA-256 of a token as it arrived, hex; None for what cannot be one."""
    if len(text) != TOKEN_LENGTH or not text.isascii():
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def seal(frozen: Frozen, install_id: str, key: bytes) -> bytes:
    """`frozen` encrypted and tied to `install_id`."""
    plain = {
        "key": _text(frozen.key),
        "answerfile": _text(frozen.answerfile) if frozen.answerfile is not None else None,
        "scripts": {name: _text(body) for name, body in frozen.scripts.items()},
        "bind": frozen.bind,
    }
    return closed(json.dumps(plain).encode(), install_id, key)


def unseal(sealed: bytes, install_id: str, key: bytes) -> Frozen:
    """The reverse. Raises PxeserveError when it was sealed under another key or for another install."""
    plain = json.loads(opened(sealed, install_id, key))
    return Frozen(
        base64.b64decode(plain["key"]),
        base64.b64decode(plain["answerfile"]) if plain["answerfile"] is not None else None,
        {name: base64.b64decode(body) for name, body in plain["scripts"].items()},
        plain["bind"],
    )


def closed(plain: bytes, purpose: str, key: bytes) -> bytes:
    """`plain` encrypted and tied to `purpose`, such as an install's id."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def opened(sealed: bytes, purpose: str, key: bytes) -> bytes:
    """The reverse. Raises PxeserveError when it was sealed under another key or for another purpose."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise PxeserveError(
            f"install {purpose}: what is sealed for it cannot be opened with this service's key",
            fix="restore keys/seal.key from the backup that belongs to this state, or cancel the install and arm the host again",
        ) from error


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
