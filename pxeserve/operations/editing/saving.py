"""The editor opens the answers of a site, a profile or a host with all that they inherit, and saves what of them is its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile import templates
from pxeserve.answerfile.declared import kept, redacted
from pxeserve.answerfile.drafting import PASSWORD
from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.answerfile.layering import comes_to, own, same
from pxeserve.answerfile.templates import TemplateError
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.answerfiles.linting import known_dialect
from pxeserve.operations.context import Context
from pxeserve.operations.editing.drafts import sketch_of
from pxeserve.operations.editing.subject import Subject, around, subject, whole
from pxeserve.operations.inventory import hosts, profiles, sites
from pxeserve.operations.inventory.difference import difference, flat
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.remembering import Changed, What, remember
from pxeserve.operations.preparing.host import templates_folder
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import Change, refuse_stale, revision_of
from pxeserve.snapshot import shared
from pxeserve.store import audit, history, scripts

MOST_HOSTS = 200
"""Names of hosts that are told; how many there are is told besides."""


@verb("draft.open", role=Role.VIEWER)
def open_(context: Context, *, what: What, name: str = "", dialect: str | None = None) -> dict[str, Any]:
    """The answers of the site, a profile or a host: its own, those it inherits with who said each (`origins`), and both together
    (`answers`), with the file that they come to; secrets are not shown. `dialect` where its medium says none, or to look at another one.
    `known` are the names that there are of scripts, media and templates; `revision` is to be said when they are saved."""
    with context.store.site.read() as connection:
        found = subject(connection, what, name)
        surroundings = around(connection, context.config, found.medium.name if found.medium is not None else None)
        last = history.rows(connection, what, name, 1)
        known = {"scripts": sorted(scripts.names(connection)), "sources": sorted(surroundings.media)}
    users = _users(context, found)
    spoken = known_dialect(dialect) if dialect is not None else found.dialect
    values = whole(redacted(found.merged.values))
    return {
        "what": what,
        "name": found.name,
        "profile": found.host.profile if found.host is not None else None,
        "medium": found.medium.name if found.medium is not None else None,
        "dialect": spoken.name if spoken is not None else None,
        "answers": values,
        "own": redacted(found.own),
        "inherited": whole(redacted(found.inherited.values)),
        "origins": dict(found.inherited.origins),
        "written": sketch_of(values, spoken, surroundings) if spoken is not None else None,
        "hosts": users[:MOST_HOSTS],
        "hosts_in_all": len(users),
        "known": {**known, "driver-sources": known["sources"], "template": _templates(context)},
        "revision": _revision(context, found.own),
        "changed": {"at": last[0].at, "who": last[0].who} if last else None,
    }


@verb("draft.save", role=Role.OPERATOR)
def save(
    context: Context, *, what: What, answers: dict[str, Any], revision: str | None, name: str = "", note: str = ""
) -> dict[str, Any]:
    """Make the answers of the site, a profile or a host come to `answers`: what it does not inherit is declared as its own. A secret that
    was not changed may stand there as it was shown. Raises StaleError when somebody else has changed them since `revision`, and
    PxeserveError for what could not work, here or in what inherits it."""
    with context.store.site.write() as connection:
        found = subject(connection, what, name)
        refuse_stale(
            context.config.server.data, _whose(found), {"answerfile": found.own}, revision, lambda: _last(connection, what, found.name)
        )
        wanted = kept(_said(answers), found.merged.values)
        _refuse_plain(found, wanted)
        declared = _own(found, wanted)
        notes = put(connection, context, found, declared, f"{what}.set", note)
        after = subject(connection, what, name)
    return {
        "difference": difference(what, found.name, flat(redacted(found.own)), flat(redacted(after.own))) if after.own != found.own else "",
        "own": redacted(after.own),
        "notes": notes,
        "revision": _revision(context, after.own),
    }


def _last(connection: Connection, what: What, name: str) -> Change | None:
    """Who changed these answers last."""
    rows = history.rows(connection, what, name, 1)
    return Change(rows[0].who, rows[0].at) if rows and rows[0].who else None


def put(
    connection: Connection, context: Context, found: Subject, declared: Mapping[str, Any], action: str, note: str = ""
) -> list[str]:
    """Store what a site, a profile or a host declares, checked in all that inherits it, remembered and audited; what its installer cannot
    be told, a sentence each. Raises PxeserveError."""
    if dict(declared) == dict(found.own):
        return []
    notes: list[str] = []
    if found.what == "site":
        sites.save(connection, declared)
        Inherited(connection, context.config.server.data).check_site()
    elif found.what == "profile":
        profiles.save(connection, replace(profiles.known(connection, found.name), answers=declared))
        inherited = Inherited(connection, context.config.server.data)
        inherited.check_profile(found.name)
        notes = inherited.notes_of_profile(found.name)
    else:
        changed = replace(hosts.known(connection, found.name), answers=declared)
        hosts.check(connection, context.config, changed)
        hosts.save(connection, changed)
        inherited = Inherited(connection, context.config.server.data)
        inherited.check_host(changed)
        notes = inherited.notes_of_host(changed)
    remember(connection, context, action, [Changed(found.what, found.name, found.own, declared)], note)
    audit.append(connection, time.time(), context.actor.name, action, found.name or "site")
    return notes


def own_of(found: Subject, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the subject has to declare for `wanted`, as the editor showed and sent it. Raises PxeserveError."""
    return _own(found, kept(_said(wanted), found.merged.values))


