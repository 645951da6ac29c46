"""Armed, and nothing heard: why a machine that should boot from the network has not asked, the likeliest cause first.

Pure: what was heard since the arming and a clock value in, sentences out. Refuses to know where things heard are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pxeserve.store.events import EventRow

PATIENCE = 300.0
"""Seconds after an arming in which silence means nothing: servers take minutes from power-on to their network boot."""

_BOOTS = ("tftp.", "boot.", "http.", "ftp.")
_ASKS = frozenset({"dhcp.discover", "dhcp.request", "dhcp.offer", "dhcp.ack", "dhcp.inform", "dhcp.nak", "dhcp.system"})

_STARTS = frozenset({"dhcp.discover", "dhcp.system"})
"""What a system says when it starts, and seldom otherwise; a REQUEST by itself may be a renewal (RFC 2131 section 4.3.2)."""

_BOOT_ORDER = (
    "put the network first in its boot order, or press its one-time boot key while it starts (F12 on most makes, F11 for their menu), or "
    "ask its BMC: ipmitool chassis bootdev pxe (options=efiboot on UEFI), then ipmitool chassis power cycle"
)


@dataclass(frozen=True, slots=True)
class System:
    """The machine's own operating system, heard at epoch second `at`. `started`: it asked for an address anew, as it does when it starts;
    else it may only have renewed the one that it has."""

    at: float
    address: str | None = None
    started: bool = True


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely cause, and how to tell it or what to do about it."""

    what: str
    tell: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard of an armed host. `firmware`: it asked to boot since it was armed; `system` is its operating system since then;
    `before`: one of its cards was heard at some time; `near` are sentences on unknown cards with addresses like its own."""

    firmware: bool = False
    system: System | None = None
    before: bool = True
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nothing was heard since epoch second `since`; `text` says so in a sentence, `causes` are in the order of their likelihood."""

    since: float
    text: str
    causes: tuple[Cause, ...] = field(default_factory=tuple)


def hearing(events: Iterable[EventRow], since: float, *, systems: Sequence[System] = (), before: bool = True) -> Hearing:
    """What `events` of a host say of the time since epoch second `since`; `systems` were heard by other ways than the record."""
    later = [event for event in events if event.at >= since]
    own = [System(event.at, event.address, event.kind in _STARTS) for event in later if _of_system(event)]
    heard = sorted((*own, *(one for one in systems if one.at >= since)), key=lambda one: (not one.started, one.at))
    return Hearing(any(of_firmware(event) for event in later), heard[0] if heard else None, before)


def unheard(armed_at: float, now: float, heard: Hearing) -> Unheard | None:
    """Why nothing came since a host was armed at `armed_at`; None when something did, or when it is too early to wonder. An operating
    system that was heard is no reason to wait: the machine has started, and not from the network."""
    if heard.firmware:
        return None
    if heard.system is not None and heard.system.started:
        address = f" (it asked for {heard.system.address})" if heard.system.address else ""
        text = f"armed, and it started its own system instead at {_clock(heard.system.at)}{address}: it boots its disk before the network"
        tell = f"its system asked for an address anew, as it does when it starts: {_BOOT_ORDER}"
        return Unheard(armed_at, text, (Cause("it booted its own disk first", tell),))
    if now - armed_at < PATIENCE:
        return None
    if heard.system is not None:
        text = f"armed for {(now - armed_at) / 60:.0f} minutes, and its own system is running: heard at {_clock(heard.system.at)}"
        tell = f"its lease was renewed, so it is on, on this network and has this MAC: restart it; {_BOOT_ORDER}"
        return Unheard(armed_at, text, (Cause("it was not restarted, or it booted its own disk first", tell),))
    text = f"armed for {(now - armed_at) / 60:.0f} minutes, and nothing was heard of it"
    return Unheard(armed_at, text, tuple(_causes(heard)))


def _causes(heard: Hearing) -> Iterable[Cause]:
    own_disk = Cause("it was not restarted, or it booted its own disk first", f"look at its screen or its BMC; {_BOOT_ORDER}")
    off = Cause("it is off", "ipmitool chassis power status, or its lamp")
    network = Cause(
        "it is on another network: cable, switch port, tagged VLAN (network boots are untagged)",
        "look at the port's lamp and at the switch's table of MAC addresses",
    )
    relay = Cause("its network has no DHCP relay to this server", "its router needs this server's address as ip helper-address")
    if heard.before:
        yield from (own_disk, off, network, relay)
        return
    said = f"never heard here; heard and unknown: {'; '.join(heard.near)}" if heard.near else "never heard here: compare it with its screen"
    card = Cause("its card has another MAC than it was given here", said)
    yield from (card, own_disk, off, network, relay) if heard.near else (own_disk, off, network, card, relay)


def of_firmware(event: EventRow) -> bool:
    """Whether a network boot is behind `event`, and no operating system."""
    if event.session is not None or event.kind.startswith(_BOOTS):
        return True
    return event.kind.startswith("dhcp.") and _names_architecture(event)


def _of_system(event: EventRow) -> bool:
    return event.kind in _ASKS and event.session is None and not _names_architecture(event)


def _names_architecture(event: EventRow) -> bool:
    """Nothing but a network boot does (RFC 4578 section 2.1); beside an answer stands its boot file instead."""
    data = event.data or {}
    return data.get("arch") not in (None, "", "None") or bool(data.get("file")) or bool(data.get("because"))


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")
