"""Prints docs/configuration.md: every key of the configuration, drawn from the model that reads it, so that it can name no other."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pxeserve.config.model import Config
from pxeserve.config.values import Port, Ports, Seconds, seconds, seconds_or_off

_HEAD = """\
# Every key of the configuration

<!-- Drawn by `python packaging/configuration.py`; a test compares. -->

One file in TOML, and every key has a default: with no file at all pxeserve serves in proxy mode on the interface of the default route.
`pxeserve config example` prints a file with every key in it ([the same](pxeserve.example.toml)), `pxeserve config show` what is in force.
What is said later counts:

1. the defaults;
2. the file: `--config FILE`, else the one that `PXESERVE_CONFIG` names; Debian's package names `/etc/pxeserve/pxeserve.toml`;
3. the environment: `PXESERVE_SECTION__KEY`, such as `PXESERVE_TFTP__PORT=6969` or `PXESERVE_DHCP__MODE=server`; lists and tables in the
   words of TOML;
4. the command line (`--data`).

An unknown key or a value that cannot be is an error with file, line and the nearest right name, and nothing is started with it. All
mistakes are told at once. A running service reads file and environment again at SIGHUP (`systemctl reload pxeserve`) and goes on with the
old ones where the new ones cannot be read; ports, interfaces, user, data folder and DHCP mode change only with a restart, which it says.

## The first one

```console
# pxeserve init --config /etc/pxeserve/pxeserve.toml                 # and the first account; asks for its password
# pxeserve init --config pxeserve.toml --no-account --ask-network    # asks nobody but the network
```

`init` writes a file for this machine where `--config` names one that is not there. A file that is there is never touched.

- **The network** is that of the default route, or of `--interface`; the machine's other ones are named, for `[[server.listen]]`.
- **The mode** is proxy. With `--ask-network` three DISCOVERs of an invented machine are sent, which take no address: where somebody lends
  addresses it is proxy; where somebody answers network boots already, off; where nobody answers, server, with a part of the network to
  lend. See that nobody has an address of that part. What does not answer at that moment may answer later; in server mode the start looks
  again.
- **Ports** are the usual ones. Where another program holds that of HTTP or of the console, it is another one; where one holds UDP 67 or
  69, of which machines cannot be told another, it says so.
- **The data folder** is `--data`, else the default.

It prints what it wrote and why, and what to do next. With `--json`: `configuration` with `path`, `said`, `because` and `next`.
"""

_READ_ON: Mapping[str, str] = {
    "server": "[which network is yours](topologies.md)",
    "dhcp": "[which network is yours](topologies.md), [keeping your own DHCP server](dhcp-snippets.md)",
    "console": "[where it listens, its certificate](console.md)",
    "boot": "[from the network boot to the machine's own disk](local-boot.md)",
    "arming": "[the life of an install](arming.md)",
    "answerfile": "[root passwords](secrets.md)",
    "media": "[importing](importing.md), [verification](verification.md)",
    "nfs": "[media over NFS and FTP](nfs-and-ftp.md)",
    "ftp": "[media over NFS and FTP](nfs-and-ftp.md)",
    "backups": "[backups of pools](backups.md)",
    "log": "[outlets](outlets.md)",
    "record": "[outlets](outlets.md)",
    "metrics": "[outlets](outlets.md)",
    "webhook": "[outlets](outlets.md)",
}
_KINDS: Mapping[Any, str] = {
    bool: "`true` or `false`",
    int: "number",
    str: "text",
    Path: "path",
    IPv4Address: "address",
    IPv4Network: "network",
    IPv6Network: "",
    Port: "port",
    Ports: "range of ports",
    Seconds: "length of time",
}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


def page() -> Iterator[str]:
    """The page's lines."""
    yield _HEAD
    yield 'A length of time is a number of seconds, or a text such as `"90s"`, `"60m"`, `"1h"` or `"2d"`.'
    for section, info in Config.model_fields.items():
        rows = _tables(info)
        model = rows or info.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        yield from _section(section, info, model, many=rows is not None)


