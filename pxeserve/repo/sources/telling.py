"""An address as people are told it: what stands behind its `?` is often the key to the file.

A source that is a path stays as it is. Refuses to know who is told, and how anything is fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pxeserve.answerfile.declared import SHOWN


def told(source: str) -> str:
    """`source`, with `SHOWN` in place of every value of its query, and of its fragment. What is told already stays as it is."""
    if "://" not in source:
        return source
    address, cut, fragment = source.partition("#")
    where, asked, query = address.partition("?")
    pieces = "&".join(_piece(one) for one in query.split("&"))
    return where + (f"?{pieces}" if asked else asked) + (f"#{SHOWN}" if fragment else cut)


def is_hidden(source: str) -> bool:
    """Whether it is an address that was told, of which a part is missing."""
    return "://" in source and SHOWN in source


def known_by(sources: Sequence[str]) -> str:
    """By what the same sources are known again, though only what is told of them is kept: a SHA-256, hex."""
    return hashlib.sha256("\n".join(sources).encode(errors="surrogatepass")).hexdigest()


def _piece(said: str) -> str:
    """One NAME=VALUE; what has no value may be a secret all by itself, with the `=` at its end of base64."""
    name, _, value = said.partition("=")
    return f"{name}={SHOWN}" if value.strip("=") else said and SHOWN
