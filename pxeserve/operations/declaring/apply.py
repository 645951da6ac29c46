"""`apply` makes the site as a file declares it, and says what it changes. All is saved first and then looked at once, so that it takes as
long as there is to change, however deep profiles stand upon each other."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.declared import kept
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Lies
from pxeserve.domain.pool import Pool
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.declaring.declared import Declared, read
from pxeserve.operations.declaring.pooling import let_go, prune_pools, put_pools
from pxeserve.operations.declaring.pruning import in_pools, prune_hosts, prune_left, prune_profiles
from pxeserve.operations.inventory import hosts, profiles, sites
from pxeserve.operations.inventory.difference import difference, flat, host_flat, profile_flat
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.inventory.rivals import beside
from pxeserve.operations.media.imports import import_
from pxeserve.operations.registry import verb
from pxeserve.operations.words.bounded import DeclaredError
from pxeserve.repo.sources.telling import told
from pxeserve.store import audit, inventory

_LOCK = "apply.lock"


@dataclass(slots=True)
class _Changes:
    """The difference, as lines: `+` new, `~` changed, `-` removed, `=` kept although the file does not name it. `profiles`, `hosts` and
    `pools` are those that changed, `site` whether its answers did, `answers` those of all of them before and after."""

    lines: list[str] = field(default_factory=list)
    site: bool = False
    profiles: list[str] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    answers: list[Changed] = field(default_factory=list)


class _Undo(Exception):
    """Leaves a transaction without its changes."""


@verb("apply", role=Role.OPERATOR)
def apply(context: Context, *, text: str, dry_run: bool = False, prune: bool = False) -> dict[str, Any]:
    """Make the site as `text` declares it. With `prune` hosts, profiles and pools that it does not name are removed, but never one with a
    live install. Everything in one transaction, or nothing; media are imported first. `dry_run` only tells."""
    wanted = read(text)
    changes = _Changes()
    with _alone(context.config.server.data):
        missing = _media(context, wanted, changes, import_now=not dry_run)
        try:
            with context.store.site.write() as connection:
                _site(connection, wanted, changes, prune=prune)
                _profiles(connection, wanted, changes, missing)
                if prune:
                    changes.lines += prune_pools(connection, wanted.pools)
                before = let_go(connection, wanted.pools)
                later = in_pools(connection)
                if prune:
                    changes.lines += prune_hosts(connection, wanted.hosts, later)  # first: a MAC may go over to a new name
                _hosts(context, connection, wanted, changes)
                _pools(context, connection, wanted, changes, before)
                if prune:
                    changes.lines += prune_left(connection, wanted.hosts, later)
                    changes.lines += prune_profiles(connection, wanted.profiles)
                _check(connection, context.config.server.data, wanted, changes, missing)
                if dry_run:
                    raise _Undo
                remember(connection, context, "apply", changes.answers)
                if changes.lines:
                    audit.append(connection, time.time(), context.actor.name, "apply", f"{len(changes.lines)} changes")
        except _Undo:
            pass
    return {"changes": changes.lines, "dry_run": dry_run}


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One apply at a time; the second is refused, since it was written for a site that the first is changing."""
    descriptor = os.open(data / "run" / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConflictError("another apply is at work", fix="wait for its end, then look at the difference again (--dry-run)") from None
    finally:
        os.close(descriptor)


def _media(context: Context, wanted: Declared, changes: _Changes, *, import_now: bool) -> set[str]:
    """Import what is not here yet; the names that would come but have not."""
    with context.store.site.read() as connection:
        here = {medium.name for medium in inventory.media(connection)}
    missing = {name for name in wanted.media if name not in here}
    for name in sorted(missing):
        one = wanted.media[name]
        sources = " + ".join(map(told, one.sources))
        changes.lines.append(f"+ medium {name}: {sources}" + ("" if one.lies is Lies.COPIED else f" ({one.lies})"))
        if import_now:
            import_(context, source=list(one.sources), name=name, lies=one.lies)
    return missing


def _site(connection: Connection, wanted: Declared, changes: _Changes, *, prune: bool) -> None:
    before = inventory.site_answers(connection)
    answers = before if wanted.site is None and not prune else kept(wanted.site or {}, before)
    if answers == before:
        return
    shown = sites.described(connection)
    with _pointing_at(wanted.lines.get("site", 1)):
        sites.save(connection, answers)
    changes.site = True
    changes.answers.append(Changed("site", "", before, answers))
    changes.lines.append(difference("site", "", flat(shown), flat(sites.described(connection))))


def _profiles(connection: Connection, wanted: Declared, changes: _Changes, missing_media: set[str]) -> None:
    present = {profile.name: profile for profile in inventory.profiles(connection)}
    here = {medium.name: medium for medium in inventory.media(connection)}
    media = {**dict.fromkeys(missing_media), **here}  # in a dry run what is missing would have come first
    known = {**present, **wanted.profiles}
    changed: list[Profile] = []
    for name in _parents_first(wanted, known):
        before = present.get(name)
        profile = _with_secrets(wanted.profiles[name], before)
        if before == profile:
            continue
        with _pointing_at(wanted.lines[f"profile {name}"]):
            profiles.check(profile, known, media)
        changed.append(profile)
        changes.answers.append(Changed("profile", name, before.answers if before else None, profile.answers))
        changes.lines.append(difference("profile", name, profile_flat(before) if before else None, profile_flat(profile)))
    if changed:
        inventory.put_profiles(connection, changed)
    changes.profiles = [profile.name for profile in changed]


def _hosts(context: Context, connection: Connection, wanted: Declared, changes: _Changes) -> None:
    present = {host.name: host for host in inventory.hosts(connection)}
    pairs = [(present.get(name), _host_with_secrets(declared, present.get(name))) for name, declared in wanted.hosts.items()]
    changed = [(before, host) for before, host in pairs if before != host]
    rivals = beside(connection, context.config, [host for _, host in changed])
    for before, host in changed:
        with _pointing_at(wanted.lines[f"host {host.name}"]):
            rivals.check(host)
        changes.answers.append(Changed("host", host.name, before.answers if before else None, host.answers))
        changes.lines.append(difference("host", host.name, host_flat(before) if before else None, host_flat(host)))
    if changed:
        changes.hosts = hosts.save_all(connection, [host for _, host in changed])


def _pools(
    context: Context, connection: Connection, wanted: Declared, changes: _Changes, before: Mapping[str, Pool]
) -> None:
    def pointing(whose: str) -> AbstractContextManager[None]:
        return _pointing_at(wanted.lines[whose])

    changes.pools, lines = put_pools(context, connection, wanted.pools, before, pointing)
    changes.lines += lines


def _check(connection: Connection, data: Path, wanted: Declared, changes: _Changes, missing_media: set[str]) -> None:
    """Look at everything that changed, together with what it inherits and what inherits it, once all of it is there."""
    inherited = Inherited(connection, data, frozenset(missing_media))
    of_file = min((wanted.lines[f"profile {name}"] for name in changes.profiles), default=wanted.lines.get("site", 1))

    def pointing(whose: str) -> AbstractContextManager[None]:
        return _pointing_at(wanted.lines.get(whose, of_file))

    if changes.site:
        inherited.check_site(pointing)
    else:
        inherited.check_changed(changes.profiles, changes.hosts, pointing)
    for pool in changes.pools:
        with pointing(f"pool {pool.name}"):
            inherited.check_pool(pool)


@contextmanager
def _pointing_at(line: int) -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise DeclaredError(f"line {line}: {error.message}", fix=error.fix) from None
    except ConflictError as error:
        raise ConflictError(f"line {line}: {error.message}", fix=error.fix) from None
    except PxeserveError as error:
        raise DeclaredError(f"line {line}: {error.message}", fix=error.fix) from None


def _parents_first(wanted: Declared, known: Mapping[str, Profile]) -> list[str]:
    """The profiles in an order in which each parent comes before those that inherit it. Raises DeclaredError for a circle."""
    ordered: dict[str, None] = {}
    for first in wanted.profiles:
        below: dict[str, None] = {}
        name: str | None = first
        while name is not None and name in known and name not in ordered:
            if name in below:
                raise DeclaredError(f"line {wanted.lines[f'profile {first}']}: profile {first}: its parents lead back to {name}")
            below[name] = None
            name = known[name].parent
        ordered |= dict.fromkeys(reversed(below))
    return [name for name in ordered if name in wanted.profiles]


def _with_secrets(profile: Profile, before: Profile | None) -> Profile:
    return replace(profile, answers=kept(profile.answers, before.answers if before else {}))


def _host_with_secrets(host: Host, before: Host | None) -> Host:
    return replace(host, id=before.id if before else 0, answers=kept(host.answers, before.answers if before else {}))
