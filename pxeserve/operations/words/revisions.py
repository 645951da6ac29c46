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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys

_NAME, _VALUE = 3, 4
"""Bytes for a field's name and for its value: of two changes one in four thousand millions is missed."""
LONGEST = 4000
"""Characters of a revision at most."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something last, and when (epoch seconds)."""

    who: str
    at: float


def unknown() -> Change | None:
    """Where it is not known who did."""
    return None


class StaleError(PxeserveError):
    """The thing is another one by now than whoever asks believes; `changed` are the fields that are, `last` its last change, as far as the
    audit tells it."""

    def __init__(self, whose: str, changed: tuple[str, ...], last: Change | None = None) -> None:
        said = (
            f"{whose} was changed by somebody else since you read it: {', '.join(changed)}" if changed else f"{whose} was never like that"
        )
        if last is not None:
            said = f"{said} (last by {last.who}, {datetime.fromtimestamp(last.at, UTC):%Y-%m-%d %H:%M} UTC)"
        super().__init__(said, code="stale", fix="read it again, and change it as it is now")
        self.changed = changed
        self.last = last


def revision_of(data: Path, fields: Mapping[str, Any]) -> str:
    """The revision of something with these fields, secrets and all; `data` is the service's folder, with its keys."""
    return _spelt(b"".join(name + value for name, value in sorted(_shortened(data, fields).items())))


def refuse_stale(
    data: Path, whose: str, fields: Mapping[str, Any], revision: str | None, last: Callable[[], Change | None] = unknown
) -> None:
    """Raise StaleError when `revision` was said and is not that of these fields; `last` is asked for who changed it last."""
    if revision is None or hmac.compare_digest(revision.encode("utf-8", "replace"), revision_of(data, fields).encode()):
        return
    said = _read(revision)
    key = load_keys(data).session
    now = {_short(key, name, _NAME): (name, _short(key, [name, value], _VALUE)) for name, value in _flat(fields).items()}
    changed = sorted({name for short, (name, value) in now.items() if said.get(short) != value})
    gone = ["something that is gone now"] if said.keys() - now.keys() else []
    raise StaleError(whose, (*changed, *gone) if said else (), last())


def _shortened(data: Path, fields: Mapping[str, Any]) -> dict[bytes, bytes]:
    key = load_keys(data).session
    return {_short(key, name, _NAME): _short(key, [name, value], _VALUE) for name, value in _flat(fields).items()}


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields one level deep: each answer counts by itself."""
    found: dict[str, Any] = {"": ""}  # so that nothing at all has a revision too
    for name, value in fields.items():
        found |= {f"{name}.{inner}": one for inner, one in value.items()} if isinstance(value, Mapping) else {name: value}
    return found


def _short(key: bytes, value: Any, length: int) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hmac.digest(key, b"revision:" + text.encode("utf-8", "surrogatepass"), "sha256")[:length]


def _spelt(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read(text: str) -> dict[bytes, bytes]:
    """The fields that a revision tells of; none for what is no revision."""
    if len(text) > LONGEST or not text.isascii():
        return {}
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return {}
    each = _NAME + _VALUE
    if len(found) % each:
        return {}
    parts = (found[at : at + each] for at in range(0, len(found), each))
    return {part[:_NAME]: part[_NAME:] for part in parts}
