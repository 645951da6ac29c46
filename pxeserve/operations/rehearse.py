"""Rehearsals: give a simulated client an identity that stands for a host, and take it back. The host itself is not touched."""

from __future__ import annotations

import time
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from sqlalchemy import Connection, select

from pxeserve.answerfile.declared import SHOWN
from pxeserve.config import Config
from pxeserve.domain.client import Firmware, parse_mac
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.installs import rehearsal
from pxeserve.installs.arming import Arming, Order
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.preparing import checked
from pxeserve.operations.registry import verb
from pxeserve.rehearse.plan import Package, Plan
from pxeserve.store import audit, inventory
from pxeserve.store import tables as t


@verb("rehearse.begin")
def begin(context: Context, *, mac: str, firmware: Firmware = Firmware.BIOS) -> dict[str, Any]:
    """Arm the host that owns `mac` for a rehearsal alone, under a MAC of the rehearsal's own; the plan for whoever walks it.

    All that arming checks is checked. The answerfile holds no password. It ends by itself after five minutes.
    """
    recorder, server, subnet = _walkable(context)
    now = time.time()
    host = _host(context, mac)
    found = checked(context, host, "fresh", interactive=False, password=SHOWN)
    identity = rehearsal.new_mac()
    arming = Arming(context.store, load_keys(context.config.server.data), context.config)
    order = Order(
        host, found.medium, "fresh", False, found.wants_answerfile, found.frozen, context.actor.name, identity, rehearsal.LASTS
    )  # fmt: skip
    grant = rehearsal.begin(context.store, arming, order, now)
    with context.store.site.write() as connection:
        audit.append(connection, now, context.actor.name, "rehearse", host.name)
        packages = _packages(connection, found.medium)
    text = f"{context.actor.name} rehearses {host.name} as {identity}"
    recorder.emit(Event("rehearsal.begun", now, text, host=host.name, mac=identity, install=grant.install_id))
    config = context.config
    plan = Plan(
        host=host.name,
        mac=identity,
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
        subnet=subnet,
        medium=found.medium.name if found.medium else None,
        dialect=found.medium.dialect if found.medium else "",
        unattended=found.wants_answerfile,
        packages=packages,
    )
    return plan.plain()


@verb("rehearse.end")
def end(context: Context, *, mac: str, host: str, verdict: str) -> dict[str, Any]:
    """Take the identity back; `verdict` is the walk's last sentence, for the record. Ending twice is harmless."""
    rehearsal.end(context.store, mac)
    if context.recorder is not None:
        context.recorder.emit(Event("rehearsal.ended", time.time(), harmless(verdict, 1000), host=host, mac=mac))
    return {"mac": mac, "ended": True}


def _walkable(context: Context) -> tuple[Recorder, IPv4Address, IPv4Network | None]:
    """What a walk needs of this server. Raises RefusedError, with what can be done instead, when it cannot be walked here."""
    config = context.config
    if context.recorder is None:
        raise RefusedError("no service is running, so there is nothing to rehearse against", fix="start it: pxeserve serve")
    if config.dhcp.mode == "off":
        raise RefusedError(
            "DHCP is off: another server names the boot files, and a rehearsal does not ask strangers",
            fix="pxeserve dhcp snippet --for isc --check asks it; pxeserve explain says what a machine would get",
        )
    if config.server.address is None:
        raise PxeserveError("it is not known which address machines come back to", fix='set [server] address, or interface = "eth0"')
    return context.recorder, config.server.address, _subnet(config, config.server.address)


def _subnet(config: Config, server: IPv4Address) -> IPv4Network | None:
    if config.dhcp.mode != "server":
        return None
    networks = [subnet.network for subnet in config.dhcp.subnet]
    return next((network for network in networks if server in network), networks[0])


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


def _packages(connection: Connection, medium: Medium | None) -> tuple[Package, ...]:
    if medium is None:
        return ()
    files = t.medium_file.c
    query = select(files.path, files.size, files.md5, files.sha256)
    query = query.where(files.medium == medium.name, files.position >= 0).order_by(files.position)
    return tuple(Package(path, size, md5, "" if md5 else sha256) for path, size, md5, sha256 in connection.execute(query))
