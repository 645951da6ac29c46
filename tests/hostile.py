"""Texts as a hostile machine writes them, and the test of whether one is harmless. Shared by all ways by which such a text comes in."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

_PARTS = (
    "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r\n", "\n", "\t", "\x00", "\x7f", "\u202e", "\u2066", "\u200f", "\u061c", "\ufeff",
    "\u2028", "\u00ad", "\U000e0041", "\ue000", "<script>alert(1)</script>", "\"><img src=x>", "[bold red]x[/]", "[link=file:///]",
    "\\x1b", "%0a", "é", "漢", "a", "01-52-54-00-77-00-01", "/",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(_PARTS), st.text(max_size=20)), min_size=1, max_size=12).map("".join)
"""Text with control bytes, marks that turn a line around, HTML, terminal escapes, rich markup and lone pieces of all planes."""

wires = st.one_of(texts.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(min_size=1, max_size=120))
"""The same as bytes, UTF-8 or not."""

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def obeyed(value: Any) -> list[str]:
    """The texts in `value`, however deep, that hold a character which a terminal, a log or a browser would obey and not show."""
    match value:
        case str():
            return [value] if any(unicodedata.category(char) in _OBEYED for char in value) else []
        case dict():
            return [found for pair in value.items() for one in pair for found in obeyed(one)]
        case list() | tuple():
            return [found for one in value for found in obeyed(one)]
    return []
