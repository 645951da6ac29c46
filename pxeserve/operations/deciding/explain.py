"""What a machine would get if it booted now, and because of what. Asks the one decision and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

from pxeserve.answerfile.declared import redacted
from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.boot.entry import MenuError, entry
from pxeserve.boot.leaving import CHAIN
from pxeserve.boot.loaders import Loaders, loaders_of
from pxeserve.dhcp.quirks.known import QUIRKS
from pxeserve.dhcp.quirks.make import Make, in_force
from pxeserve.domain.client import Client, Firmware, parse_mac
from pxeserve.domain.decide import Decision, Reason, Target, Weight, decide
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import MediumState
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.handout.menus import Place, own_disk, reader_for, write
from pxeserve.handout.names import Syntax
from pxeserve.installs.subject import Subject, subject
from pxeserve.operations.context import Context
from pxeserve.operations.deciding.lent import Would, would
from pxeserve.operations.deciding.outlook import leaving, outlook
from pxeserve.operations.deciding.ready import proof, standing, verdict
from pxeserve.operations.record.said import Said, last_said, make_of
from pxeserve.operations.record.silence import silence
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.timeline import coming
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import events, leases
from pxeserve.store.loaders import sets
from pxeserve.timeline.missing import Next

_REDACTED, _SESSION = "TOKEN", "SESSION"
_COUNTED_MINUTES = 60


@verb("explain", role=Role.VIEWER)
def explain(context: Context, *, mac: str, firmware: Firmware | None = None) -> dict[str, Any]:
    """The decision for `mac`, a card's address or a host's name, with every reason, and the menu as it would be rendered, its token left
    out. Without `firmware`, what the machine's own DHCP messages last said."""
    now = time.time()
    snapshot = shared(context.store).current()
    card, found = _card(context, snapshot, mac)
    runs, told = _runs(found, firmware)
    who = subject(context.store, snapshot, card, serial=found.serial)
    config = context.config
    client = _client(card, runs, found)
    loaders = loaders_of(context.store, config.server.data, config.dhcp.mode, config.boot.idle)
    site = loaders.site_for(who.medium, who.profile)
    decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, claim=who.claim, now=now)
    menu, trouble = _menu(context, decision, runs, loaders)
    reasons = [*decision.because, *trouble, *_damage(context, decision, who), *_conditions(context, decision)]
    silent = silence(context, who.host, now) if who.host is not None else None
    reasons += [*_unheard(who, silent), *_passed_over(context, decision, who)]
    made = make_of(found, runs)
    with context.store.leases.read() as connection:
        held = leases.by_mac(connection, card)
    dhcp = would(config, decision, made, found, held, now)
    loader, install = decision.loader, decision.install
    return {
        "mac": card,
        "firmware": runs,
        "firmware_because": _plain((told,)),
        "host": decision.host.name if decision.host else None,
        "macs": list(who.host.macs) if who.host else [card],
        "target": Target.OWN_DISK if trouble else decision.target,
        "loader": {"set": loader.set, "file": loader.file, "origin": loader.origin, "http": loader.http} if loader else None,
        "medium": decision.medium.name if decision.medium else None,
        "install": {"id": install.id, "state": install.state, "expires": install.expires} if install else None,
        "menu": menu,
        "answers": _answers(context, who),
        "because": _plain(reasons),
        "dhcp": {
            "mode": config.dhcp.mode,
            "answers": dhcp.answers,
            "address": str(dhcp.address) if dhcp.address else None,
            "last_heard": found.last,
            "ignored": {} if found.last is not None else _ignored(context, now),
            "because": _plain(dhcp.because),
        },
        "quirks": _quirks(made, dhcp, config.dhcp.mode),
        "leave": _plain(leaving(decision, runs, found.uuid)),
        "evidence": _plain((proof(context, card, found.address, held, now),)),
        "answerfile": _plain(verdict(context, who)),
        "standing": _plain((standing(context, who, decision),)),
        "outlook": outlook(decision, runs, dhcp, http=loader is not None and loader.http),
        "next": coming(context, who.host, silent) if who.host else None,
    }


