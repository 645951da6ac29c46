"""KEY=VALUE words: how single settings are spoken on a command line. Dots lead into tables: `admin-interface.proto=dhcp`.

`KEY+=VALUE` adds to a list, `KEY=` takes away what was said here, and `KEY=null` says that nothing is to be inherited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxeserve.answerfile.declared.values import without_password
from pxeserve.answerfile.inheritance import SHORT
from pxeserve.errors import PxeserveError
from pxeserve.operations.words.bounded import DeclaredError, load


@dataclass(frozen=True, slots=True)
class Setting:
    """One word taken apart; an empty `value` takes the key away."""

    keys: tuple[str, ...]
    value: str


def settings(words: list[str]) -> list[Setting]:
    """The words as settings. Raises PxeserveError naming the word."""
    found: list[Setting] = []
    for word in words:
        key, equals, value = word.partition("=")
        keys = tuple(key.strip().split("."))
        if not equals or not all(keys):
            shown = "root-password..." if word.startswith("root-password") else without_password(word)   # a secret is not repeated
            raise PxeserveError(f"{shown!r} is not KEY=VALUE", fix="for example: primary-disk=sda or admin-interface.proto=dhcp")
        found.append(Setting(keys, value.strip()))
    return found


def put(values: dict[str, Any], setting: Setting) -> None:
    """Set (or take away) one setting in nested `values`, which are changed. Lists and tables are written as in YAML: `[a, b]`.

    `KEY+` adds to the list that stands here, or, where none does, to what these values add to an inherited one.
    """
    table = values
    for key in setting.keys[:-1]:
        inner = table.get(key)
        inner = dict(inner) if isinstance(inner, dict) else {SHORT[key]: inner} if key in SHORT and isinstance(inner, str) else {}
        table[key] = inner
        table = inner
    last = setting.keys[-1]
    name = last.removesuffix("+")
    if setting.value == "":
        table.pop(last, None)
    elif last != name:
        key = name if table.get(name) is not None else last
        table[key] = [*_listed(table.get(key)), *_listed(_value(setting))]
    else:
        table.pop(f"{name}+", None)
        table[name] = _value(setting)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _value(setting: Setting) -> Any:
    if setting.value == "null":
        return None
    if setting.value[:1] not in ("[", "{"):
        return setting.value
    try:
        return load(setting.value)
    except DeclaredError:
        said = "what was said" if "password" in setting.keys[0] else without_password(repr(setting.value))   # a secret is not repeated
        raise PxeserveError(f"{'.'.join(setting.keys)}: {said} is neither text nor a list such as [a, b]") from None
