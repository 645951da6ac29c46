"""Hosts: who they are, and what is set for them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pxeserve.answerfile.declared import redacted
from pxeserve.config import Config
from pxeserve.domain.client import parse_mac
from pxeserve.domain.host import Host
from pxeserve.domain.identity import says_nothing
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations import undoing
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.changing import last_change
from pxeserve.operations.inventory.inherited import Inherited, answers_fault
from pxeserve.operations.inventory.pooled import refuse_if_pooled
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.inventory.rivals import beside
from pxeserve.operations.media.verification import standing
from pxeserve.operations.record.silence import silences, unheard_notes
from pxeserve.operations.registry import verb
from pxeserve.operations.words.labels import rack_name, serial_number, tag_names
from pxeserve.operations.words.revisions import refuse_stale, revision_of
from pxeserve.operations.words.selection import chosen, selection
from pxeserve.operations.words.settings import Setting, put, settings
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, installs, inventory
from pxeserve.store.installs import InstallRow
from pxeserve.timeline.missing import Next

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)


@verb("host.add", role=Role.OPERATOR)
def add(
    context: Context, *, name: str, profile: str, mac: list[str] | None = None, set: list[str] | None = None
) -> dict[str, Any]:
    """Name a machine. `set` holds KEY=VALUE: `address`, `uuid`, `serial`, `rack`, `tags`, or an answer such as `admin-interface.ip`."""
    host = changed(Host(0, host_name(name), macs(mac or []), profile), settings(set or []))
    with context.store.site.write() as connection:
        check(connection, context.config, host)
        if inventory.host(connection, host.name):
            raise ConflictError(f"there is already a host {host.name}", fix=f"pxeserve host set {host.name} changes it")
        stored = save(connection, host)
        remember(connection, context, "host.add", [Changed("host", stored.name, None, stored.answers)])
        notes = _noted(context, connection, stored)
        audit.append(connection, time.time(), context.actor.name, "host.add", host.name)
    return {**_edited(context, stored), "notes": [*notes, *unheard_notes(context, [stored]).values()]}


@verb("host.list", role=Role.VIEWER)
def list_hosts(
    context: Context, *, name: list[str] | None = None, rack: str | None = None, tag: list[str] | None = None
) -> list[dict[str, Any]]:
    """Hosts, by name, each with the state of its newest install: all of them, or those that are asked for (`selection`)."""
    wanted = selection(name, rack, tag)
    snapshot = shared(context.store).current()
    hosts = sorted(chosen(list(snapshot.hosts.values()), wanted), key=lambda host: host.name)
    ids = [host.id for host in hosts] if wanted else None
    with context.store.site.read() as connection:
        newest, done = installs.newest_by_host(connection, ids), installs.last_done(connection, ids)
    silent = silences(context, hosts, newest, time.time())
    return [with_state(snapshot, host, newest.get(host.id), done.get(host.id), silent.get(host.name)) for host in hosts]


@verb("host.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One host with all that is set for it."""
    with context.store.site.read() as connection:
        host = known(connection, name)
        newest, done = installs.newest_of(connection, host.id), installs.last_done(connection, [host.id])
    silent = silences(context, [host], {host.id: newest} if newest else {}, time.time())
    told = with_state(shared(context.store).current(), host, newest, done.get(host.id), silent.get(host.name))
    return {**told, "revision": _revision(context, host)}