def _card(context: Context, snapshot: Snapshot, asked: str) -> tuple[str, Said]:
    """The MAC that is meant, and what was heard of it: a host's name means the card of it that was heard last. Raises PxeserveError."""
    try:
        mac = parse_mac(asked)
    except ValueError as error:
        host = snapshot.hosts.get(asked)
        if host is None:
            fix = "give a host's name, or the address of the card that boots, as the machine's firmware shows it"
            raise PxeserveError(f"{error}, and there is no host of that name", fix=fix) from None
        if not host.macs:
            fix = "pxeserve discovered list shows who was heard, and pxeserve discovered adopt MAC --name NAME says that it is this one"
            raise PxeserveError(f"{host.name}: no card of it is known yet, only its system UUID", fix=fix) from None
        known = [(mac, last_said(context.store, mac)) for mac in host.macs]
        return max(known, key=lambda one: one[1].last or 0.0)
    return mac, last_said(context.store, mac)


def _runs(found: Said, asked: Firmware | None) -> tuple[Firmware, Reason]:
    if asked is not None:
        return asked, Reason(Weight.CHOSE, "firmware-asked", f"{asked} was asked about", "the question")
    if found.firmware is not None and found.at is not None:
        at = datetime.fromtimestamp(found.at, UTC).astimezone().isoformat(" ", "seconds")
        says = f" ({found.vendor_class})" if found.vendor_class else ""
        return found.firmware, Reason(Weight.CHOSE, "firmware-said", f"it said so by DHCP at {at}{says}", "events")
    text = "nothing was ever heard of its firmware, so a BIOS is assumed; ask with another kind to see what that would get"
    return Firmware.BIOS, Reason(Weight.PASSED_OVER, "firmware-assumed", text, "events")


def _ignored(context: Context, now: float) -> dict[str, int]:
    """What DHCP ignored in the last hour, of whoever it was, by reason: where a machine may have gone that was never heard."""
    sums: dict[str, int] = {}
    with context.store.events.read() as connection:
        for _, source, reason, count in events.counters(connection, int(now) // 60 - _COUNTED_MINUTES):
            if source == "dhcp":
                sums[reason] = sums.get(reason, 0) + count
    return sums


def _client(mac: str, runs: Firmware, found: Said) -> Client:
    """As it says that it is, where it is asked about as that; else only the firmware is known. A BIOS's loader says no serial number."""
    arch, serial = found.arch if found.firmware is runs else None, found.serial if runs is not Firmware.BIOS else None
    return Client(mac, runs, arch, found.uuid, vendor_class=found.vendor_class, serial=serial)


def _quirks(made: Make, dhcp: Would, mode: str) -> list[dict[str, Any]]:
    """Those by which this machine is treated otherwise than the standard says."""
    ways = made.proxy if mode == "proxy" else made.server
    names = in_force(made, ways[0]) if ways and dhcp.answers and dhcp.file else tuple(one.name for one in made.quirks)
    return [{"name": one.name, "seen": one.seen, "does": one.does, "source": one.source} for one in QUIRKS if one.name in names]


def _plain(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"weight": one.weight, "code": one.code, "text": one.text, "source": one.source} for one in reasons]


def _answers(context: Context, who: Subject) -> list[dict[str, Any]]:
    """What is declared for the host, and by whom; secrets are not shown."""
    if who.host is None:
        return []
    try:
        found = shared(context.store).current().layers.of_host(who.host)
    except InheritanceError:
        return []  # the profile is gone, which is among the reasons
    return [{"answer": path, "value": value, "origin": found.origin(path)} for path, value in _told(redacted(found.values))]


