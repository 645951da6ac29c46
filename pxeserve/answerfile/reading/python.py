"""What the installers' own Python does to texts: encoding, whole numbers, addresses taken apart. Python 2.4 to 2.7, and 3.

Refuses to know any element.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pxeserve.answerfile.dialects.shape import Said

_SCHEME = re.compile(r"[A-Za-z0-9+.-]+")


def not_ascii(text: str) -> Said | None:
    """How Python 2 refuses to encode the text; None when it is ASCII."""
    if text.isascii():
        return None
    first = next(index for index, letter in enumerate(text) if not letter.isascii())
    last = first
    while last + 1 < len(text) and not text[last + 1].isascii():
        last += 1
    what = f"character u'{_escaped(text[first])}' in position {first}" if first == last else f"characters in position {first}-{last}"
    return Said("UnicodeEncodeError", f"'ascii' codec can't encode {what}: ordinal not in range(128)")


def lower(text: str) -> str:
    """Python 2's `lower` of a text that was not encoded: letter by letter."""
    return "".join("i" if letter == "İ" else letter.lower() for letter in text)


def whole_number(text: str) -> int | None:
    """Python 2's `int(text, 0)`; None when it refuses."""
    found = re.fullmatch(r"\s*([+-]?)\s*(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|([1-9]\d*|0+))\s*", text)
    if found is None:
        return None
    sign, *digits = found.groups()
    value = next(int(one, base) for one, base in zip(digits, (16, 8, 2, 10), strict=True) if one is not None)
    return -value if sign == "-" else value


def bad_address(python: int, address: str) -> Said | None:
    """How taking an address apart fails (`urlsplit`); None when it does not."""
    if python == 3:
        try:
            urlsplit(address).hostname  # noqa: B018  what the installer asks for as well
        except ValueError as error:
            return Said("ValueError", str(error))
        return None
    scheme, colon, rest = address.partition(":")
    after = rest if colon and _SCHEME.fullmatch(scheme) else address
    host = re.split(r"[/?#]", after[2:], maxsplit=1)[0] if after.startswith("//") else ""
    return Said("ValueError", "Invalid IPv6 URL") if ("[" in host) != ("]" in host) else None


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
