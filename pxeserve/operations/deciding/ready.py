"""What else has to hold when a machine really asks: who it proves to be, what its answerfile is worth, and how its medium stands.

Each question has an answer with its reason. Asks the store and changes nothing; refuses to render a site's templates, for which a process
would have to be started.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import IPv4Address

from pxeserve.answerfile.declared import SHOWN
from pxeserve.domain.decide import Decision, Reason, Target, Weight
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import MediumState
from pxeserve.errors import PxeserveError
from pxeserve.installs import seal
from pxeserve.installs.evidence import Evidence, evidence
from pxeserve.installs.subject import Subject
from pxeserve.operations.context import Context
from pxeserve.operations.preparing.answering import Answering
from pxeserve.operations.preparing.host import answered_for, said_for, templates_folder
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import media as stored
from pxeserve.store.leases import LeaseRow

_PROOFS = {
    Evidence.LEASE: "{} is lent to this MAC here: its menu may go there",
    Evidence.REQUEST: "this MAC was heard asking another server for {}: its menu may go there",
    Evidence.NEIGHBOUR: "the neighbour table has this MAC at {}: its menu may go there",
    Evidence.FOREIGN: "{} is proven to be another machine's: no menu would go there, and an arming would be frozen",
    Evidence.NONE: "nothing proves now that {} is this MAC's; its next DHCP exchange does",
}


def proof(context: Context, mac: str, address: str | IPv4Address | None, leases: Iterable[LeaseRow], now: float) -> Reason:
    """What proves who `mac` is, at `address` or at what is lent to it."""
    lease = next((one for one in leases if one.bound(now)), None)
    at = lease.address if lease is not None else IPv4Address(str(address)) if address else None
    if at is None:
        text = "no address of this MAC is known now; its next DHCP exchange gives one"
        return Reason(Weight.PASSED_OVER, "evidence-none", text, "leases")
    found = evidence(context.store, mac, at, now)
    weight = {Evidence.FOREIGN: Weight.REFUSED, Evidence.NONE: Weight.PASSED_OVER}.get(found, Weight.CHOSE)
    source = "neighbour table" if found is Evidence.NEIGHBOUR else "leases"
    return Reason(weight, f"evidence-{found}", _PROOFS[found].format(at), source)


def verdict(context: Context, who: Subject) -> tuple[Reason, ...]:
    """What the installer would make of the answerfile: the frozen one of an install that is under way, else the one of an arming now."""
    host, medium, install = who.host, who.medium, who.install
    if host is None:
        return (_none("a machine that nobody has entered fetches no answerfile", "hosts"),)
    if install is not None and install.state in LIVE_STATES:
        label = f"install {install.id}"
        if not install.wants_answerfile:
            return (_none("this installation fetches no answerfile", label),)
        text = "the answerfile was linted and frozen when the host was armed: what was checked is what is delivered, byte for byte"
        return (Reason(Weight.CHOSE, "answerfile-frozen", text, label),)
    if who.profile is None or medium is None:
        return (_none(f"profile {host.profile} leads to no installer that reads one", f"profile {host.profile}"),)
    snapshot = shared(context.store).current()
    try:
        _, declared = said_for(snapshot, host)
    except PxeserveError as error:
        return (_refused(error, host.name),)
    if declared.template is not None:
        text = f"template {declared.template} writes it: pxeserve answerfile render {host.name} shows and lints it"
        return (Reason(Weight.PASSED_OVER, "answerfile-template", text, f"template {declared.template}"),)
    return _judged(context, who, snapshot)


def standing(context: Context, who: Subject, decision: Decision) -> Reason:
    """How the medium stands that the machine installs, or would install."""
    medium = who.medium
    if medium is None or decision.target is Target.PLAIN:
        return Reason(Weight.CHOSE, "medium-none", "no medium has a part in what it boots", "profiles")
    if medium.state is not MediumState.GOOD:
        return Reason(Weight.REFUSED, "medium-damaged", f"medium {medium.name} is damaged: {medium.state_reason}", f"medium {medium.name}")
    with context.store.site.read() as connection:
        checked = stored.checked_at(connection, medium.name)
    when = f"every byte was last read and right at {_moment(checked)}" if checked else "it was checked when it was imported"
    text = f"medium {medium.name} ({medium.product} {medium.version}) is good; {when}"
    return Reason(Weight.CHOSE, "medium-good", text, f"medium {medium.name}")


def _judged(context: Context, who: Subject, snapshot: Snapshot) -> tuple[Reason, ...]:
    host, medium = who.host, who.medium
    assert host is not None and medium is not None
    try:
        with Answering(templates_folder(context)) as answering:
            found = answered_for(context, snapshot, answering, host, medium, "fresh", seal.new_key(), SHOWN).answered
    except PxeserveError as error:
        return (_refused(error, host.name),)
    assert found is not None
    source = f"answerfile of {host.name}, {medium.dialect}"
    if not found.warnings:
        return (Reason(Weight.CHOSE, "answerfile-accepted", f"installers of {medium.dialect} would take its answerfile", source),)
    return tuple(Reason(Weight.PASSED_OVER, "answerfile-surprising", one, source) for one in found.warnings)


def _refused(error: PxeserveError, name: str) -> Reason:
    text = error.message + (f"; {error.fix}" if error.fix else "")
    return Reason(Weight.REFUSED, "answerfile-refused", text, f"host {name}")


def _none(text: str, source: str) -> Reason:
    return Reason(Weight.CHOSE, "answerfile-none", text, source)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(" ", "seconds")
