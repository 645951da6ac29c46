"""Where something is to be fetched from, as people write it, before anything is begun and written down for it."""

from __future__ import annotations

import re

from pxeserve.errors import RefusedError

_LOGIN = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:/*[^/\s]*|[^/\s:@]+:[^/\s@]+)@")
"""A user, with or without a password, before the name of a server: of an address, or of NAS:/folder."""


def without_login(source: str) -> str:
    """`source` as it is. Raises RefusedError, which does not repeat it, where somebody's name and password stand in it."""
    if _LOGIN.match(source):
        raise RefusedError("an address with a password in it would be kept in plain text", fix="fetch the file yourself, and import it")
    return source
