"""The table of verbs: `noun.verb` to function, with its arguments checked on the way in.

Whoever calls by name (the admin socket, the command line, later the API) goes through `call`, so all refuse alike.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError, validate_call

from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context

NOUNS = (
    "server.leases", "server.snippets", "server.status", "server.doctor", "server.webhooks",
    "record.events",
    "media.media", "media.imports", "media.loaders", "media.sources", "media.replay",
    "inventory.hosts", "inventory.discovered", "inventory.profiles", "inventory.sites",
    "declaring.tables", "declaring.apply", "declaring.export",
    "answerfiles.linting", "answerfiles.conversion", "answerfiles.adoption", "answerfiles.scripts",
    "preparing.showing", "preparing.passwords",
    "arming.installs", "arming.bulk",
    "watching.timeline", "watching.logs", "watching.racks",
    "deciding.explain",
    "foresight.rehearse",
)  # fmt: skip
"""Modules of this package that register verbs; each is imported when the table is first needed."""

Verb = Callable[..., Any]
_verbs: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Register a function as `name`. Its first argument is the Context; the others are keyword-only and annotated, and pydantic
    checks them. It returns JSON-able values, or an iterator of them for a verb that streams."""

    def register(function: Verb) -> Verb:
        _verbs[name] = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(function)
        return function

    return register


def verbs() -> Mapping[str, Verb]:
    """All verbs by name."""
    for noun in NOUNS:
        importlib.import_module(f"pxeserve.operations.{noun}")
    return _verbs


def call(context: Context, name: str, arguments: Mapping[str, Any]) -> Any | Iterator[Any]:
    """Carry out `name`. Raises PxeserveError for an unknown verb, wrong arguments, or whatever the verb refuses."""
    function = verbs().get(name)
    if function is None:
        raise PxeserveError(f"there is no operation {name}", code="not-found")
    try:
        return function(context, **arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != 0)
        raise PxeserveError(f"{name}: {where or 'arguments'}: {first['msg'].removeprefix('Value error, ')}") from None
