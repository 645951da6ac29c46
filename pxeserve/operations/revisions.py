"""The revision of a thing that people edit: a word that changes with any part of it, so that two people who change one thing at once hear
of each other.

A few characters for each field, so that the second can be told which fields the first has changed. Made with the service's own key: nobody
learns from it what a password is. Refuses to know what the fields mean.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys

_EACH = 4
"""Bytes for a field: of two changes one in four thousand millions is missed."""
LONGEST = 400
"""Characters of a revision at most."""


class StaleError(PxeserveError):
    """The thing is another one by now than whoever asks believes; `changed` are the fields that are."""

    def __init__(self, whose: str, changed: tuple[str, ...]) -> None:
        said = f"{whose} was changed by somebody else since you read it: {', '.join(changed)}" if changed else f"{whose} was never like that"
        super().__init__(said, code="stale", fix="read it again, and change it as it is now")
        self.changed = changed


def revision_of(data: Path, fields: Mapping[str, Any]) -> str:
    """The revision of something with these fields, secrets and all; `data` is the service's folder, with its keys."""
    key = load_keys(data).session
    return _spelt(b"".join(_short(key, name, fields[name]) for name in sorted(fields)))


def refuse_stale(data: Path, whose: str, fields: Mapping[str, Any], revision: str | None) -> None:
    """Raise StaleError when `revision` was said and is not that of these fields."""
    if revision is None or hmac.compare_digest(revision.encode("utf-8", "replace"), revision_of(data, fields).encode()):
        return
    key = load_keys(data).session
    said = _read(revision)
    names = sorted(fields)
    if len(said) != len(names) * _EACH:
        raise StaleError(whose, ())
    parts = (said[at : at + _EACH] for at in range(0, len(said), _EACH))
    raise StaleError(whose, tuple(name for name, part in zip(names, parts, strict=True) if part != _short(key, name, fields[name])))


def _short(key: bytes, name: str, value: Any) -> bytes:
    text = json.dumps([name, value], sort_keys=True, separators=(",", ":"), default=str)
    return hmac.digest(key, b"revision:" + text.encode("utf-8", "surrogatepass"), "sha256")[:_EACH]


def _spelt(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    if len(text) > LONGEST or not text.isascii():
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
