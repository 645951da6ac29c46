"""The commented example of a configuration, made from the model itself, so that it names every key and no other; and the same with some of
its keys said, for a machine of which something is known."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pxeserve.config.model import Config

_HEAD = """\
# pxeserve.toml: every key has a default, shown here behind its `#`. With no file at all pxeserve serves in proxy mode.
# Any key can be set from the environment: PXESERVE_SECTION__KEY, such as PXESERVE_TFTP__PORT=6969. Lengths of time: 90s, 60m, 1h, 2d.
"""

_SAMPLES: dict[str, Any] = {
    "interface": "eth0",
    "address": IPv4Address("10.77.0.1"),
    "network": IPv4Network("10.77.0.0/24"),
    "range": (IPv4Address("10.77.0.100"), IPv4Address("10.77.0.199")),
    "router": IPv4Address("10.77.0.1"),
    "dns": (IPv4Address("10.77.0.1"),),
    "ntp": (IPv4Address("10.77.0.1"),),
    "domain": "example.com",
    "name": "chat",
    "url": "https://chat.example.com/hooks/17",
    "secret_file": Path("keys/webhook-chat"),
    "names": ("boot.example.com",),
    "certificate": Path("/etc/ssl/boot.pem"),
    "key": Path("/etc/ssl/private/boot.key"),
    "trusted_proxies": (IPv4Network("10.77.0.2/32"),),
    "ca_file": Path("/etc/ssl/own-ca.pem"),
}
"""What stands where a default is empty or missing, so that the example shows the form."""


def render(said: Mapping[str, Any] | None = None, head: str = _HEAD) -> str:
    """The whole example below `head`. What is `said`, nested as the file is, stands in it as it is and not as a comment."""
    parts = [head]
    said = said or {}
    for section, info in Config.model_fields.items():
        rows = _rows_of(info)
        if rows is not None:
            parts.append(_table(f"[[{section}]]   # {info.description}", rows, section, commented_header=True) + "\n")
            continue
        model = info.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        parts.append(_table(f"[{section}]", model, section, said.get(section, {}), commented_header=False))
    return "\n".join(parts)


def _table(header: str, model: type[BaseModel], path: str, said: Mapping[str, Any] | None = None, *, commented_header: bool) -> str:
    lines = [f"# {header}" if commented_header else header]
    inner: list[str] = []
    said = said or {}
    for name, info in model.model_fields.items():
        rows = _rows_of(info)
        if rows is not None:
            inner += _tables(rows, f"{path}.{name}", info.description, said.get(name, ()))
        else:
            lines.append(_said(name, info, said[name]) if name in said else _key(name, info))
    return "\n".join([*lines, *inner]) + ("" if commented_header else "\n")


def _tables(model: type[BaseModel], path: str, about: str | None, said: Sequence[Mapping[str, Any]]) -> list[str]:
    """A list of tables: those that are said, else one as a comment."""
    if said:
        return [_table(f"[[{path}]]", model, path, one, commented_header=False).removesuffix("\n") for one in said]
    return [_table(f"[[{path}]]   # {about}" if about else f"[[{path}]]", model, path, commented_header=True)]


def _said(name: str, info: FieldInfo, value: Any) -> str:
    shown = f"{name} = {_toml(value)} "
    return f"{shown:42}# {info.description}" if info.description else shown.rstrip()


def _rows_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model of a list of tables; None for anything else."""
    if get_origin(info.annotation) is not tuple:
        return None
    first = get_args(info.annotation)[0]
    return first if isinstance(first, type) and issubclass(first, BaseModel) else None


def _key(name: str, info: FieldInfo) -> str:
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    value = default if default not in (None, (), {}) else _SAMPLES.get(name, default)
    notes = [info.description] if info.description else []
    if info.is_required():
        notes.append("needed")
    elif default in (None, ()) and value not in (None, ()) and "default" not in (info.description or ""):
        notes.append("an example: there is no default")
    shown = f"# {name} = {_toml(value)} "
    return f"{shown:42}# {'; '.join(notes)}" if notes else shown.rstrip()


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case tuple() | list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case dict() | types.MappingProxyType():
            return "{" + ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items()) + "}"
        case str() | Path() | IPv4Address() | IPv4Network():
            return json.dumps(str(value), ensure_ascii=False)
    raise TypeError(f"no TOML for {value!r}")
