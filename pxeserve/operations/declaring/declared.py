"""A site as a YAML file declares it: read with the line of everything, so that every mistake can be pointed at.

Refuses to know what stands in the store; `apply` compares.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Lies
from pxeserve.domain.pool import Pool
from pxeserve.errors import PxeserveError
from pxeserve.operations.inventory import scenarios
from pxeserve.operations.inventory.entries import Cell, Entry, at
from pxeserve.operations.inventory.hosts import changed, host_name, macs
from pxeserve.operations.inventory.profiles import profile_name, with_boot
from pxeserve.operations.words.bounded import DeclaredError, compose
from pxeserve.operations.words.labels import tag_names
from pxeserve.operations.words.settings import Setting

_SITE = ("answerfile",)
_SECTIONS = {
    "media": ("name", "source", "lies"),
    "profiles": ("name", "medium", "parent", "answerfile", "boot"),
    "hosts": ("name", "mac", "profile", "address", "uuid", "serial", "rack", "tags", "answerfile"),
    "pools": scenarios.KEYS,
}
_NEEDED = {"media": ("name", "source"), "profiles": ("name",), "hosts": ("name", "profile"), "pools": ("name", "master")}


@dataclass(frozen=True, slots=True)
class DeclaredMedium:
    """Where a medium comes from, one source or several discs, and where its bytes are to lie."""

    sources: tuple[str, ...]
    lies: Lies


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares. `site` are the answers that all hosts share, None when it has no such section. `lines` maps `site`, `media
    NAME`, `profile NAME`, `host NAME` and `pool NAME` to the line where it begins."""

    site: Mapping[str, Any] | None
    media: Mapping[str, DeclaredMedium]
    profiles: Mapping[str, Profile]
    hosts: Mapping[str, Host]
    pools: Mapping[str, Pool]
    lines: Mapping[str, int]


def read(text: str) -> Declared:
    """What `text` declares. Raises DeclaredError for the first mistake, with its line."""
    root = compose(text)
    if root is None:
        return Declared(None, {}, {}, {}, {}, {})
    found: dict[str, list[tuple[dict[str, Any], int]]] = {section: [] for section in _SECTIONS}
    site: dict[str, Any] | None = None
    lines: dict[str, int] = {}
    for key, value, line in _pairs(root, "the file"):
        if key == "site":
            site, lines["site"] = _site(value), line
            continue
        if key not in _SECTIONS:
            raise _unknown(line, key, ("site", *_SECTIONS))
        found[key] = list(_items(key, value))
    media = {item["name"]: _medium(item, line) for item, line in _named(found["media"], "medium", lines)}
    profiles = {item["name"]: _profile(item, line) for item, line in _named(found["profiles"], "profile", lines)}
    hosts = {host.name: host for item, line in _named(found["hosts"], "host", lines) for host in [_host(item, line)]}
    pools = {pool.name: pool for item, line in _named(found["pools"], "pool", lines) for pool in [_pool(item, line)]}
    return Declared(site, media, profiles, hosts, pools, lines)


def read_entries(text: str, file: str) -> list[Entry]:
    """The hosts that `text` lists, by itself or beneath `hosts`, as entries. Raises PxeserveError with `file` and line."""
    with at(file):
        root = compose(text)
        if isinstance(root, yaml.MappingNode):
            for key, _value, line in _pairs(root, "the file"):
                if key != "hosts":
                    raise _unknown(line, key, ("hosts",))
            root = root.value[0][1] if root.value else None
        if root is None:
            return []
        return [_entry(item, f"{file}: line {line}") for item, line in _items("hosts", root, ("name",))]


def _entry(item: dict[str, Any], place: str) -> Entry:
    cells = tuple(Cell(key, value, f"{place}, {key}") for key, value in item.items() if value is not None)
    name = item["name"]
    if not isinstance(name, str) or not name:
        raise PxeserveError(f"{place}: name is not a text")
    return Entry(name, cells, place)


def _site(node: yaml.Node) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value, line in _pairs(node, "site"):
        if key not in _SITE:
            raise _unknown(line, key, _SITE)
        values[key] = _plain(value)
    return _table(values, "answerfile", node.start_mark.line + 1)


def _pairs(node: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node, int]]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise DeclaredError(f"line {line}: {what} is not a table of KEY: VALUE")
    seen: set[str] = set()
    for key, value in node.value:
        at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise DeclaredError(f"line {at}: a key is not a word")
        if key.value in seen:
            raise DeclaredError(f"line {at}: {key.value} stands twice")
        seen.add(key.value)
        yield key.value, value, at


