"""A form of one generation's answers, and the names that an editor of its files completes: both drawn from the dialect's data.

Refuses to know how a form looks, and what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxeserve.answerfile.catalogue.fields import FIELDS, GROUPS, Column, Field, Kind
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Element, Holds, Otherwise, Value
from pxeserve.answerfile.inheritance import SHORT
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.answerfile.writing.facts import facts

_OTHERWISE = {
    Otherwise.KEPT: "anything is taken unchecked",
    Otherwise.REFUSED: "any other word stops the installer",
    Otherwise.IGNORED: "any other word is ignored",
    Otherwise.NO: "any other word means no",
    Otherwise.IDLE: "any other word is taken, without effect",
}
_COUNTS = {
    Counts.LONE: "of two, none counts", Counts.ONE: "two are refused", Counts.NEVER: "never taken: a fault of the installer's",
}  # fmt: skip
_SHORT = frozenset(f"{table}.{key}" for table, key in SHORT.items())
"""Paths whose value may stand for the whole table."""

_LEGACY = {"scripts": "post-install-script"}
"""What a generation reads that has no element of the newer name."""


def form(dialect: Dialect) -> list[dict[str, Any]]:
    """Groups of fields, in the order in which people are asked. Every field of every generation is there: of one that this one does not
    read `known` is false, and `why` says so."""
    fields: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for one in FIELDS:
        fields[one.group].append(_field(dialect, one))
    return [{"name": group, "fields": found} for group, found in fields.items()]


def completions(dialect: Dialect) -> list[dict[str, Any]]:
    """Every element with its spellings, attributes, words and what it means; the outermost first."""
    roots = dialect.roots or ("installation", "upgrade", "restore")
    tops = [name for one in dialect.elements.values() if one.parent is None for name in one.names]
    root = {"top": True, "children": tops, "attributes": _attributes(dialect.root), "words": [], "means": dialect.root.means}
    inner = [
        {
            "name": name,
            "top": False,
            "children": [spelt for child in dialect.elements.values() if child.parent == one.key for spelt in child.names],
            "attributes": _attributes(one),
            "words": _words(one.text),
            "means": one.means,
        }
        for one in dialect.elements.values()
        for name in one.names
    ]
    return [*({"name": name, **root} for name in roots), *inner]


def _attributes(element: Element) -> list[dict[str, Any]]:
    return [{"name": name, "words": _words(one.value), "means": one.means} for one in element.attributes for name in one.names]


def _words(value: Value | None) -> list[str]:
    if value is None:
        return []
    return ["yes", "no"] if value.holds is Holds.YES_NO else [word for word in value.words if word]


def _field(dialect: Dialect, field: Field) -> dict[str, Any]:
    element, attribute = _read(dialect, field)
    known = not field.element or (element is not None and (field.attribute is None or attribute is not None))
    value = attribute.value if attribute is not None else element.text if element is not None else None
    element_key = element.key if element is not None and element is not dialect.root else ""
    return {
        "path": field.path,
        "label": field.label,
        "kind": str(field.kind),
        "element": element.names[0] if element is not None and element.names else field.element,
        "attribute": attribute.names[0] if attribute is not None else field.attribute,
        "known": known,
        "why": "" if known else _elsewhere(dialect, field),
        "help": _help(dialect, field),
        "installer": list(_said(element, attribute, value)) if known else [],
        "words": _words_of(dialect, field, value) if known else list(field.words),
        "default": (value.default or "") if known and value is not None else "",
        "modes": sorted(map(str, _modes(dialect, field, element_key))),
        "short": field.path in _SHORT,
        "required": _required(dialect, field, element) if known else [],
        "example": field.example,
        "columns": [_column(dialect, field, one) for one in field.columns],
    }


def _help(dialect: Dialect, field: Field) -> str:
    """What it means: in the words of this generation, or of the newest that reads it."""
    if field.about:
        return field.about
    for one in (dialect, *reversed(DIALECTS.values())):
        element, attribute = _read(one, field)
        means = attribute.means if attribute is not None else element.means if element is not None and field.attribute is None else ""
        if means:
            return f"{means[0].upper()}{means[1:].rstrip('.')}."
    return ""


def _elsewhere(dialect: Dialect, field: Field) -> str:
    """That it is not read here, and where it is."""
    part = 1 if field.attribute is not None else 0
    readers = [one.name for one in DIALECTS.values() if _read(one, field)[part] is not None]
    return f"installers of {dialect.name} do not read it" + (f"; those of {', '.join(readers)} do" if readers else "")


def _required(dialect: Dialect, field: Field, element: Element | None) -> list[str]:
    """The modes that are refused without it, whatever else is said."""
    if element is None or element is dialect.root or element.parent is not None or field.attribute is not None or field.path == "sources":
        return []
    return [str(mode) for mode in dialect.requiring(element.key)]


def _column(dialect: Dialect, field: Field, column: Column) -> dict[str, Any]:
    element = dialect.elements.get(field.element)
    optional = column.key in ("repo-gpgcheck", "gpgcheck", "dcb")
    known = not optional or (element is not None and element.attribute(column.key) is not None)
    return {"key": column.key, "label": column.label, "kind": str(column.kind), "words": list(column.words), "known": known}


def _read(dialect: Dialect, field: Field) -> tuple[Element | None, Attribute | None]:
    """The element that says it in this generation, and the attribute of it."""
    if field.element == "installation":
        return dialect.root, dialect.root.attribute(field.attribute or "")
    element = dialect.elements.get(field.element) or dialect.elements.get(_LEGACY.get(field.path, ""))
    return element, element.attribute(field.attribute) if element is not None and field.attribute is not None else None


def _modes(dialect: Dialect, field: Field, key: str) -> frozenset[Any]:
    """The modes in which it is read; those of all where that is not told."""
    known = facts(dialect).modes
    return known.get(field.path, known.get(key, frozenset())) or frozenset(dialect.modes)


def _words_of(dialect: Dialect, field: Field, value: Value | None) -> list[str]:
    """The words that can be declared and said to this generation."""
    if field.kind is Kind.PASSWORD:
        return ["random", "hash"] if facts(dialect).has(field.element, "type") else ["random"]
    if field.path == "scripts":
        return [str(stage) for stage in GENERATIONS[dialect.name].stages] if dialect.name in GENERATIONS else list(field.words)
    return [word for word in field.words if _may(word, value)]


def _may(word: str, value: Value | None) -> bool:
    """Whether a word can be said to this generation. A choice that a file says otherwise (yes and no) is not among its words."""
    if value is None or not value.words or value.holds is Holds.YES_NO:
        return True
    return word in value.words


def _said(element: Element | None, attribute: Attribute | None, value: Value | None) -> Iterator[str]:
    """What the installer makes of it, a phrase each."""
    if value is not None and value.words:
        words = ["yes, true: any other word means no"] if value.holds is Holds.YES_NO else [", ".join(one for one in value.words if one)]
        yield from words
        if value.holds is not Holds.YES_NO:
            yield _OTHERWISE[value.otherwise]
    elif value is not None and value.holds is not Holds.PASSWORD:
        yield f"{value.holds}, {_OTHERWISE[Otherwise.KEPT]}"
    if value is not None and value.note:
        yield value.note
    if value is not None:
        yield from (f"{word}: {why}" for word, why in value.idle.items())
    if attribute is None and element is not None:
        yield from (one for one in (_COUNTS.get(element.counts, ""), element.note) if one)
        if element.lab:
            yield "a hook of the vendor's lab"
