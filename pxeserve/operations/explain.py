"""What a machine would get if it booted now, and because of what. Asks the one decision and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from pxeserve.answerfile.declared import redacted
from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.boot.entry import MenuError, entry
from pxeserve.boot.loaders import Loaders
from pxeserve.domain.client import Client, Firmware, parse_mac
from pxeserve.domain.decide import Decision, Reason, Target, Weight, decide
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import MediumState
from pxeserve.errors import PxeserveError
from pxeserve.handout.menus import Place, own_disk, reader_for, write
from pxeserve.installs.subject import Subject, subject
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.operations.timeline import coming
from pxeserve.snapshot import shared
from pxeserve.store.loaders import sets

_REDACTED, _SESSION = "TOKEN", "SESSION"


@verb("explain")
def explain(context: Context, *, mac: str, firmware: Firmware = Firmware.BIOS) -> dict[str, Any]:
    """The decision for `mac` with every reason, and the menu as it would be rendered, its token left out."""
    try:
        client = Client(parse_mac(mac), firmware)
    except ValueError as error:
        raise PxeserveError(str(error), fix="give the address of the card that boots, as the machine's firmware shows it") from None
    now = time.time()
    who = subject(context.store, shared(context.store).current(), client.mac)
    config = context.config
    loaders = Loaders(context.store, config.server.data, config.dhcp.mode, config.boot.idle)
    site = loaders.site_for(who.medium, who.profile)
    decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, now=now)
    menu, trouble = _menu(context, decision, firmware, loaders)
    reasons = [*decision.because, *trouble, *_damage(context, decision, who), *_conditions(context, decision)]
    reasons += _passed_over(context, decision, who)
    loader, install = decision.loader, decision.install
    return {
        "mac": client.mac,
        "firmware": firmware,
        "host": decision.host.name if decision.host else None,
        "target": Target.OWN_DISK if trouble else decision.target,
        "loader": {"set": loader.set, "file": loader.file, "origin": loader.origin, "http": loader.http} if loader else None,
        "medium": decision.medium.name if decision.medium else None,
        "install": {"id": install.id, "state": install.state, "expires": install.expires} if install else None,
        "menu": menu,
        "answers": _answers(context, who),
        "because": [{"weight": one.weight, "code": one.code, "text": one.text, "source": one.source} for one in reasons],
        "next": coming(context, who.host) if who.host else None,
    }


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
    wanted = decision.install is not None and decision.install.wants_answerfile
    try:
        url = f"{place.url}/a/{_REDACTED}" if wanted else None
        return write(entry(decision, answerfile_url=url), reader).decode(), []
    except MenuError as error:
        who = decision.host.name if decision.host else "this machine"
        reason = Reason(Weight.REFUSED, "menu-unwritable", error.message, f"profile {decision.profile.name}" if decision.profile else who)
        return own_disk(decision, reader).decode(), [reason]


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