def _section(path: str, info: FieldInfo, model: type[BaseModel], *, many: bool) -> Iterator[str]:
    yield f"\n## {path}\n"
    header = f"`[[{path}]]`, as often as it is needed: {info.description}." if many else f"`[{path}]`."
    yield f"{header} More: {_READ_ON[path]}." if path in _READ_ON else header
    yield "\n| key | what it is | default | |\n| --- | --- | --- | --- |"
    inner = []
    for name, one in model.model_fields.items():
        rows = _tables(one)
        if rows is not None:
            inner.append((f"{path}.{name}", one, rows))
        else:
            yield f"| `{name}` | {_kind(one)} | {_default(one)} | {_about(one)} |"
    for deeper in inner:
        yield from _section(*deeper, many=True)


def _tables(info: FieldInfo) -> type[BaseModel] | None:
    """The model of a list of tables; None for anything else."""
    first = (*get_args(info.annotation), None)[0]
    return first if get_origin(info.annotation) is tuple and isinstance(first, type) and issubclass(first, BaseModel) else None


def _kind(info: FieldInfo) -> str:
    for kind in (Port, Ports, Seconds):
        base, *marks = get_args(kind)
        inner = [mark for one in marks for mark in (one.metadata if isinstance(one, FieldInfo) else [one])]
        if info.annotation is base and inner and all(mark in info.metadata for mark in inner):
            return _KINDS[kind] + _bounds(info, inner)
    if any(getattr(mark, "func", None) in (seconds, seconds_or_off) for mark in info.metadata):
        return "length of time" + (' or `"off"`' if any(getattr(mark, "func", None) is seconds_or_off for mark in info.metadata) else "")
    return _named(info.annotation) + _bounds(info, [])


def _named(kind: Any) -> str:
    """A type in words."""
    if kind in _KINDS:
        return _KINDS[kind]
    origin, parts = get_origin(kind), [one for one in get_args(kind) if one not in (type(None), Ellipsis)]
    if origin is Annotated:
        return _named(parts[0])
    if origin is Literal:
        return ", ".join(f"`{_toml(one)}`" for one in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(filter(None, map(_named, parts)))
    if origin is dict:
        return "table of " + " to ".join(map(_named, parts))
    if origin is tuple:
        return f"first and last {_named(parts[0])}" if len(parts) == 2 else f"list, each: {_named(parts[0])}"
    raise TypeError(f"no words for {kind!r}")


def _bounds(info: FieldInfo, told: list[Any]) -> str:
    marks = [mark for mark in info.metadata if mark not in told]
    bounds = {name: value for mark in marks for name in ("ge", "le") if (value := getattr(mark, name, None)) is not None}
    if set(bounds) == {"ge", "le"}:
        return f", {_number(info, bounds['ge'])} to {_number(info, bounds['le'])}"
    return f", {_number(info, bounds['ge'])} at least" if "ge" in bounds else ""


def _number(info: FieldInfo, value: int) -> str:
    return _length(value) if any(getattr(mark, "func", None) is seconds for mark in info.metadata) else f"{value:,}"


def _length(value: int) -> str:
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if value and value % unit == 0), (1, "s"))
    return f"{value // unit}{letter}"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "needed"
    value = info.get_default(call_default_factory=True)
    if value in (None, (), {}):
        return ""
    if any(getattr(mark, "func", None) in (seconds, seconds_or_off) for mark in info.metadata):
        return f'`"{_length(value)}"`'
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"'


def _about(info: FieldInfo) -> str:
    """What the model says of it, but for the choices, which stand in a column of their own."""
    text = info.description or ""
    choices = " | ".join(map(str, get_args(info.annotation)))
    if choices and text.startswith(choices):
        text = text.removeprefix(choices).removeprefix(": ")
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print("\n".join(page()))
