"""Edits that rules propose: a value, a name, an element, and nothing around it. Each gives () where the bytes cannot be told apart.

Refuses to know why.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Edit
from pxeserve.answerfile.places import Places

Edits = tuple[Edit, ...]

_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_SPECIAL = re.compile(rb"[&<>]")
_WRITTEN = {b"&": "&amp;", b"<": "&lt;", b">": "&gt;"}


def text(places: Places, node: Node, value: str) -> Edits:
    """The text of an element becomes `value`."""
    span = places.content(node)
    return () if span is None else (Edit(*span, escape(value)),)


def tight(places: Places, node: Node) -> Edits:
    """The white space around the text of an element goes; its own letters are not touched."""
    span = places.content(node)
    if span is None:
        return ()
    inside = places.text[span[0] : span[1]]
    begin, end = span[0] + len(inside) - len(inside.lstrip()), span[0] + len(inside.rstrip())
    return tuple(edit for edit in (Edit(span[0], begin, ""), Edit(end, span[1], "")) if edit.start < edit.end and begin <= end)


def begin(places: Places, node: Node, old: str, new: str) -> Edits:
    """The text of an element begins with `new`, where it begins with `old` ("": before its first letter)."""
    span = places.content(node)
    if span is None:
        return ()
    inside = places.text[span[0] : span[1]]
    at = span[0] + len(inside) - len(inside.lstrip())
    return (Edit(at, at + len(old), new),) if places.text.startswith(old.encode(), at) else ()


def no_cdata(places: Places, node: Node) -> Edits:
    """CDATA sections become plain text: their marks go, and what XML has a meaning for is written out."""
    span = places.content(node)
    if span is None:
        return ()
    made = []
    for section in _CDATA.finditer(places.text, *span):
        made.append(Edit(section.start(), section.start(1), ""))
        made.extend(Edit(at.start(), at.end(), _WRITTEN[at[0]]) for at in _SPECIAL.finditer(places.text, section.start(1), section.end(1)))
        made.append(Edit(section.end(1), section.end(), ""))
    return tuple(made)


def attribute(places: Places, node: Node, name: str, value: str) -> Edits:
    """An attribute that is there becomes `value`."""
    tag = places.tag(node)
    written = tag.attributes.get(name) if tag else None
    return () if written is None else (Edit(written.value, written.value_end, _inside(value)),)


def add_attribute(places: Places, node: Node, name: str, value: str) -> Edits:
    """An attribute that is not there is added."""
    tag = places.tag(node)
    return () if tag is None or name in node.attributes else (Edit(tag.name_end, tag.name_end, f" {name}={quoteattr(value)}"),)


def rename_attribute(places: Places, node: Node, name: str, new: str) -> Edits:
    """An attribute gets another name, unless that one is there already."""
    tag = places.tag(node)
    written = tag.attributes.get(name) if tag else None
    return () if written is None or new in node.attributes else (Edit(written.name, written.name_end, new),)


def rename(places: Places, node: Node, new: str) -> Edits:
    """An element gets another name."""
    tag = places.tag(node)
    if tag is None:
        return ()
    start = Edit(tag.name, tag.name_end, new)
    return (start,) if tag.empty else (start, Edit(node.end + 2, node.end + 2 + tag.name_end - tag.name, new))


def remove(places: Places, node: Node) -> Edits:
    """An element goes, with its line if it has one of its own."""
    span = places.whole(node)
    return () if span is None else (Edit(*span, ""),)


def to_element(places: Places, node: Node, name: str, new: str) -> Edits:
    """An attribute becomes an element within the one that has it."""
    tag = places.tag(node)
    written = tag.attributes.get(name) if tag else None
    if tag is None or written is None:
        return ()
    gone = Edit(written.before, written.end, "")
    made = f"<{new}>{escape(node.attributes[name])}</{new}>"
    if not tag.empty:
        return gone, Edit(tag.end, tag.end, made)
    return gone, Edit(tag.end - 2, tag.end, f">{made}</{node.name}>")


def to_attribute(places: Places, node: Node, owner: Node, name: str) -> Edits:
    """An element becomes an attribute of one that stands before it, unless that has it already."""
    added, removed = add_attribute(places, owner, name, node.text.strip()), remove(places, node)
    return (*added, *removed) if added and removed and not node.children else ()


def _inside(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
