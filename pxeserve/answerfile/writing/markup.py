"""Writes XML for parsers of any age: ASCII bytes, values tight between their tags, everything else as character references.

Refuses to know what any element is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


@dataclass(frozen=True, slots=True)
class Element:
    """An element to write: it has a text, or children, or neither. An attribute of None is left out."""

    name: str
    text: str = ""
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    children: Sequence[Element] = ()


def document(root: Element, note: str | None) -> bytes:
    """The whole file, with `note` as its first comment."""
    lines = ['<?xml version="1.0"?>']
    if note is not None:
        lines.append(f"<!-- {_comment(note)} -->")
    _lines(root, "", lines)
    return ("\n".join(lines) + "\n").encode("ascii", "xmlcharrefreplace")


def yes_no(value: bool | None) -> str | None:
    """A boolean as every generation reads it; None stays none."""
    return None if value is None else ("yes" if value else "no")


def _lines(element: Element, indent: str, lines: list[str]) -> None:
    said = "".join(f' {key}="{value.translate(_ATTRIBUTE)}"' for key, value in element.attributes.items() if value is not None)
    if element.children:
        lines.append(f"{indent}<{element.name}{said}>")
        for child in element.children:
            _lines(child, indent + "  ", lines)
        lines.append(f"{indent}</{element.name}>")
    elif element.text:
        lines.append(f"{indent}<{element.name}{said}>{element.text.translate(_TEXT)}</{element.name}>")
    else:
        lines.append(f"{indent}<{element.name}{said}/>")


def _comment(note: str) -> str:
    """`note` as a comment can hold it: no two hyphens in a row, none at the end, nothing that XML has no place for."""
    printable = "".join(char if char.isprintable() else " " for char in note)
    while "--" in printable:
        printable = printable.replace("--", "- -")
    return printable.removesuffix("-")