def _items(section: str, node: yaml.Node, needed: tuple[str, ...] | None = None) -> Iterator[tuple[dict[str, Any], int]]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.SequenceNode):
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            return
        raise DeclaredError(f"line {line}: {section} is not a list")
    for item in node.value:
        at = item.start_mark.line + 1
        values: dict[str, Any] = {}
        for key, value, where in _pairs(item, f"an entry of {section}"):
            if key not in _SECTIONS[section]:
                raise _unknown(where, key, _SECTIONS[section])
            values[key] = _plain(value)
        for key in _NEEDED[section] if needed is None else needed:
            if key not in values:
                raise DeclaredError(f"line {at}: an entry of {section} needs {key}")
        yield values, at


def _plain(node: yaml.Node) -> Any:
    """The value of a node, with plain scalars only; every table checked for keys that stand twice."""
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value) for key, value, _line in _pairs(node, "a value")}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if node.tag.endswith(":bool"):
        return node.value.lower() in ("yes", "true", "on")
    if node.tag.endswith((":str", ":int", ":float", ":timestamp")):
        return str(node.value)
    if node.tag.endswith(":null"):
        return None
    raise DeclaredError(f"line {node.start_mark.line + 1}: {node.tag} is not taken here")


def _named(items: list[tuple[dict[str, Any], int]], kind: str, lines: dict[str, int]) -> Iterator[tuple[dict[str, Any], int]]:
    for item, line in items:
        item["name"] = _text(item, "name", line)
        label = f"{kind} {item['name'].lower()}"
        if label in lines:
            raise DeclaredError(f"line {line}: {label} was declared in line {lines[label]} already")
        lines[label] = line
        yield item, line


def _profile(item: dict[str, Any], line: int) -> Profile:
    try:
        name = profile_name(item["name"])
        medium, parent = (_text(item, key, line) if item.get(key) is not None else None for key in ("medium", "parent"))
        profile = Profile(name, medium, parent, _table(item, "answerfile", line))
        return with_boot(profile, _table(item, "boot", line))
    except DeclaredError:
        raise
    except PxeserveError as error:
        raise DeclaredError(f"line {line}: {error.message}", fix=error.fix) from None


def _host(item: dict[str, Any], line: int) -> Host:
    given = item.get("mac")
    addresses = [str(one) for one in (given if isinstance(given, list) else [] if given is None else [given])]
    try:
        host = Host(0, host_name(item["name"]), macs(addresses), _text(item, "profile", line), answers=_table(item, "answerfile", line))
        host = replace(host, tags=tag_names(item.get("tags")))
        wanted = [Setting((key,), str(item[key])) for key in ("address", "uuid", "serial", "rack") if item.get(key) is not None]
        return changed(host, wanted)
    except DeclaredError:
        raise
    except PxeserveError as error:
        raise DeclaredError(f"line {line}: host {item['name']}: {error.message}", fix=error.fix) from None


def _pool(item: dict[str, Any], line: int) -> Pool:
    try:
        return scenarios.pool_of(item)
    except PxeserveError as error:
        raise DeclaredError(f"line {line}: {error.message}", fix=error.fix) from None


def _medium(item: Mapping[str, Any], line: int) -> DeclaredMedium:
    source = item["source"]
    sources = source if isinstance(source, list) else [source]
    if not sources or not all(isinstance(one, str) and one for one in sources):
        raise DeclaredError(f"line {line}: source is neither a text nor a list of texts")
    lies = item.get("lies", str(Lies.COPIED))
    if lies not in list(Lies):
        raise DeclaredError(f"line {line}: lies is {lies!r}, and none of {', '.join(Lies)}")
    return DeclaredMedium(tuple(sources), Lies(lies))


def _text(item: Mapping[str, Any], key: str, line: int) -> str:
    value = item[key]
    if not isinstance(value, str) or not value:
        raise DeclaredError(f"line {line}: {key} is not a text")
    return value


def _table(item: Mapping[str, Any], key: str, line: int) -> dict[str, Any]:
    value = item.get(key) or {}
    if not isinstance(value, dict):
        raise DeclaredError(f"line {line}: {key} is not a table of KEY: VALUE")
    return value


def _unknown(line: int, key: str, known: tuple[str, ...]) -> DeclaredError:
    near = difflib.get_close_matches(key, known, 1, 0.5)
    return DeclaredError(f"line {line}: unknown key {key}; " + (f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"))
