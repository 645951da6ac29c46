"""Reads an answerfile that somebody is still at work on: what is not said yet stops the installer, and is no reason to see nothing of the
rest.

Where the installer would stop for want of an element or of an attribute, one that stands for "not said yet" is put there and the file is
read again; what came of it is taken out of the answers at the end. Refuses to go on at anything else that the installer stops at.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import Document, Node, Piece
from pxeserve.answerfile.reading import read
from pxeserve.answerfile.reading.refusal import Cause

_UNSAID = "~not~said~yet~"
"""Short enough for the name of an interface (IFNAMSIZ), which is what some installers look up."""

_MOST = 24
"""Things that one file may lack; the worst lacks ten."""

_STAND_INS = {"proto": "dhcp", "type": "url"}
"""Attributes that may be not said yet, and what lets the installer go on. A missing type is taken for url, which it will be."""

_ATTRIBUTES = {"admin-interface": {"name": _UNSAID, "proto": "dhcp"}, "source": {"type": "url"}}
"""What an element that stands for none has to say."""


def sketched(document: Document, dialect: Dialect) -> Answers | None:
    """The answers of a file, as far as they are said; None when its installer stops at something other than what is not said yet.

    `document` is changed: give it one that nobody else reads."""
    unsaid: set[str] = set()
    for _ in range(_MOST):
        found = read(document, dialect)
        if found.answers is not None:
            return _said(found.answers, unsaid)
        refusal = found.refusal
        if refusal is None or refusal.name is None:
            return None
        if refusal.cause is Cause.MISSING:
            document = _with(document, dialect, refusal.node, refusal.name)
        elif refusal.cause is Cause.ATTRIBUTE and refusal.name in _STAND_INS:
            refusal.node.attributes = {**refusal.node.attributes, refusal.name: _STAND_INS[refusal.name]}
            unsaid.add(refusal.name)
        else:
            return None
    return None


def _with(document: Document, dialect: Dialect, place: Node, name: str) -> Document:
    """The document with the element that the installer missed."""
    element = dialect.element_named(name)
    said = _ATTRIBUTES.get(element.key, {}) if element is not None else {}
    node = Node(name, said, place.line, place.column, place.start, place, place.end, [], [Piece(_UNSAID, False)], _UNSAID)
    place.children.append(node)
    return replace(document, nodes=(*document.nodes, node))


def _said(answers: Answers, unsaid: set[str]) -> Answers:
    """The answers without what stood for none."""
    kept = {one.name: _kept(getattr(answers, one.name)) for one in fields(answers)}
    nic = kept.get("admin_interface")
    if nic is not None and "proto" in unsaid:
        kept["admin_interface"] = replace(nic, proto=None)
    return Answers(**{name: value for name, value in kept.items() if value is not None})


def _kept(value: Any) -> Any:
    """A value; None for one that was never said. A table goes when what names it does, else only the key."""
    if isinstance(value, str) and not _is_said(value):
        return None
    if isinstance(value, tuple):
        return tuple(kept for one in value if (kept := _kept(one)) is not None)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    if any(isinstance(said := getattr(value, name, None), str) and not _is_said(said) for name in ("device", "name", "address", "text")):
        return None
    return replace(value, **{one.name: _kept(getattr(value, one.name)) for one in fields(value)})


def _is_said(text: str) -> bool:
    return _UNSAID not in text
