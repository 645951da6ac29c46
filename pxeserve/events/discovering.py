"""Machines that network-boot and are no hosts, gathered from what DHCP tells of them, and what their loaders say of them afterwards.

Only what is told is gathered, so a flood of invented MACs that DHCP merely counts reaches nothing here. Pure; the ledger stores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pxeserve.events.record import Event
from pxeserve.store.discovered import Machine

MOST = 2_000
"""Machines kept: a hall of racks. In a flood those that came once go first, so that machines which keep trying stay."""

FORGOTTEN = "discovered.forgotten"
"""The event by which a person has one forgotten."""

ANOTHER_BOOT = 60.0
"""Seconds of silence after which a message is another boot's; firmware waits 32 s at the most between two tries (PXE 2.1, section 2.2)."""

_ASKS = frozenset({"dhcp.discover", "dhcp.request", "dhcp.inform"})
_MENU = "boot.menu"
_TEXTS = ("vendor_class", "user_class", "hostname", "circuit", "remote")


def strangers(events: Iterable[Event]) -> list[Event]:
    """Those of `events`, hosts named in them already, in which firmware that is no host's asks something, or a loader says its serial."""
    return [event for event in events if event.mac and event.host is None and (_asks(event) or _says_serial(event))]


def seen(known: Mapping[str, Machine], asking: Iterable[Event]) -> list[Machine]:
    """The machines behind `asking` as they are known after it. What one says now is kept instead of what it said before."""
    found: dict[str, Machine] = {}
    for event in asking:
        assert event.mac is not None
        before = found.get(event.mac) or known.get(event.mac)
        if _says_serial(event):  # nobody is discovered by asking for a file
            found |= {event.mac: replace(before, serial=str(event.data["serial"]))} if before is not None else {}
        else:
            found[event.mac] = _again(before, event) if before is not None else _new(event.mac, event)
    return list(found.values())


def forgotten(events: Iterable[Event]) -> list[str]:
    """The MACs that somebody had forgotten."""
    return [event.mac for event in events if event.kind == FORGOTTEN and event.mac]


def _asks(event: Event) -> bool:
    return event.kind in _ASKS and "arch" in event.data


def _says_serial(event: Event) -> bool:
    return event.kind == _MENU and isinstance(event.data.get("serial"), str)


def _new(mac: str, event: Event) -> Machine:
    return replace(Machine(mac, event.at, event.at), **_said(event.data))


def _again(before: Machine, event: Event) -> Machine:
    boots = before.boots + (abs(event.at - before.last_seen) > ANOTHER_BOOT)
    return replace(before, first_seen=min(before.first_seen, event.at), last_seen=event.at, boots=boots, **_said(event.data))


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {name: data[name] for name in _TEXTS if isinstance(data.get(name), str) and data[name]}
    arch, uuid, relay = data.get("arch"), data.get("uuid"), data.get("giaddr")
    if isinstance(arch, str) and arch.isdecimal():
        said["arch"] = int(arch)
    if isinstance(uuid, str):
        said["uuid"] = uuid
    if isinstance(relay, str):
        said["relay"] = relay
    return said
