"""The configuration in force, for whoever looks at it from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pxeserve.answerfile.declared import SHOWN
from pxeserve.config.model import Config
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb


@verb("settings.show", role=Role.OPERATOR, changes=False)
def show(context: Context) -> dict[str, Any]:
    """File, environment and defaults together, by section. Secrets are files, of which the names stand here; whose address holds one, a
    webhook, is told without its path."""
    return _shown(context.config)


def _shown(config: Config) -> dict[str, Any]:
    hooks = [{**hook, "url": _place(hook["url"])} for hook in config.plain()["webhook"]]
    return {**config.plain(), "webhook": hooks}


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" + (SHOWN if parts.path.strip("/") or parts.query else "")


@verb("settings.keys", role=Role.OPERATOR, changes=False)
def keys(context: Context) -> list[dict[str, Any]]:
    """Every key of the configuration: its value in force, its default, what it is for, and where it was said; `origin` is None for a
    default. A list of tables is one key."""
    config = context.config
    values = _shown(config)
    return [_key(config, values, section, name, info) for section, model in Config.model_fields.items() for name, info in _inner(model)]


def _inner(section: FieldInfo) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a section; of a list of tables itself, under no name."""
    model = section.annotation
    if isinstance(model, type) and issubclass(model, BaseModel):
        yield from model.model_fields.items()
    else:
        yield "", section


def _key(config: Config, values: dict[str, Any], section: str, name: str, info: FieldInfo) -> dict[str, Any]:
    key = f"{section}.{name}" if name else section
    default = None if info.is_required() else Config().plain()[section]
    return {
        "section": section,
        "key": key,
        "value": values[section][name] if name else values[section],
        "default": default[name] if name and default is not None else default,
        "description": info.description or "",
        "origin": config.origin(key),
    }
