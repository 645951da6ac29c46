"""Where in the bytes of an answerfile its tags, attributes and texts stand: for findings that point, and for edits that touch nothing else.

Works upon bytes in which ASCII is ASCII (UTF-8 and its like); of others only the elements' own places are known. Refuses to know what any
element is for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pxeserve.answerfile.document import Document, Node

_NAME = re.compile(rb"[^\s=/><]+")
_ATTRIBUTE = re.compile(rb"\s+([^\s=/><]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CLOSE = re.compile(rb"\s*(/?)>")
_REST = re.compile(rb"[\x80-\xbf]")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Written:
    """An attribute as it stands: the byte before the white space in front of it, its name's first byte and the one after it, and the same
    of its value, without the quotes; `end` is after the closing quote."""

    before: int
    name: int
    name_end: int
    value: int
    value_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag: its name from `name` to `name_end`, and the byte after its `>`. `empty`: it is its own end tag."""

    name: int
    name_end: int
    attributes: Mapping[str, Written]
    end: int
    empty: bool


class Places:
    """The places within one document."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self._tags: dict[Node, Tag | None] = {}
        self.editable = is_utf_8(document)
        self._plain = self.editable or not (document.text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in document.text[:4])

    def of(self, node: Node, attribute: str | None = None) -> tuple[int, int]:
        """Line and column of an element, or of one of its attributes where that can be told."""
        tag = self.tag(node) if attribute is not None else None
        written = tag.attributes.get(attribute) if tag is not None and attribute is not None else None
        return (node.line, node.column) if written is None else self.at(written.name)

    def of_text(self, node: Node) -> tuple[int, int]:
        """Line and column at which the text of an element begins, white space passed over; the element's own when it has none."""
        tag = self.tag(node)
        if tag is None or tag.empty or node.end <= tag.end:
            return node.line, node.column
        inside = self.text[tag.end : node.end]
        return self.at(tag.end + len(inside) - len(inside.lstrip())) if inside.strip() else (node.line, node.column)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte, both from 1; a column is a character."""
        line = bisect_right(self._lines, offset)
        begin = self._lines[line - 1]
        rest_of_letters = bisect_left(self._rests, offset) - bisect_left(self._rests, begin)
        return line, 1 + offset - begin - rest_of_letters

    @cached_property
    def _lines(self) -> list[int]:
        """The first byte of each line."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    @cached_property
    def _rests(self) -> list[int]:
        """The bytes that are not the first of their letter."""
        return [found.start() for found in _REST.finditer(self.text)] if self.editable else []

    def tag(self, node: Node) -> Tag | None:
        """The start tag of an element; None where bytes are no ASCII."""
        if node not in self._tags:
            self._tags[node] = self._scanned(node) if self._plain else None
        return self._tags[node]

    def content(self, node: Node) -> tuple[int, int] | None:
        """First byte and end of an element's content, of one that holds nothing but text (CDATA sections count as text); else None."""
        tag = self.tag(node)
        if tag is None or tag.empty or node.children:
            return None
        inside = self.text[tag.end : node.end]
        return None if b"<!--" in inside or b"<?" in inside else (tag.end, node.end)

    def whole(self, node: Node) -> tuple[int, int] | None:
        """First byte of an element and the one after its end tag, with the white space in front of it where it has a line of its own."""
        tag = self.tag(node)
        if tag is None:
            return None
        end = tag.end if tag.empty else self.text.index(b">", node.end) + 1
        line = self.text.rfind(b"\n", 0, node.start)
        alone = line >= 0 and not self.text[line : node.start].strip() and self.text[end : end + 1] in (b"\n", b"\r")
        return (line if alone else node.start), end

    def _scanned(self, node: Node) -> Tag | None:
        name = _NAME.match(self.text, node.start + 1)
        if name is None:
            return None
        attributes, at = {}, name.end()
        while found := _ATTRIBUTE.match(self.text, at):
            group = 2 if found[2] is not None else 3
            attributes[found[1].decode("utf-8", "replace")] = Written(
                at, found.start(1), found.end(1), found.start(group), found.end(group), found.end()
            )
            at = found.end()
        close = _CLOSE.match(self.text, at)
        return None if close is None else Tag(name.start(), name.end(), attributes, close.end(), bool(close[1]))


def is_utf_8(document: Document) -> bool:
    """Whether its bytes are UTF-8, or ASCII, so that they may be edited."""
    if (document.encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
        return False
    try:
        return "\0" not in document.text.decode()
    except UnicodeDecodeError:
        return False
