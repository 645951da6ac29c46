"""Rehearsals: say what is known beforehand, give a simulated client an identity that stands for a host, and take it back. The host itself
is not touched."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from pxeserve.answerfile.declared import SHOWN
from pxeserve.domain.client import Firmware, parse_mac
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.installs import rehearsal
from pxeserve.installs.arming import Arming, Order
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.foresight import foresee
from pxeserve.operations.foresight.firmware import Presumed, presumed
from pxeserve.operations.foresight.serving import network_of
from pxeserve.operations.preparing.host import Checked, checked
from pxeserve.operations.registry import verb
from pxeserve.operations.words.selection import chosen, selection
from pxeserve.rehearse.plan import TEXT_DIALECTS, YUM_DIALECTS, Package, Plan
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, inventory
from pxeserve.store import tables as t


@verb("rehearse.foresee", role=Role.VIEWER)
def foresee_(context: Context, *, mac: str, firmware: Firmware | None = None) -> dict[str, Any]:
    """What is known beforehand of the host that owns `mac`; of the firmware that it last said, where none is given.

    Arms nothing. Raises NotFoundError for a MAC that no host has, RefusedError when no service runs.
    """
    _served(context)
    host = _host(context, mac)
    card = parse_mac(mac)
    known = presumed(context, host, card) if firmware is None else Presumed(firmware, "", card)
    found = foresee(context, host, known.mac, known.firmware)
    return {
        "host": host.name,
        "mac": known.mac,
        "firmware": known.firmware,
        "heard": known.because,
        "known": [one.plain() for one in found.known],
        "unwalkable": found.unwalkable,
        "unknown": list(found.unknown),
    }


@verb("rehearse.hosts", role=Role.VIEWER)
def hosts(
    context: Context, *, rack: str | None = None, tag: list[str] | None = None, firmware: Firmware | None = None
) -> list[dict[str, Any]]:
    """Who is to be rehearsed, all hosts or those that are asked for (`selection`), each with its own firmware and with what is the same for
    all that load the same bytes."""
    _served(context)
    snapshot = shared(context.store).current()
    with context.store.site.read() as connection:
        meant = chosen(inventory.hosts(connection), selection(None, rack, tag))
    return [_wanted(context, snapshot, host, firmware) for host in meant]


def _wanted(context: Context, snapshot: Snapshot, host: Host, firmware: Firmware | None) -> dict[str, Any]:
    known = presumed(context, host) if firmware is None else Presumed(firmware, "", next(iter(host.macs), ""))
    medium = snapshot.medium_of(host)
    loads = f"medium {medium.name} {medium.revision}" if medium is not None else f"profile {host.profile}"
    return {
        "host": host.name, "mac": known.mac, "firmware": known.firmware, "heard": known.because, "alike": f"{loads} {known.firmware}",
    }  # fmt: skip


@verb("rehearse.begin", role=Role.OPERATOR)
def begin(context: Context, *, mac: str, firmware: Firmware = Firmware.BIOS) -> dict[str, Any]:
    """Arm the host that owns `mac` for a rehearsal alone, under a MAC of the rehearsal's own; the plan for whoever walks it.

    All that arming checks is checked. The answerfile holds no password. It ends by itself after five minutes.
    """
    recorder, server = _walkable(context)
    now = time.time()
    host = _host(context, mac)
    found = checked(context, host, "fresh", interactive=False, password=SHOWN)
    identity = rehearsal.new_mac()
    arming = Arming(context.store, load_keys(context.config.server.data), context.config)
    order = Order(
        host, found.medium, "fresh", False, found.wants_answerfile, found.frozen, context.actor.name, identity, rehearsal.LASTS
    )  # fmt: skip
    try:
        grant = rehearsal.begin(context.store, arming, order, now)
        with context.store.site.write() as connection:
            audit.append(connection, now, context.actor.name, "rehearse", host.name)
    except OperationalError as error:
        raise RefusedError(f"the rehearsal cannot be recorded: {error.orig}", fix="is the disk full? pxeserve doctor looks") from None
    text = f"{context.actor.name} rehearses {host.name} as {identity}"
    recorder.emit(Event("rehearsal.begun", now, text, host=host.name, mac=identity, install=grant.install_id))
    return _plan(context, found, server, grant, firmware).plain()


@verb("rehearse.end", role=Role.OPERATOR)
def end(context: Context, *, mac: str, host: str, verdict: str) -> dict[str, Any]:
    """Take the identity back; `verdict` is the walk's last sentence, for the record. Ending twice is harmless."""
    rehearsal.end(context.store, mac)
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "rehearse.end", harmless(host, 253))
    if context.recorder is not None:
        context.recorder.emit(Event("rehearsal.ended", time.time(), harmless(verdict, 1000), host=host, mac=mac))
    return {"mac": mac, "ended": True}


