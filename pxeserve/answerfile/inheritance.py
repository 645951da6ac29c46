"""Site, profiles and host on top of each other: what they come to, and from whom each value is.

The rule, element by element: who is nearer to the host wins. Tables (`admin-interface`, `scripts`) are merged key by key. A list replaces
the inherited one; `KEY+` appends to it. Nothing (null) takes away what was inherited. Where one key excludes another, or gives it its
meaning, the inherited other goes with it (`name` and `hwaddr`; an address with the `proto` that it belonged to).

Part of the inventory that serving processes read, so it is small, and refuses to know what any value means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHORT = {"primary-disk": "device", "existing-installation": "device", "bootloader": "kind"}
"""Tables for which a single text may stand, and the key that it means."""

TABLES = (*SHORT, "admin-interface", "services", "scripts", "drivers")

_DISPLACES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "admin-interface": {
        "name": ("hwaddr",),
        "hwaddr": ("name",),
        "proto": ("ipaddr", "subnet", "gateway"),
        "protov6": ("ipv6", "gatewayv6"),
    },
    "primary-disk": {"device": ("mirror",), "mirror": ("device",)},
}
"""What is said anew, and what of the same table that was inherited goes with the old."""


class InheritanceError(ValueError):
    """Layers that cannot be put on top of each other; the message begins with the element."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one of them declares; `name` as people read it: `site`, `profile rack-a`, `host xen01`."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """What layers come to, without `KEY+` and null. `origins` maps each value to the name of its layer: `timezone`,
    `admin-interface.proto`, and `nameservers.0` for the items of a list, counted from 0."""

    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin(self, path: str) -> str | None:
        """Who said the value at `path`, or the list or table that it is part of; None when nobody did."""
        found = self.origins.get(path)
        while found is None and "." in path:
            path = path.rpartition(".")[0]
            found = self.origins.get(path)
        return found


def merged(layers: Iterable[Layer]) -> Merged:
    """All layers, the one that is farthest from the host first. Raises InheritanceError."""
    found = Merged()
    for layer in layers:
        found = upon(found, layer)
    return found


def upon(below: Merged, layer: Layer) -> Merged:
    """`layer` on top of what was merged before. Raises InheritanceError."""
    if not layer.values:
        return below
    values, origins = dict(below.values), dict(below.origins)
    _check(layer.values, "")
    for key, given in layer.values.items():
        name = key.removesuffix("+")
        if key != name:
            values[name] = _appended(name, values.get(name), given, origins, layer.name)
        elif given is None:
            values.pop(name, None)
            _forget(name, origins)
        elif name in TABLES and (table := _table(name, given)) is not None:
            values[name] = _put(name, _table(name, values.get(name)) or {}, table, origins, layer.name)
            if not values[name]:
                del values[name]
        else:
            values[name] = _said(name, given, origins, layer.name)
    return Merged(values, origins)


def _check(given: Mapping[str, Any], where: str) -> None:
    """Refuse what says a list and adds to it in one breath, and an addition that is no list."""
    for key, value in given.items():
        if key.endswith("+"):
            if key.removesuffix("+") in given:
                raise InheritanceError(f"{where}{key}: {key.removesuffix('+')} is said in the same place; say one of the two")
            if where == "" and key.removesuffix("+") in TABLES:
                raise InheritanceError(f"{where}{key}: not a list; a table's keys are added to what is inherited without +")
            if not isinstance(value, list | tuple | str):
                raise InheritanceError(f"{where}{key}: what is added is not a list such as [a, b]")


def _table(name: str, value: Any) -> Mapping[str, Any] | None:
    """`value` as a table; a short text is put into its long form; None for what is neither (and is refused when it is read)."""
    if isinstance(value, str) and name in SHORT:
        return {SHORT[name]: value}
    return value if isinstance(value, Mapping) else None


def _put(name: str, below: Mapping[str, Any], table: Mapping[str, Any], origins: dict[str, str], layer: str) -> dict[str, Any]:
    """A table on top of a table."""
    _check(table, f"{name}.")
    found = dict(below)
    if origins.get(name) is not None:  # it was said in short
        origins[f"{name}.{SHORT[name]}"] = origins.pop(name)
    for key, given in table.items():
        for other in _DISPLACES.get(name, {}).get(key, ()):
            if other in found and given != below.get(key):
                del found[other]
                _forget(f"{name}.{other}", origins)
    for key, given in table.items():
        inner = key.removesuffix("+")
        path = f"{name}.{inner}"
        if key != inner:
            found[inner] = _appended(path, found.get(inner), given, origins, layer)
        elif given is None:
            found.pop(inner, None)
            _forget(path, origins)
        else:
            found[inner] = _said(path, given, origins, layer)
    return found


def _said(path: str, given: Any, origins: dict[str, str], layer: str) -> Any:
    _forget(path, origins)
    if isinstance(given, list | tuple):
        for number in range(len(given)):
            origins[f"{path}.{number}"] = layer
    origins[path] = layer
    return given


def _appended(path: str, below: Any, given: Any, origins: dict[str, str], layer: str) -> list[Any]:
    before, more = listed(below), listed(given)
    for number in range(len(before)):
        origins.setdefault(f"{path}.{number}", origins.get(path, layer))
    for number in range(len(before), len(before) + len(more)):
        origins[f"{path}.{number}"] = layer
    origins.setdefault(path, layer)
    return before + more


def listed(value: Any) -> list[Any]:
    """A value as a list: of nothing where there is none, of itself where it is none."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _forget(path: str, origins: dict[str, str]) -> None:
    for known in [one for one in origins if one == path or one.startswith(f"{path}.")]:
        del origins[known]
