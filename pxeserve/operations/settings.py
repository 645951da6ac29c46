"""KEY=VALUE words: how single settings are spoken on a command line. Dots lead into tables: `admin-interface.proto=dhcp`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from pxeserve.errors import PxeserveError


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
            raise PxeserveError(f"{word!r} is not KEY=VALUE", fix="for example: primary-disk=sda or admin-interface.proto=dhcp")
        found.append(Setting(keys, value.strip()))
    return found


def put(values: dict[str, Any], setting: Setting) -> None:
    """Set (or take away) one setting in nested `values`, which are changed. Lists and tables are written as in YAML: `[a, b]`."""
    table = values
    for key in setting.keys[:-1]:
        inner = table.get(key)
        inner = dict(inner) if isinstance(inner, dict) else {}
        table[key] = inner
        table = inner
    last = setting.keys[-1]
    if setting.value == "":
        table.pop(last, None)
    else:
        table[last] = _value(setting)


def _value(setting: Setting) -> Any:
    if setting.value[:1] not in ("[", "{"):
        return setting.value
    try:
        return yaml.safe_load(setting.value)
    except yaml.YAMLError:
        raise PxeserveError(f"{'.'.join(setting.keys)}: {setting.value!r} is neither text nor a list such as [a, b]") from None
