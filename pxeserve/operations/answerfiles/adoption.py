"""Answerfiles that people have already, taken over as what a profile or a host declares.

The file itself is looked through by the command that was given it, so that its password goes no further; what comes here are values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.declared import redacted
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.finding import Severity
from pxeserve.answerfile.importing import Imported, imported
from pxeserve.answerfile.lint import linted
from pxeserve.answerfile.writing.facts import facts
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations.answerfiles.conversion import refusal
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts, profiles
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.registry import verb
from pxeserve.snapshot import layers, resolve
from pxeserve.store import audit, inventory


class _Undo(Exception):
    """Ends a transaction without a trace."""


def looked_through(name: str, text: bytes, dialect: Dialect, hashes: Callable[[str], list[str]]) -> Imported:
    """What of a file can be declared. `hashes` makes crypt strings of a plain password. Raises RefusedError for a file that its installer
    refuses, with the linter's finding."""
    found = linted(text, dialect)
    error = next((one for one in found.findings if one.severity is Severity.ERROR), None)
    if error is not None:
        raise refusal(name, error, dialect)
    assert found.reading is not None and found.reading.answers is not None
    return imported(found.reading.answers, hashes)


@verb("answerfile.reader", role=Role.VIEWER)
def reader(context: Context, *, profile: str | None = None, host: str | None = None) -> dict[str, Any]:
    """The dialect of the installer that a profile or a host gets. Raises RefusedError when it has no medium, or one that has none."""
    with context.store.site.read() as connection:
        name = _profile_of(connection, profile, host)
        dialect = _dialect(connection, name)
    if dialect is None:
        fix = "say --dialect DIALECT: the installer for which the file was written"
        raise RefusedError(f"profile {name} has no medium whose installer is known", fix=fix)
    return {"dialect": dialect.name}


@verb("answerfile.import", role=Role.OPERATOR)
def import_values(
    context: Context, *, values: dict[str, Any], profile: str | None = None, host: str | None = None, file: str = "a file",
    dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Set what was found in an answerfile for a profile or a host, in one operation. What it says already, itself or by what it inherits,
    is left alone. `dry_run` only tells."""
    told: dict[str, Any] = {}
    try:
        with context.store.site.write() as connection:
            name = _profile_of(connection, profile, host)
            whose, before, below = _here(connection, profile, host)
            wanted, left = _for_reader(values, _dialect(connection, name))
            fresh = {key: value for key, value in wanted.items() if below.get(key) != value}
            after = _put(before, fresh)
            notes = _saved(context, connection, profile, host, after)
            kind, _, of = whose.partition(" ")
            changed = Changed("profile" if kind == "profile" else "host", of, before, after)
            remember(connection, context, "answerfile.import", [changed], f"from {file}")
            told = {
                "whose": whose, "dry_run": dry_run, "set": redacted(fresh), "unchanged": sorted(wanted.keys() - fresh.keys()),
                "replaced": redacted({key: below[key] for key in fresh if key in below}), "left": left, "notes": notes,
            }  # fmt: skip
            if dry_run:
                raise _Undo
            if fresh:
                detail = f"{whose}: {', '.join(sorted(fresh))} from {file}"
                audit.append(connection, time.time(), context.actor.name, "answerfile.import", detail)
    except _Undo:
        pass
    return told


def _profile_of(connection: Connection, profile: str | None, host: str | None) -> str:
    if (profile is None) == (host is None):
        raise PxeserveError("either a profile or a host is needed", fix="--profile NAME, or --host NAME")
    return profiles.known(connection, profile).name if profile is not None else hosts.known(connection, str(host)).profile


def _dialect(connection: Connection, profile: str) -> Dialect | None:
    resolved = resolve({one.name: one for one in inventory.profiles(connection)}).get(profile)
    medium = next((one for one in inventory.media(connection) if resolved is not None and one.name == resolved.medium), None)
    return spoken(medium.dialect) if medium is not None else None


def _here(connection: Connection, profile: str | None, host: str | None) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    """Whose values they are, those of its own, and those with all that it inherits."""
    known = layers(connection)
    if profile is not None:
        return f"profile {profile}", profiles.known(connection, profile).answers, known.of_profile(profile).values
    found = hosts.known(connection, str(host))
    return f"host {found.name}", found.answers, known.of_host(found).values


def _put(before: Mapping[str, Any], fresh: Mapping[str, Any]) -> dict[str, Any]:
    """The values on top of those before; what was added to a list goes where the list itself is said."""
    return {**{key: value for key, value in before.items() if key.removesuffix("+") == key or key.removesuffix("+") not in fresh}, **fresh}


def _for_reader(values: Mapping[str, Any], dialect: Dialect | None) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The values, without a hash where the installer takes no hash."""
    wanted = dict(values)
    if dialect is None or "root-password" not in wanted or facts(dialect).has("root-password", "type"):
        return wanted, []
    hidden = redacted({"root-password": wanted.pop("root-password")})["root-password"]
    why = f"installers of {dialect.name} take plain text only: a random password is made for each installation"
    return wanted, [{"field": "root-password", "value": str(hidden), "why": why}]


def _saved(context: Context, connection: Connection, profile: str | None, host: str | None, answers: Mapping[str, Any]) -> list[str]:
    """Store them, checked in everything that inherits them; what the installer cannot be told, a sentence each."""
    if profile is not None:
        profiles.save(connection, replace(profiles.known(connection, profile), answers=answers))
        inherited = Inherited(connection, context.config.server.data)
        inherited.check_profile(profile)
        return inherited.notes_of_profile(profile)
    changed = replace(hosts.known(connection, str(host)), answers=answers)
    hosts.check(connection, context.config, changed)
    hosts.save(connection, changed)
    inherited = Inherited(connection, context.config.server.data)
    inherited.check_host(changed)
    return inherited.notes_of_host(changed)
