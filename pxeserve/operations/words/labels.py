"""How racks, tags and serial numbers are spelt: words that can stand on a command line, in a spreadsheet and on
a page without being quoted.

Refuses to know which hosts carry them; that is `selection`.
"""

from __future__ import annotations

import re
from typing import Any

from pxeserve.domain import serial
from pxeserve.errors import PxeserveError

_RACK = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,61}[A-Za-z0-9])?", re.ASCII)
_TAG = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}", re.ASCII)
MOST_TAGS = 32


def rack_name(text: str) -> str:
    """The name of a rack as it was written, spaces around it taken away. Raises PxeserveError."""
    found = text.strip()
    if not _RACK.fullmatch(found):
        raise PxeserveError(f"rack: {text!r} is not a name for a rack: letters, digits, spaces and . _ - / within, 63 at most")
    return found


def serial_number(text: str) -> str:
    """A machine's serial number as its label says it. Raises PxeserveError for what no label says, or all labels of a bad series."""
    found = serial.spelt(text)
    if found is None:
        said = f"plain letters, digits and signs on one line, {serial.LONGEST} at most"
        raise PxeserveError(f"serial: {text!r} is not a serial number: {said}")
    if serial.says_nothing(found):
        raise PxeserveError(f"serial: {found} says nothing: whole series of boards carry it", fix="leave it out")
    return found


def tag_names(value: Any) -> tuple[str, ...]:
    """Tags out of a list, or of a text in which commas part them: lower case, each once, by name. Raises PxeserveError."""
    words = value if isinstance(value, list | tuple) else [] if value is None else str(value).split(",")
    found = {str(word).strip().lower() for word in words} - {""}
    for one in sorted(found):
        if not _TAG.fullmatch(one):
            raise PxeserveError(f"tags: {one!r} is not a tag: letters, digits and . _ - within, 32 at most")
    if len(found) > MOST_TAGS:
        raise PxeserveError(f"tags: {len(found)} of them; a host has {MOST_TAGS} at most")
    return tuple(sorted(found))