def _own(found: Subject, wanted: Mapping[str, Any]) -> dict[str, Any]:
    inherited, asked = dict(found.inherited.values), dict(wanted)
    if asked.get(PASSWORD) == "random" and inherited.get(PASSWORD) is None and found.own.get(PASSWORD) is None:
        asked.pop(PASSWORD, None)
    elif PASSWORD not in asked and inherited.get(PASSWORD) is not None:
        asked[PASSWORD] = "random"
    try:
        declared = own(inherited, asked, found.own, found.layer)
        after = comes_to(inherited, declared, found.layer)
    except InheritanceError as error:
        raise PxeserveError(f"{found.layer}: {error}") from None
    for key in {*after, *asked}:
        if not same(key, after.get(key), asked.get(key)) and not _both_wrong(key, after.get(key), asked.get(key)):
            said = f"{found.layer}: {key} cannot be made to say this on top of what is inherited"
            raise PxeserveError(said, fix=f"set it with the command line: pxeserve {found.what} set ... --set {key}=...")
    return declared


def _both_wrong(key: str, one: Any, other: Any) -> bool:
    """Whether both are nothing, so that nothing has to be the same."""
    return one in (None, {}, []) and other in (None, {}, []) and key != PASSWORD


def _said(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without nothings, which the editor has for what was emptied."""
    return {key: value for key, value in answers.items() if value not in (None, {}, [], "")}


def _refuse_plain(found: Subject, wanted: Mapping[str, Any]) -> None:
    """Passwords come from the editor as hashes, so that none travels."""
    said, was = wanted.get(PASSWORD), found.merged.values.get(PASSWORD)
    plain = (isinstance(said, Mapping) and "plaintext" in said) or (isinstance(said, str) and said != "random")
    if plain and said != was:
        raise PxeserveError(
            f"{found.layer}: root-password: a password in plain text is not taken here",
            fix="the editor makes a hash of it in the browser; or leave it out, and a random one is made",
        )


def _templates(context: Context) -> list[str]:
    """The templates of the site's own; none where they cannot be read, which is said when one is named."""
    with suppress(TemplateError):
        return sorted(templates.sources(templates_folder(context)))
    return []


def _users(context: Context, found: Subject) -> list[str]:
    """The hosts whose answerfiles its answers are part of, by name."""
    if found.what == "host":
        return [found.name]
    snapshot = shared(context.store).current()
    below = {one for one in snapshot.profiles if found.name in (one, *snapshot.layers.above(one))}
    return [one.name for one in snapshot.hosts.values() if found.what == "site" or one.profile in below]


def _whose(found: Subject) -> str:
    return "the site" if found.what == "site" else f"{found.what} {found.name}"


def _revision(context: Context, answers: Mapping[str, Any]) -> str:
    return revision_of(context.config.server.data, {"answerfile": answers})