def _plan(context: Context, found: Checked, server: IPv4Address, grant: rehearsal.RehearsalGrant, firmware: Firmware) -> Plan:
    config, host, medium = context.config, found.host, found.medium
    with context.store.site.read() as connection:
        listed = _files(connection, medium)
    boot = medium.boot if medium is not None else None
    booted = {boot.xen, boot.kernel, boot.initrd} if boot is not None else set()
    replays = medium is not None and medium.dialect not in TEXT_DIALECTS | YUM_DIALECTS
    return Plan(
        host=host.name,
        mac=grant.mac,
        install=grant.install_id,
        expires=grant.expires,
        firmware=firmware,
        interface=config.server.interface or "",
        server=server,
        dhcp_port=config.dhcp.port,
        tftp_port=config.tftp.port,
        http_port=config.http.port,
        dhcp_mode=config.dhcp.mode,
        relay=server,
        subnet=network_of(config, server),
        medium=medium.name if medium else None,
        dialect=medium.dialect if medium else "",
        unattended=found.wants_answerfile,
        packages=tuple(Package(one.path, one.size, one.md5, "" if one.md5 else one.sha256) for one in listed if one.position >= 0),
        files=tuple(Package(one.path, one.size, "", one.sha256) for one in listed if one.path in booted),
        format=medium.format if medium else "",
        role=medium.role if medium else "main",
        paths=tuple(one.path for one in listed) if replays else (),
        mtu=_mtu(config.server.interface),
        alone=config.dhcp.mode == "server" and not config.dhcp.allow_other_servers,
    )


def _served(context: Context) -> Recorder:
    if context.recorder is None:
        raise RefusedError("no service is running, so there is nothing to rehearse against", fix="start it: pxeserve serve")
    return context.recorder


def _walkable(context: Context) -> tuple[Recorder, IPv4Address]:
    """What a walk needs of this server. Raises RefusedError, with what can be done instead, when it cannot be walked here."""
    config = context.config
    recorder = _served(context)
    if config.dhcp.mode == "off":
        raise RefusedError(
            "DHCP is off: another server names the boot files, and a rehearsal does not ask strangers",
            fix="pxeserve dhcp snippet --for isc --check asks it; pxeserve explain says what a machine would get",
        )
    if config.server.address is None:
        raise PxeserveError("it is not known which address machines come back to", fix='set [server] address, or interface = "eth0"')
    return recorder, config.server.address


def _mtu(interface: str | None) -> int:
    """The largest packet of the interface, in bytes; 0 where it is not known."""
    try:
        return int((Path("/sys/class/net") / (interface or "") / "mtu").read_text())
    except (OSError, ValueError):
        return 0


def _host(context: Context, mac: str) -> Host:
    try:
        wanted = parse_mac(mac)
    except ValueError as error:
        raise PxeserveError(str(error)) from None
    with context.store.site.read() as connection:
        host = inventory.host_by_mac(connection, wanted)
    if host is None:
        raise NotFoundError(f"no host has the MAC {wanted}", fix=f"pxeserve host add --mac {wanted} --name NAME --profile PROFILE")
    return host


def _files(connection: Connection, medium: Medium | None) -> list[Any]:
    """The medium's files in the order in which installers fetch them."""
    if medium is None:
        return []
    files = t.medium_file.c
    query = select(files.path, files.size, files.md5, files.sha256, files.position)
    return list(connection.execute(query.where(files.medium == medium.name).order_by(files.position)))
