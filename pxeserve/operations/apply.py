"""`apply` makes the site as a file declares it, and says what it changes; `export` prints the site in the same form."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection

from pxeserve.answerfile.declared import kept
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Lies, Medium
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations import hosts, profiles, sites
from pxeserve.operations.context import Context
from pxeserve.operations.declared import Declared, DeclaredError, read
from pxeserve.operations.imports import import_
from pxeserve.operations.inherited import Inherited
from pxeserve.operations.registry import verb
from pxeserve.store import audit, inventory, media

_LOCK = "apply.lock"


@dataclass(slots=True)
class _Changes:
    """The difference, as lines: `+` new, `~` changed, `-` removed, `=` kept although the file does not name it. `profiles` and `hosts` are
    those that changed, `site` whether its answers did."""

    lines: list[str] = field(default_factory=list)
    site: bool = False
    profiles: list[str] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)


class _Undo(Exception):
    """Leaves a transaction without its changes."""


@verb("apply")
def apply(context: Context, *, text: str, dry_run: bool = False, prune: bool = False) -> dict[str, Any]:
    """Make the site as `text` declares it. With `prune` hosts and profiles that it does not name are removed, but never one with a live
    install. Everything in one transaction, or nothing; media are imported first. `dry_run` only tells."""
    wanted = read(text)
    changes = _Changes()
    with _alone(context.config.server.data):
        missing = _media(context, wanted, changes, import_now=not dry_run)
        try:
            with context.store.site.write() as connection:
                _site(connection, wanted, changes, prune=prune)
                _profiles(connection, wanted, changes, missing)
                if prune:
                    _prune_hosts(connection, wanted, changes)  # first: a MAC may go over to a new name
                _hosts(context, connection, wanted, changes)
                if prune:
                    _prune_profiles(connection, wanted, changes)
                _check(connection, context.config.server.data, wanted, changes, missing)
                if dry_run:
                    raise _Undo
                if changes.lines:
                    audit.append(connection, time.time(), context.actor.name, "apply", f"{len(changes.lines)} changes")
        except _Undo:
            pass
    return {"changes": changes.lines, "dry_run": dry_run}


@verb("export")
def export(context: Context) -> dict[str, Any]:
    """The site as `apply` reads it. Passwords are not printed: a host keeps its own when such a file is applied again."""
    with context.store.site.read() as connection:
        shared = sites.described(connection)
        found = {
            **({"site": shared} if shared["answerfile"] else {}),
            "media": [_medium_plain(one, media.origin(connection, one.name)[0]) for one in inventory.media(connection)],
            "profiles": [_profile_plain(profile) for profile in inventory.profiles(connection)],
            "hosts": [_host_plain(host) for host in inventory.hosts(connection)],
            "pools": [],
        }
    return {"site": yaml.safe_dump(found, sort_keys=False, allow_unicode=True)}


def _medium_plain(medium: Medium, origin: str) -> dict[str, Any]:
    sources = origin.split("\n")
    plain = {"name": medium.name, "source": sources[0] if len(sources) == 1 else sources}
    return plain if medium.lies is Lies.COPIED else {**plain, "lies": str(medium.lies)}


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
        changes.lines.append(f"+ medium {name}: {' + '.join(one.sources)}" + ("" if one.lies is Lies.COPIED else f" ({one.lies})"))
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
    changes.lines.append(_difference("site", "", _flat(shown), _flat(sites.described(connection))))


def _check(connection: Connection, data: Path, wanted: Declared, changes: _Changes, missing_media: set[str]) -> None:
    """Look at everything that changed, together with what it inherits and what inherits it, once all of it is there."""
    inherited = Inherited(connection, data, frozenset(missing_media))
    if changes.site:
        with _pointing_at(wanted.lines.get("site", 1)):
            inherited.check_site()
        return
    for name in changes.profiles:
        with _pointing_at(wanted.lines[f"profile {name}"]):
            inherited.check_profile(name)
    for host in changes.hosts:
        with _pointing_at(wanted.lines[f"host {host.name}"]):
            inherited.check_host(host)


def _profiles(connection: Connection, wanted: Declared, changes: _Changes, missing_media: set[str]) -> None:
    present = {profile.name: profile for profile in inventory.profiles(connection)}
    for name in _parents_first(wanted):
        profile = _with_secrets(wanted.profiles[name], present.get(name))
        before = present.get(name)
        if before == profile:
            continue
        line = wanted.lines[f"profile {name}"]
        with _pointing_at(line):
            if profile.medium in missing_media and profile.medium not in {one.name for one in inventory.media(connection)}:
                inventory.put_profile(connection, profile)  # a dry run: its medium would have come first
            else:
                profiles.save(connection, profile)
        changes.profiles.append(name)
        changes.lines.append(_difference("profile", name, _profile_flat(before) if before else None, _profile_flat(profile)))


def _hosts(context: Context, connection: Connection, wanted: Declared, changes: _Changes) -> None:
    present = {host.name: host for host in inventory.hosts(connection)}
    for name, declared in wanted.hosts.items():
        before = present.get(name)
        host = _host_with_secrets(declared, before)
        if before == host:
            continue
        with _pointing_at(wanted.lines[f"host {name}"]):
            hosts.check(connection, context.config, host)
            hosts.save(connection, host)
        changes.hosts.append(host)
        changes.lines.append(_difference("host", name, _host_flat(before) if before else None, _host_flat(host)))


def _prune_hosts(connection: Connection, wanted: Declared, changes: _Changes) -> None:
    for host in inventory.hosts(connection):
        if host.name in wanted.hosts:
            continue
        try:
            hosts.refuse_if_live(connection, host)
        except ConflictError as error:
            changes.lines.append(f"= host {host.name}: kept, {error.message}")
            continue
        inventory.remove_host(connection, host.id)
        changes.lines.append(f"- host {host.name}")


def _prune_profiles(connection: Connection, wanted: Declared, changes: _Changes) -> None:
    for profile in reversed(inventory.profiles(connection)):
        if profile.name in wanted.profiles:
            continue
        try:
            profiles.refuse_if_used(connection, profile.name)
        except ConflictError as error:
            changes.lines.append(f"= profile {profile.name}: kept, {error.message}")
            continue
        inventory.remove_profile(connection, profile.name)
        changes.lines.append(f"- profile {profile.name}")


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


def _parents_first(wanted: Declared) -> list[str]:
    """The profiles in an order in which each parent comes before those that inherit it. Raises DeclaredError for a circle."""
    ordered: dict[str, None] = {}
    for first in wanted.profiles:
        below: dict[str, None] = {}
        name: str | None = first
        while name is not None and name in wanted.profiles and name not in ordered:
            if name in below:
                raise DeclaredError(f"line {wanted.lines[f'profile {first}']}: profile {first}: its parents lead back to {name}")
            below[name] = None
            name = wanted.profiles[name].parent
        ordered |= dict.fromkeys(reversed(below))
    return list(ordered)


def _with_secrets(profile: Profile, before: Profile | None) -> Profile:
    return replace(profile, answers=kept(profile.answers, before.answers if before else {}))


def _host_with_secrets(host: Host, before: Host | None) -> Host:
    return replace(host, id=before.id if before else 0, answers=kept(host.answers, before.answers if before else {}))


def _difference(kind: str, name: str, before: Mapping[str, str] | None, after: Mapping[str, str]) -> str:
    named = f"{kind} {name}".rstrip()
    if before is None:
        return f"+ {named}: " + ", ".join(f"{key} {value}" for key, value in after.items())
    changed = [
        f"{key}: {_shown(key, before)} -> {_shown(key, after)}"
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    return f"~ {named}: " + (", ".join(changed) or "its password")


def _shown(key: str, values: Mapping[str, str]) -> str:
    return values.get(key, "nothing")


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        elif value not in (None, "", []):
            found[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return found


def _profile_flat(profile: Profile) -> dict[str, str]:
    return _flat({key: value for key, value in _profile_plain(profile).items() if key != "name"})


def _host_flat(host: Host) -> dict[str, str]:
    return _flat({key: value for key, value in _host_plain(host).items() if key != "name"})


def _profile_plain(profile: Profile) -> dict[str, Any]:
    return _filled(profiles.described(profile))


def _host_plain(host: Host) -> dict[str, Any]:
    return _filled(hosts.described(host))


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, {}, [])}