@verb("host.set", role=Role.OPERATOR)
def set_host(
    context: Context, *, name: str, set: list[str] | None = None, mac: list[str] | None = None, profile: str | None = None,
    revision: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Change a host: KEY=VALUE sets, KEY= takes away; `mac` and `profile` replace what was there. Raises StaleError when `revision` is said
    and the host is another one by now."""
    with context.store.site.write() as connection:
        host = before = known(connection, name)
        _refuse_stale(context, connection, host, revision)
        if mac:
            host = replace(host, macs=macs(mac))
        if profile is not None:
            host = replace(host, profile=profile)
        host = changed(host, settings(set or []))
        check(connection, context.config, host)
        save(connection, host)
        remember(connection, context, "host.set", [Changed("host", host.name, before.answers, host.answers)])
        notes = _noted(context, connection, host)
        audit.append(connection, time.time(), context.actor.name, "host.set", host.name)
    undoing.keep(context, "host", host.name, before, host)
    return {**_edited(context, host), "notes": notes}


@verb("host.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str, revision: str | None = None) -> dict[str, Any]:
    """Forget a host, as it was at `revision` where that is said. Refused while it has a live install, or is in a pool."""
    with context.store.site.write() as connection:
        host = known(connection, name)
        _refuse_stale(context, connection, host, revision)
        refuse_if_live(connection, host)
        refuse_if_pooled(connection, host)
        inventory.remove_host(connection, host.id)
        audit.append(connection, time.time(), context.actor.name, "host.remove", host.name)
    undoing.keep(context, "host", host.name, host, None)
    return {"removed": host.name}


def refuse_if_live(connection: Connection, host: Host) -> None:
    """Raise ConflictError while `host` is armed or being installed."""
    newest = installs.newest_of(connection, host.id)
    if newest is not None and newest.state in LIVE_STATES:
        raise ConflictError(f"{host.name} has an install that is {newest.state}", fix=f"pxeserve host cancel {host.name} ends it")


def known(connection: Connection, name: str) -> Host:
    """The host called `name`. Raises NotFoundError."""
    host = inventory.host(connection, name)
    if host is None:
        raise NotFoundError(f"there is no host {name}", fix="pxeserve host list shows them all")
    return host


def host_name(text: str) -> str:
    """A host name by RFC 1123. Raises PxeserveError."""
    if not _NAME.fullmatch(text):
        raise PxeserveError(f"{text!r} is not a host name: letters, digits and hyphens, 63 at most")
    return text.lower()


def macs(texts: list[str]) -> tuple[str, ...]:
    """MAC addresses in their usual spelling. Raises PxeserveError."""
    try:
        found = tuple(parse_mac(text) for text in texts)
    except ValueError as error:
        raise PxeserveError(str(error)) from None
    return tuple(dict.fromkeys(found))


def changed(host: Host, wanted: list[Setting]) -> Host:
    """`host` with these settings. Raises PxeserveError."""
    answers: dict[str, Any] = dict(host.answers)
    for setting in wanted:
        match setting.keys[0]:
            case "address":
                host = replace(host, address=_address(setting.value) if setting.value else None)
            case "uuid":
                host = replace(host, uuid=_uuid(setting.value) if setting.value else None)
            case "serial":
                host = replace(host, serial=serial_number(setting.value) if setting.value else None)
            case "rack":
                host = replace(host, rack=rack_name(setting.value) if setting.value else None)
            case "tags" | "tags+":
                host = replace(host, tags=_tags(host, setting))
            case _:
                put(answers, setting)
    return replace(host, answers=answers)


def check(connection: Connection, config: Config, host: Host) -> None:
    """Refuse what could not work, by itself or beside the other hosts (`Rivals`). Raises PxeserveError."""
    beside(connection, config, [host]).check(host)
    answers_fault(f"host {host.name}", host.answers)


def save(connection: Connection, host: Host) -> Host:
    """Store `host`. Raises ConflictError when something of it is another's after all."""
    return save_all(connection, [host])[0]


def save_all(connection: Connection, found: Sequence[Host]) -> list[Host]:
    """The same for many, which may take things over from one another."""
    try:
        return inventory.put_hosts(connection, found)
    except IntegrityError as error:
        whose = f"host {found[0].name}" if len(found) == 1 else "one of these hosts"
        raise ConflictError(f"{whose}: a name, MAC or address is already another host's") from error


def described(host: Host) -> dict[str, Any]:
    """A host for programs; secrets in its answers are not shown."""
    return {
        "name": host.name,
        "mac": list(host.macs),
        "profile": host.profile,
        "address": str(host.address) if host.address else None,
        "uuid": host.uuid,
        "serial": host.serial,
        "rack": host.rack,
        "tags": list(host.tags),
        "answerfile": redacted(host.answers),
    }


def _edited(context: Context, host: Host) -> dict[str, Any]:
    return {**described(host), "revision": _revision(context, host)}


def _revision(context: Context, host: Host) -> str:
    return revision_of(context.config.server.data, _fields(host))


def _refuse_stale(context: Context, connection: Connection, host: Host, revision: str | None) -> None:
    data, whose = context.config.server.data, f"host {host.name}"
    refuse_stale(data, whose, _fields(host), revision, lambda: last_change(connection, "host", host.name))


def _fields(host: Host) -> dict[str, Any]:
    """All that people edit of a host, secrets too."""
    return {**described(host), "answerfile": dict(host.answers)}


def _noted(context: Context, connection: Connection, host: Host) -> list[str]:
    """Refuse a host that contradicts what it inherits; what its installer cannot be told, or must be told yet."""
    inherited = Inherited(connection, context.config.server.data)
    inherited.check_host(host)
    return inherited.notes_of_host(host)


def with_state(
    snapshot: Snapshot, host: Host, newest: InstallRow | None, done_at: float | None, silent: Next | None
) -> dict[str, Any]:
    """With its install, and the medium that this is from, or that its profile names. `installed` tells whether it ever was, `unheard` why
    nothing was heard of it since it was armed, `doubt` why its install may run on another machine."""
    state = str(newest.state) if newest else "idle"
    own = snapshot.medium_of(host)
    medium = newest.medium if newest is not None and newest.state in LIVE_STATES else own.name if own else None
    return {
        **described(host),
        "state": state,
        "install": newest.id if newest else None,
        "installed": done_at is not None,
        "medium": standing(snapshot, medium),
        "unheard": asdict(silent) if silent is not None else None,
        "doubt": newest.doubt if newest else None,
    }


def _tags(host: Host, setting: Setting) -> tuple[str, ...]:
    said: dict[str, Any] = {"tags": list(host.tags)}
    put(said, Setting(("tags",), setting.value))
    more = tag_names(said.get("tags"))
    return tag_names([*host.tags, *more]) if setting.keys[0].endswith("+") else more


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise PxeserveError(f"address: {text!r} is not an IPv4 address") from None


def _uuid(text: str) -> str:
    try:
        found = str(UUID(text))
    except ValueError:
        raise PxeserveError(f"uuid: {text!r} is not a UUID") from None
    if says_nothing(found):
        raise PxeserveError(f"uuid: {found} says nothing: whole series of boards carry it", fix="leave it out; the MACs tell the host")
    return found
