"""What somebody has to declare so that, on top of what they inherit, certain values come out: inheritance the other way round.

Refuses to know who they are. What a value means is asked of `declared` alone, to see whether two spellings say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pxeserve.answerfile.declared import AnswerError, Declared, read
from pxeserve.answerfile.inheritance import SHORT, TABLES, Layer, Merged, listed, upon


def own(inherited: Mapping[str, Any], wanted: Mapping[str, Any], before: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the layer `name`, which declares `before` now, is to declare so that it comes to `wanted`. What it says already stays as it is
    spelt there; nothing that it inherits is said again. `KEY+` stays one where it still can."""
    found: dict[str, Any] = {}
    for key in _keys(before, wanted, inherited):
        if f"{key}+" in before and (more := _more(inherited.get(key), wanted.get(key))):
            found[f"{key}+"] = more
        elif key in TABLES and not _is_text(key, wanted.get(key)):
            found |= _table(key, inherited.get(key), wanted.get(key), before.get(key))
        elif key not in wanted:
            found |= {key: None} if key in inherited else {}
        elif key in before and same(key, before[key], wanted[key]):
            found[key] = before[key]
        elif key not in inherited or not same(key, inherited[key], wanted[key]):
            found[key] = wanted[key]
    return _without_needless(inherited, wanted, _with_displaced(inherited, wanted, found, name), name)


def comes_to(inherited: Mapping[str, Any], declared: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What `declared` by the layer `name` comes to on top of what it inherits. Raises InheritanceError."""
    return upon(Merged(inherited), Layer(name, declared)).values


def same(key: str, one: Any, other: Any) -> bool:
    """Whether two values of the element `key` say the same, however they are spelt."""
    if one == other:
        return True
    first, second = _meaning(key, one), _meaning(key, other)
    return first is not None and first == second


def _meaning(key: str, value: Any) -> Declared | None:
    try:
        return read({key: value})
    except AnswerError:
        return None


def _keys(*tables: Mapping[str, Any]) -> Iterator[str]:
    yield from dict.fromkeys(key.removesuffix("+") for table in tables for key in table)


def _is_text(key: str, value: Any) -> bool:
    """Whether it is neither a table nor short for one, so that it is refused when it is read."""
    return value is not None and not isinstance(value, Mapping) and not (key in SHORT and isinstance(value, str))


def _long(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    return {SHORT[key]: value} if key in SHORT and isinstance(value, str) else {}


def _more(inherited: Any, wanted: Any) -> list[Any]:
    """What is added to an inherited list; nothing when it does not begin as that one does."""
    below, whole = listed(inherited), listed(wanted)
    return whole[len(below) :] if whole[: len(below)] == below else []


def _table(key: str, inherited: Any, wanted: Any, before: Any) -> dict[str, Any]:
    """The same within a table: only the keys that differ are said."""
    below, whole, said = _long(key, inherited), _long(key, wanted), _long(key, before)
    inner: dict[str, Any] = {}
    for name in _keys(said, whole, below):
        if f"{name}+" in said and (more := _more(below.get(name), whole.get(name))):
            inner[f"{name}+"] = more
        elif name not in whole:
            inner |= {name: None} if name in below else {}
        elif name in said and same(key, {name: said[name]}, {name: whole[name]}):
            inner[name] = said[name]
        elif name not in below or not same(key, {name: below[name]}, {name: whole[name]}):
            inner[name] = whole[name]
    if not inner:
        return {}
    if key in SHORT and list(inner) == [SHORT[key]] and not isinstance(before, Mapping):
        short = inner[SHORT[key]]
        if short is not None or not whole:  # nothing instead of a table takes all of it away
            return {key: short}
    return {key: inner}


def _with_displaced(inherited: Mapping[str, Any], wanted: Mapping[str, Any], found: dict[str, Any], name: str) -> dict[str, Any]:
    """With what was inherited and would go with what is said anew, where it is to stay."""
    after = comes_to(inherited, found, name)
    for key in [key for key, value in found.items() if key in TABLES and value is not None]:
        there, whole = _long(key, after.get(key)), _long(key, wanted.get(key))
        if gone := {inner: value for inner, value in whole.items() if inner not in there}:
            found = {**found, key: {**_long(key, found[key]), **gone}}
    return found


def _without_needless(inherited: Mapping[str, Any], wanted: Mapping[str, Any], found: dict[str, Any], name: str) -> dict[str, Any]:
    """Without the nothings that change nothing: what cannot stand together goes by itself."""
    for key in [key for key, value in found.items() if isinstance(value, Mapping)]:
        for inner in [inner for inner, value in found[key].items() if value is None]:
            less = {**found, key: {other: value for other, value in found[key].items() if other != inner}}
            if _long(key, comes_to(inherited, less, name).get(key)) == _long(key, wanted.get(key)):
                found = less
    return {key: value for key, value in found.items() if value != {}}