def _told(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _told(value, f"{path}.")
        elif isinstance(value, list):
            yield from ((f"{path}.{number}", item) for number, item in enumerate(value))
        else:
            yield path, value


def _menu(context: Context, decision: Decision, firmware: Firmware, loaders: Loaders) -> tuple[str | None, list[Reason]]:
    """The menu's text, and why it is another than was decided, if it cannot be written."""
    loader = decision.loader
    if loader is None:
        return None, []
    place = Place(context.config.server.address or IPv4Address(0), context.config.http.port)
    reader = reader_for(firmware, loader, place, _SESSION, loaders.grub_for(loader.set))
    if reader.syntax is Syntax.PXELINUX:
        reader = replace(reader, modules=loaders.modules(loader.set, CHAIN))
    wanted = decision.install is not None and decision.install.wants_answerfile
    try:
        url = f"{place.url}/a/{_REDACTED}" if wanted else None
        return write(entry(decision, answerfile_url=url), reader).decode(), []
    except MenuError as error:
        who = decision.host.name if decision.host else "this machine"
        reason = Reason(Weight.REFUSED, "menu-unwritable", error.message, f"profile {decision.profile.name}" if decision.profile else who)
        return own_disk(decision, reader).decode(), [reason]


def _unheard(who: Subject, found: Next | None) -> Iterator[Reason]:
    """That the host is armed and was not heard since, which is what was `found`, with what is likely, the likeliest first."""
    if found is None or who.install is None or who.rehearsal:
        return
    source = f"install {who.install.id}"
    yield Reason(Weight.PASSED_OVER, "unheard", found.text, source)
    for cause in found.causes:
        yield Reason(Weight.PASSED_OVER, "unheard-cause", f"it may be that {cause.text}: {cause.tell}; {cause.fix}", source)


def _damage(context: Context, decision: Decision, who: Subject) -> Iterator[Reason]:
    """That what the machine installs, or would install, is damaged, where the decision itself had no need to say so."""
    if any(one.code == "medium-damaged" for one in decision.because):
        return
    media = shared(context.store).current().media
    live = who.install is not None and who.install.state in LIVE_STATES
    medium = media.get(who.install.medium) if live and who.install and who.install.medium else who.medium
    if medium is None or medium.state is not MediumState.DAMAGED:
        return
    what = "which it is being installed from," if live else "which it would install,"
    text = f"medium {medium.name}, {what} is damaged: {medium.state_reason}"
    yield Reason(Weight.REFUSED, "medium-damaged", text, f"medium {medium.name}")


def _conditions(context: Context, decision: Decision) -> Iterator[Reason]:
    """What must hold besides when the machine really asks."""
    if decision.target not in (Target.INSTALLER, Target.PLAIN) or decision.install is None:
        return
    source = f"install {decision.install.id}"
    if decision.install.bound_address is not None:
        text = f"its menu goes to {decision.install.bound_address}, which has asked for it already, or with evidence to one other address"
    elif context.config.arming.bind == "evidence":
        text = "its menu goes only to an address that is known to be this MAC's: by a lease, a DHCP request or the neighbour table"
    else:
        text = "its menu goes to whoever asks for it by this MAC: [arming] bind is token"
    yield Reason(Weight.CHOSE, "evidence", text, source)
    if decision.host is not None and decision.host.serial is not None:
        text = (
            f"if its loader can say the machine's serial number (iPXE, or pxeserve's own GRUB) it is asked for it first, and another one "
            f"than {decision.host.serial} stops the arming; pxelinux and signed GRUBs say none, and none decides nothing"
        )
        yield Reason(Weight.CHOSE, "serial-asked", text, f"host {decision.host.name}")


def _passed_over(context: Context, decision: Decision, who: Subject) -> Iterator[Reason]:
    """What the machine does not get, and why not."""
    if who.host and who.medium and decision.target is not Target.INSTALLER:
        text = f"medium {who.medium.name}, which profile {who.host.profile} names, is passed over for the reasons above"
        yield Reason(Weight.PASSED_OVER, "medium", text, f"profile {who.host.profile}")
    with context.store.site.read() as connection:
        imported = sets(connection)
    chosen = decision.loader
    for one in imported:
        if chosen is not None and one.name != chosen.set and one.has(chosen.file):
            text = f"loader set {one.name} ({one.origin}): another set comes before it, and sets are never mixed"
            yield Reason(Weight.PASSED_OVER, "loader", text, "table of loaders")
