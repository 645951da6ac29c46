"""What the path of a URL names: a medium and a file in it, or a file of a network boot. Pure; refuses to know whether it is there.

Segments are parted before they are decoded, and decoded once: an encoded slash never becomes a separator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from pxeserve.handout import names
from pxeserve.handout.names import Asked, What

PREFIX = "/media/"

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Address:
    """A medium's name, and the path of a file beneath its folder, both decoded. Bytes that are not UTF-8 are surrogate-escaped.

    `folder` is set when the path ends with a slash or names the medium alone.
    """

    medium: str
    path: str
    folder: bool


@lru_cache(maxsize=2048)
def address(path: str) -> Address | None:
    """What `path` (as sent, beginning with `/media/`) names. None for what no file of ours is called: `..`, NUL, an encoded slash."""
    if not path.startswith(PREFIX) or _BROKEN.search(path):
        return None
    parts = path[len(PREFIX) :].split("/")
    names = [unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in parts]
    if not names[0] or any(name == ".." or "/" in name or "\0" in name for name in names):
        return None
    inner = [name for name in names[1:] if name not in ("", ".")]
    return Address(names[0], "/".join(inner), folder=not inner or names[-1] in ("", "."))


def payload(path: str) -> Asked | None:
    """The file of a boot's payload that `path` (as sent) names and that is sent as it lies; None for anything else."""
    if _BROKEN.search(path):
        return None
    parts = [unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in path.split("/")]
    if any(part == ".." or "/" in part or "\0" in part for part in parts):
        return None
    asked = names.read("/".join(parts))
    return asked if asked.what is What.PAYLOAD and not asked.expanded else None
