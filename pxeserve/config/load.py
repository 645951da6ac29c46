"""Reads the configuration: file, then environment, then the command line's own words. Every error names its place and the fix."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pxeserve.config.model import Config
from pxeserve.errors import PxeserveError

_PREFIX = "PXESERVE_"
COMMAND_LINE = "the command line"
"""The origin of what was said there."""


class ConfigError(PxeserveError):
    """The configuration cannot be used; the message holds one line per mistake, each with file, line and key."""


def load(path: Path | None = None, env: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration from `path` (or `PXESERVE_CONFIG`, or defaults alone), overridden by `env` and then by `overrides`.

    `overrides` is nested as the file is. Raises ConfigError.
    """
    env = os.environ if env is None else env
    path = configuration_file(path, env)
    text = ""
    values: dict[str, Any] = {}
    if path is not None:
        text, values = _read(path)
    origins: dict[tuple[str, ...], str] = {}
    said = _said_in(path, text, values)
    _merge(values, _from_env(env, origins))
    _merge(values, dict(overrides or {}))
    said |= {".".join(keys[:2]): name for keys, name in origins.items()} | dict.fromkeys(_keys(overrides or {}), COMMAND_LINE)
    try:
        return Config.model_validate(values).said_by(said)
    except ValidationError as error:
        lines = [_explain(item, path, text, origins) for item in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def configuration_file(path: Path | None = None, env: Mapping[str, str] | None = None) -> Path | None:
    """The file that is read: `path`, or the one that `PXESERVE_CONFIG` names; None for defaults alone."""
    named = (os.environ if env is None else env).get("PXESERVE_CONFIG")
    return path if path is not None else Path(named) if named else None


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file", fix="name the configuration with --config FILE or PXESERVE_CONFIG") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _said_in(path: Path | None, text: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Where in the file each key stands."""
    return {key: f"{path}:{line}" if (line := _line(text, tuple(key.split(".")))) else str(path) for key in _keys(values)}


def _keys(values: Mapping[str, Any]) -> list[str]:
    """`section.key` of all that is said; a list of tables is one."""
    found: list[str] = []
    for section, inner in values.items():
        found += [f"{section}.{one}" for one in inner] if isinstance(inner, Mapping) else [section]
    return found


def _from_env(env: Mapping[str, str], origins: dict[tuple[str, ...], str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, raw in env.items():
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        keys = tuple(part.lower() for part in name.removeprefix(_PREFIX).split("__"))
        origins[keys] = name
        _merge(values, _nested(keys, _value(raw)))
    return values


def _nested(keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {keys[0]: value if len(keys) == 1 else _nested(keys[1:], value)}


def _value(raw: str) -> Any:
    """An environment value: TOML where it reads as a list, table, number or truth value, else text."""
    if re.fullmatch(r"true|false|\d+|\[.*\]|\{.*\}", raw.strip(), re.DOTALL):
        try:
            return tomllib.loads(f"v = {raw}")["v"]
        except tomllib.TOMLDecodeError:
            return raw
    return raw


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _explain(item: Any, path: Path | None, text: str, origins: Mapping[tuple[str, ...], str]) -> str:
    keys: tuple[str | int, ...] = item["loc"]
    names = tuple(str(key) for key in keys if not isinstance(key, int))
    where = next((origin for origin_keys, origin in origins.items() if origin_keys[: len(names)] == names), None)
    if where is None:
        line = _line(text, keys)
        where = f"{path}:{line}" if path and line else str(path or "configuration")
    dotted = ".".join(names)
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(names[-1], _fields(names[:-1]), 1, 0.5)
        known = f"did you mean {near[0]}?" if near else f"known here: {', '.join(_fields(names[:-1]))}"
        return f"{where}: unknown key {dotted}; {known}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{where}: {dotted or 'configuration'}: {message[:1].lower()}{message[1:]}"


def _fields(names: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for name in names:
        field = model.model_fields.get(name)
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is not None:
        return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
    return None


def _line(text: str, keys: tuple[str | int, ...]) -> int | None:
    """The line on which `keys` stands: the last line reached by walking table headers and keys in order."""
    tables = [key for key in keys[:-1] if isinstance(key, str)]
    wanted = keys[-1] if keys and isinstance(keys[-1], str) else None
    index = next((key for key in keys if isinstance(key, int)), 0)
    header = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
    current: list[str] = []
    seen = -1
    fallback = None
    for number, line in enumerate(text.splitlines(), 1):
        if found := header.match(line):
            current = [part.strip().strip("\"'") for part in found[1].split(".")]
            if current == tables and line.lstrip().startswith("[["):
                seen += 1
            if current in (tables, [*tables, wanted]) and max(seen, 0) == index:
                fallback = fallback or number
                if current == [*tables, wanted]:
                    return number
        elif wanted and current == tables and max(seen, 0) == index and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*[=.]", line):
            return number
    return fallback
