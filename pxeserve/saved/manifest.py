"""What an archive of a site says of itself: the first thing in it, and all that may be in it. Refuses to know how bytes are packed.

A name outside the folders below is refused, and so is anything that is not listed here with its size and sum: it comes from outside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pxeserve.errors import PxeserveError
from pxeserve.store.database import HEADS

FORMAT = 1
"""Raised when an older release would misread what is written."""
NAME = "manifest.json"
CONFIGURATION = "configuration.toml"
FOLDERS = ("state", "keys", "templates")
"""What an archive holds of a data folder, and replaces as a whole."""
DATABASES = tuple(f"state/{group}.db" for group in HEADS)
NEEDED = (*DATABASES, "keys/seal.key", "keys/session.key")
LARGEST = 8 << 20
"""Bytes of a manifest."""
MOST_MEMBERS = 10_000
MOST_BYTES = 64 << 30
"""Bytes of all members together."""
LONGEST_MEMBER = (8 << 30) - 1
"""What the size in a head of ustar can say (POSIX.1-2017, pax, ustar)."""

_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_. +@-]{0,98}"
_ALLOWED = re.compile(rf"{CONFIGURATION}|keys/{_PLAIN}|templates(/{_PLAIN}){{1,8}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive: `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An archive: which release made it and when (epoch seconds), the schema of each group, its files, and `without`: what belongs to the
    site and is not in it, by kind, for whoever has to bring it again."""

    release: str
    made_at: float
    schemas: Mapping[str, str]
    members: tuple[Member, ...]
    without: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    format: int = FORMAT

    def encode(self) -> bytes:
        """As it stands in the archive."""
        return json.dumps(asdict(self), indent=1).encode()

    @property
    def bytes(self) -> int:
        """Of all members together."""
        return sum(member.size for member in self.members)


class _Member(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(max_length=255)
    size: int = Field(ge=0, le=LONGEST_MEMBER)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    format: int
    release: str = Field(max_length=60)
    made_at: float
    schemas: dict[str, str]
    members: list[_Member] = Field(max_length=MOST_MEMBERS)
    without: dict[str, list[dict[str, Any]]]


def is_allowed(name: str) -> bool:
    """Whether a file of this name may be in an archive."""
    return name in DATABASES or _ALLOWED.fullmatch(name) is not None


def decode(text: bytes) -> Manifest:
    """The manifest in `text`. Raises PxeserveError for one that is not ours, is a newer release's, or names what may not be there."""
    try:
        plain = json.loads(text)
        number = plain.get("format") if isinstance(plain, dict) else None
        if isinstance(number, int) and number > FORMAT:
            release = str(plain.get("release", ""))[:60]
            raise PxeserveError(
                f"the archive was made by a newer release ({release}, format {number}; this one reads {FORMAT})",
                code="newer", fix=f"install pxeserve {release} or newer, and restore it with that",
            )  # fmt: skip
        found = _Manifest.model_validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        raise spoilt("its list of contents cannot be read") from None
    members = tuple(Member(one.name, one.size, one.sha256) for one in found.members)
    names = [member.name for member in members]
    for name in names:
        if not is_allowed(name):
            raise spoilt(f"it holds {name[:100]!r}, which has no place in a data folder")
    if len(set(names)) != len(names):
        raise spoilt("it holds one name twice")
    if missing := [name for name in NEEDED if name not in names]:
        raise spoilt(f"it lacks {', '.join(missing)}")
    manifest = Manifest(found.release, found.made_at, found.schemas, members, found.without, found.format)
    if manifest.bytes > MOST_BYTES:
        raise PxeserveError(f"the archive says that it holds {manifest.bytes} bytes: {MOST_BYTES} at most", code="too-large")
    return manifest




def spoilt(because: str) -> PxeserveError:
    """That an archive is not what `site save` wrote."""
    return PxeserveError(
        f"this is no whole archive of a site: {because}; nothing was restored",
        code="malformed", fix="take another copy of it, or an older archive: pxeserve site save makes them",
    )  # fmt: skip
