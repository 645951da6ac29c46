"""The table of verbs: `noun.verb` to function, with its arguments checked on the way in.

Whoever calls by name (the admin socket, the command line, the API, the pages) goes through `call`, so all refuse alike: who may ask is said
beside the verb and nowhere else, and a verb without a role cannot be written down.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, ValidationError, validate_call
from sqlalchemy.exc import OperationalError

from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.refusals import refusals
from pxeserve.operations.within import refuse_outside
from pxeserve.store.audit import asked_from

NOUNS = (
    "server.leases", "server.snippets", "server.status", "server.doctor", "server.webhooks", "server.configuration", "server.jobs",
    "server.certificate", "server.networks", "server.quirks", "server.health",
    "record.events", "record.pages",
    "media.media", "media.imports", "media.loaders", "media.sources", "media.replay", "media.uploads", "media.packing",
    "inventory.hosts", "inventory.discovered", "inventory.profiles", "inventory.sites", "inventory.pages",
    "inventory.taking_back", "inventory.pools",
    "declaring.tables", "declaring.apply", "declaring.export",
    "answerfiles.linting", "answerfiles.conversion", "answerfiles.adoption", "answerfiles.scripts",
    "preparing.showing", "preparing.passwords", "preparing.modes",
    "arming.installs", "arming.bulk",
    "watching.timeline", "watching.logs", "watching.racks", "watching.overview", "watching.browsing", "watching.missing",
    "deciding.explain",
    "recovering.backups", "recovering.scripts",
    "foresight.rehearse", "foresight.walking",
    "recovering.joins",
    "recovering.plans", "recovering.runbooks",
    "people.users", "people.sessions", "people.tokens", "people.audit",
    "editing.drafts", "editing.saving", "editing.preview", "editing.history", "editing.templating",
)  # fmt: skip
"""Modules of this package that register verbs; each is imported when the table is first needed."""

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that can be asked. `role` is the least that may, `fresh` whether a password must have been given a short while ago;
    `changes` whether anything is another way afterwards, so that no mere look may ask for it."""

    name: str
    function: Function
    role: Role
    fresh: bool
    changes: bool


_verbs: dict[str, Verb] = {}


def verb(name: str, *, role: Role, fresh: bool = False, changes: bool | None = None) -> Callable[[Function], Function]:
    """Register a function as `name`. Its first argument is the Context; the others are keyword-only and annotated, and pydantic
    checks them. It returns JSON-able values, or an iterator of them for a verb that streams.

    What viewers may ask changes nothing, and what others may does, unless `changes` says so."""

    def register(function: Function) -> Function:
        checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(function)
        _verbs[name] = Verb(name, checked, role, fresh, role > Role.VIEWER if changes is None else changes)
        return checked

    return register


def verbs() -> Mapping[str, Verb]:
    """All verbs by name."""
    for noun in NOUNS:
        importlib.import_module(f"pxeserve.operations.{noun}")
    return _verbs


def call(context: Context, name: str, arguments: Mapping[str, Any]) -> Any | Iterator[Any]:
    """Carry out `name`. Raises PxeserveError for an unknown verb, wrong arguments, or whatever the verb refuses; RefusedError (`forbidden`,
    `not-fresh`) when the actor may not, before any argument is looked at; `unwritable` when nothing can be written down, and so nothing was
    done."""
    asked = verbs().get(name)
    if asked is None:
        raise PxeserveError(f"there is no operation {name}", code="not-found")
    admit_asking(context, asked, arguments)
    for where in _oversized(arguments):  # now: some verbs look at their arguments when their first item is asked for
        raise PxeserveError(f"{name}: {where}: a whole number of more than 64 bits")
    try:
        with asked_from(" ".join(filter(None, (context.actor.address, context.request)))):
            return asked.function(context, **arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != 0)
        raise PxeserveError(f"{name}: {where or 'arguments'}: {first['msg'].removeprefix('Value error, ')}") from None
    except OverflowError:
        raise PxeserveError(f"{name}: a number in it is too large for anything that is counted here") from None
    except OperationalError as error:
        fix = "look at the disk beneath the data folder: machines are served, and nothing is armed or removed that cannot be written down"
        raise PxeserveError(f"{name}: nothing was done: the state cannot be written: {error.orig}", code="unwritable", fix=fix) from None


def _oversized(value: Any, where: str = "") -> Iterator[str]:
    """By which names whole numbers of more than 64 bits stand in `value`."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield where
    elif isinstance(value, Mapping | list | tuple):
        for name, one in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _oversized(one, f"{where}.{name}" if where else str(name))


def admit_asking(context: Context, asked: Verb, arguments: Mapping[str, Any]) -> None:
    """Raises RefusedError: as `admit` does, and `forbidden` for what a limited actor may not ask about, which the audit tells too."""
    admit(context, asked)
    if context.actor.limit is not None:
        try:
            refuse_outside(context, context.actor.limit, asked.name, arguments)
        except RefusedError:
            refusals(context.store).note(context.actor, asked.name, "limit")
            raise


def admit(context: Context, asked: Verb) -> None:
    """Raises RefusedError: `forbidden` for a role that is too small, which the audit tells, `not-fresh` where a password must be given
    first."""
    admit_role(context, asked.name, asked.role)
    if asked.fresh and not context.actor.fresh:
        said = f"{asked.name} wants the password of {context.actor.name} once more"
        raise RefusedError(said, code="not-fresh", fix="give it, and ask again")


def admit_role(context: Context, what: str, wanted: Role) -> None:
    """Raises RefusedError (`forbidden`) for a role that is too small for `what`, after the audit was told."""
    actor = context.actor
    if actor.role < wanted:
        refusals(context.store).note(actor, what, "role")
        said = f"{what} wants the role {wanted.word}, and {actor.name} is {actor.role.word}"
        raise RefusedError(said, code="forbidden", fix="an administrator can give another role: pxeserve user set-role")
