"""Hosts: who they are, and what is set for them."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pxeserve.answerfile.declared import redacted
from pxeserve.config import Config
from pxeserve.domain.client import parse_mac
from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.inherited import Inherited, answers_fault
from pxeserve.operations.labels import rack_name, tag_names
from pxeserve.operations.registry import verb
from pxeserve.operations.selection import chosen, selection
from pxeserve.operations.settings import Setting, put, settings
from pxeserve.operations.verification import standing
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, installs, inventory

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)


@verb("host.add")
def add(context: Context, *, name: str, mac: list[str], profile: str, set: list[str] | None = None) -> dict[str, Any]:
    """Name a machine. `set` holds KEY=VALUE: `address`, `uuid`, `serial`, `rack`, `tags`, or an answer such as `admin-interface.ip`."""
    host = changed(Host(0, host_name(name), macs(mac), profile), settings(set or []))
    with context.store.site.write() as connection:
        check(connection, context.config, host)
        if inventory.host(connection, host.name):
            raise ConflictError(f"there is already a host {host.name}", fix=f"pxeserve host set {host.name} changes it")
        stored = save(connection, host)
        notes = _noted(context, connection, stored)
        audit.append(connection, time.time(), context.actor.name, "host.add", host.name)
    return {**described(stored), "notes": notes}


@verb("host.list")
def list_hosts(
    context: Context, *, name: list[str] | None = None, rack: str | None = None, tag: list[str] | None = None
) -> list[dict[str, Any]]:
    """Hosts, by name, each with the state of its newest install: all of them, or those that are asked for (`selection`)."""
    wanted = selection(name, rack, tag)
    snapshot = shared(context.store).current()
    with context.store.site.read() as connection:
        return [_with_state(connection, snapshot, host) for host in chosen(inventory.hosts(connection), wanted)]


@verb("host.show")
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One host with all that is set for it."""
    with context.store.site.read() as connection:
        return _with_state(connection, shared(context.store).current(), known(connection, name))


@verb("host.set")
def set_host(
    context: Context, *, name: str, set: list[str] | None = None, mac: list[str] | None = None, profile: str | None = None
) -> dict[str, Any]:
    """Change a host: KEY=VALUE sets, KEY= takes away; `mac` and `profile` replace what was there."""
    with context.store.site.write() as connection:
        host = known(connection, name)
        if mac:
            host = replace(host, macs=macs(mac))
        if profile is not None:
            host = replace(host, profile=profile)
        host = changed(host, settings(set or []))
        check(connection, context.config, host)
        save(connection, host)
        notes = _noted(context, connection, host)
        audit.append(connection, time.time(), context.actor.name, "host.set", host.name)
    return {**described(host), "notes": notes}


@verb("host.remove")
def remove(context: Context, *, name: str) -> dict[str, Any]:
    """Forget a host. Refused while it has a live install."""
    with context.store.site.write() as connection:
        host = known(connection, name)
        refuse_if_live(connection, host)
        inventory.remove_host(connection, host.id)
        audit.append(connection, time.time(), context.actor.name, "host.remove", host.name)
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
    if not found:
        raise PxeserveError("a host needs at least one MAC address")
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
                host = replace(host, serial=setting.value or None)
            case "rack":
                host = replace(host, rack=rack_name(setting.value) if setting.value else None)
            case "tags" | "tags+":
                host = replace(host, tags=_tags(host, setting))
            case _:
                put(answers, setting)
    return replace(host, answers=answers)


def check(connection: Connection, config: Config, host: Host) -> None:
    """Refuse what could not work: an unknown profile, an address outside every subnet, a MAC or address that is another host's."""
    if host.profile not in {profile.name for profile in inventory.profiles(connection)}:
        raise NotFoundError(f"host {host.name}: there is no profile {host.profile}", fix="pxeserve profile add makes one")
    for mac in host.macs:
        owner = inventory.host_by_mac(connection, mac)
        if owner is not None and owner.id != host.id:
            raise ConflictError(f"host {host.name}: {mac} is {owner.name}'s")
    if host.address is not None:
        if config.dhcp.mode == "server" and not any(host.address in subnet.network for subnet in config.dhcp.subnet):
            networks = ", ".join(str(subnet.network) for subnet in config.dhcp.subnet)
            raise PxeserveError(f"host {host.name}: address {host.address} is in no subnet that is served ({networks})")
        for other in inventory.hosts(connection):
            if other.address == host.address and other.id != host.id:
                raise ConflictError(f"host {host.name}: address {host.address} is {other.name}'s")
    answers_fault(f"host {host.name}", host.answers)


def save(connection: Connection, host: Host) -> Host:
    """Store `host`. Raises ConflictError when something of it is another's after all."""
    try:
        return replace(host, id=inventory.put_host(connection, host))
    except IntegrityError as error:
        raise ConflictError(f"host {host.name}: its name, MAC or address is already another host's") from error


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


def _noted(context: Context, connection: Connection, host: Host) -> list[str]:
    """Refuse a host that contradicts what it inherits; what its installer cannot be told, or must be told yet."""
    inherited = Inherited(connection, context.config.server.data)
    inherited.check_host(host)
    return inherited.notes_of_host(host)


def _with_state(connection: Connection, snapshot: Snapshot, host: Host) -> dict[str, Any]:
    """With its install, and the medium that this is from, or that its profile names."""
    newest = installs.newest_of(connection, host.id)
    state = str(newest.state) if newest else "idle"
    own = snapshot.medium_of(host)
    medium = newest.medium if newest is not None and newest.state in LIVE_STATES else own.name if own else None
    return {**described(host), "state": state, "install": newest.id if newest else None, "medium": standing(snapshot, medium)}


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
        return str(UUID(text))
    except ValueError:
        raise PxeserveError(f"uuid: {text!r} is not a UUID") from None
