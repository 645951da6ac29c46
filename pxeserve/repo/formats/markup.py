"""XML from a medium, read as the hostile input that it is: bounded, without entities, network or document types, and with places.

Refuses every DOCTYPE with its line, since entities could pull in anything and grow to anything (threat T13). Knows exactly where each
element and attribute begins, which the parser below does not tell. Refuses to know what any element means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from pxeserve.repo.formats.fault import FormatError


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a document, levels of nesting, and elements."""

    size: int
    depth: int
    elements: int


SMALL = Limits(256 << 10, 32, 2_000)
"""What describes one thing: XS-REPOSITORY, update.xml, repomd.xml."""

LISTS = Limits(4 << 20, 32, 20_000)
"""What lists packages: XS-PACKAGES, comps."""

_START = re.compile(r"<([^\s/>!?][^\s/>]*)")
_HIDDEN = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)


class Document:
    """One parsed document. `root` is its outermost element; faults are made with `wrong`, which knows the place."""

    def __init__(self, text: bytes, file: str, limits: Limits) -> None:
        """Raises FormatError for what is too large, too deep, not UTF-8, not XML, or has a DOCTYPE."""
        self.file = file
        self._source = checked(text, file, limits.size)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
            encoding="utf-8",
        )  # fmt: skip
        try:
            self.root = etree.fromstring(self._source.encode(), parser)
        except etree.XMLSyntaxError as error:
            raise not_xml(error, file) from None
        self._starts: dict[etree._Element, int] | None = None
        for number, (node, depth) in enumerate(_walk(self.root), 1):
            if depth > limits.depth:
                raise self.wrong(node, f"elements nested more than {limits.depth} deep")
            if number > limits.elements:
                raise self.wrong(node, f"more than {limits.elements} elements")

    def wrong(self, node: etree._Element, message: str, attribute: str = "") -> FormatError:
        """A fault at the beginning of `node`, or at one of its attributes."""
        offset = self._start(node)
        if attribute:
            tag = self._source[offset : self._source.find(">", offset)]
            found = re.search(rf"\s{re.escape(attribute)}\s*=\s*", tag)
            offset += found.start() + 1 if found else 0
        line = self._source.count("\n", 0, offset) + 1
        return FormatError(self.file, line, offset - self._source.rfind("\n", 0, offset), message)

    def line(self, node: etree._Element) -> int:
        """The line on which `node` begins, from 1."""
        return self._source.count("\n", 0, self._start(node)) + 1

    def _start(self, node: etree._Element) -> int:
        """Every start tag in the source, in its order, belongs to the element of the same order."""
        if self._starts is None:
            shown = _HIDDEN.sub(lambda hidden: " " * len(hidden[0]), self._source)
            offsets = (found.start() for found in _START.finditer(shown))
            self._starts = dict(zip(self.root.iter(etree.Element), offsets, strict=False))
        return self._starts.get(node, 0)


def checked(text: bytes, file: str, most: int) -> str:
    """`text` as characters. Raises FormatError when it has more than `most` bytes, is not UTF-8, or has a DOCTYPE."""
    if len(text) > most:
        raise FormatError(file, 1, 1, f"{len(text)} bytes, and more than {most} are not read")
    try:
        source = text.removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - text.rfind(b"\n", 0, error.start)
        raise FormatError(file, line, column, f"not XML in UTF-8: byte 0x{text[error.start]:02x}") from None
    doctype = _doctype(source)
    if doctype is not None:
        line = source.count("\n", 0, doctype) + 1
        column = doctype - source.rfind("\n", 0, doctype)
        raise FormatError(file, line, column, "a DOCTYPE: entities could pull in anything, so none is read; delete it")
    return source


def not_xml(error: etree.XMLSyntaxError, file: str) -> FormatError:
    """The parser's complaint as a fault."""
    line, column = error.position
    return FormatError(file, max(line or 1, 1), max(column or 1, 1), f"not XML: {str(error.msg).splitlines()[0] if error.msg else 'empty'}")


def short(tag: object) -> str:
    """An element's name without its namespace."""
    return str(tag).rpartition("}")[2]


def _doctype(source: str) -> int | None:
    """Where a DOCTYPE begins in front of the outermost element, where alone it can stand; None for none."""
    offset = 0
    while True:
        rest = source[offset : offset + 9]
        if rest[:1].isspace():
            offset += 1
        elif rest.startswith(("<?", "<!--")):
            mark = "?>" if rest.startswith("<?") else "-->"
            end = source.find(mark, offset)
            if end < 0:
                return None
            offset = end + len(mark)
        else:
            return offset if rest.startswith("<!") else None


def _walk(root: etree._Element) -> list[tuple[etree._Element, int]]:
    found, waiting = [], [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        found.append((node, depth))
        waiting += [(child, depth + 1) for child in reversed(node) if isinstance(child.tag, str)]
    return found
