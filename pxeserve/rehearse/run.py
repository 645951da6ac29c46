"""A rehearsal from its beginning to its report: ask what is known, walk, and put both together as one outlook.

Speaks to the service by the words of its verbs alone, whoever carries them. Refuses to know terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.rehearse.dhcp import WAITS
from pxeserve.rehearse.meant import Ask
from pxeserve.rehearse.others import Listening
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.prediction import Outlook, Prediction, outlook, walked_into
from pxeserve.rehearse.shared import Shared
from pxeserve.rehearse.step import Step
from pxeserve.rehearse.way import UNWALKED, ready
from pxeserve.timeline.steps import Step as Stage

_HURRIED = (1.0,)
_UNASKED = "who else answers DHCP on this network: nobody was asked (that needs root, and an interface that is not loopback)"


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known before the first step. `plan` is None when no walk can begin; `known` then says why."""

    host: str
    mac: str
    firmware: str
    heard: str
    known: tuple[Prediction, ...]
    unknown: tuple[str, ...]
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Watching:
    """Who hears of a rehearsal while it goes on, in the thread that walks it: of its beginning, and of each step as it ends."""

    begun: Callable[[Begun], None] = lambda _: None
    step: Callable[[Step], None] = lambda _: None


_UNWATCHED = Watching()


@dataclass(frozen=True, slots=True)
class Report:
    """A rehearsal that is over. `mac` is the identity that walked, or the host's own card when nothing did; `ok` says that the machine
    would reach the end. `heard` says where `firmware` is known from, "" when it was asked for."""

    host: str
    mac: str
    firmware: str
    heard: str
    ok: bool
    verdict: str
    steps: tuple[Step, ...]
    outlook: Outlook
    not_walked: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        first = self.outlook.first
        return {
            "host": self.host,
            "mac": self.mac,
            "firmware": self.firmware,
            "heard": self.heard,
            "ok": self.ok,
            "verdict": self.verdict,
            "prediction": first.plain() if first is not None else None,
            "also": [one.plain() for one in self.outlook.also],
            "steps": [asdict(one) for one in self.steps],
            "not_walked": list(self.not_walked),
        }


def from_plain(values: Mapping[str, Any]) -> Report:
    """The reverse of `Report.plain`."""
    first = Prediction.from_plain(values["prediction"]) if values["prediction"] else None
    found = Outlook(first, tuple(Prediction.from_plain(one) for one in values["also"]))
    own = {name: values[name] for name in ("host", "mac", "firmware", "heard", "ok", "verdict")}
    return Report(**own, steps=tuple(Step(**one) for one in values["steps"]), outlook=found, not_walked=tuple(values["not_walked"]))


def rehearse(
    ask: Ask, mac: str, firmware: str | None, watching: Watching = _UNWATCHED, *, shared: Shared | None = None, listen: bool = True
) -> Report:
    """Rehearse the host that owns `mac`, with `firmware` or what it last said; who watches hears of it as it goes on. `listen`: for other
    DHCP servers. Raises PxeserveError for a host that is not known, and when no service runs."""
    begun = _begin(ask, mac, firmware)
    watching.begun(begun)
    return _walk(ask, begun, watching.step, shared, listen=listen)


def _begin(ask: Ask, mac: str, firmware: str | None) -> Begun:
    """Ask what is known, and be given an identity."""
    said = ask("rehearse.foresee", {"mac": mac, "firmware": firmware})
    known = [Prediction.from_plain(one) for one in said["known"]]
    plan = None
    if not said["unwalkable"]:
        try:
            plan = Plan.from_plain(ask("rehearse.begin", {"mac": mac, "firmware": said["firmware"]}))
        except PxeserveError as error:
            if error.code != "refused":
                raise
            known.append(Prediction(Stage.MENU, "arming-refused", error.message, error.fix or "", "what arming checks"))
    return Begun(said["host"], said["mac"], said["firmware"], said["heard"], tuple(known), tuple(said["unknown"]), plan)


def _walk(ask: Ask, begun: Begun, tell: Callable[[Step], None], shared: Shared | None, *, listen: bool) -> Report:
    """Walk what was begun, telling each step as it ends; the identity is given back however it ends."""
    plan = begun.plan
    if plan is None:
        return _report(begun, (), begun.known, UNWALKED)
    listening = Listening(plan)
    if listen:
        listening.start()
    steps: list[Step] = []
    said = "rehearsal failed: it was broken off"
    try:
        with ready(plan, shared, _waits(begun.known)) as way:
            for step in way.walk.steps():
                steps.append(step)
                tell(step)
        known = [*begun.known, *listening.told(), *(walked_into(step) for step in steps if not step.ok)]
        report = _report(begun, steps, known, (*way.not_walked, *(() if listening.asked or not listen else (_UNASKED,))))
        said = report.verdict
        return report
    finally:
        ask("rehearse.end", {"mac": plan.mac, "host": plan.host, "verdict": said})


def _waits(known: Sequence[Prediction]) -> Sequence[float]:
    """For answers that are not expected to come nobody waits long."""
    return _HURRIED if any(one.stops and one.step is Stage.OFFERED for one in known) else WAITS


def _report(begun: Begun, steps: Sequence[Step], known: Sequence[Prediction], not_walked: Sequence[str]) -> Report:
    found = outlook(known)
    ok = bool(steps) and steps[-1].ok and found.first is None
    missing = (*not_walked, *begun.unknown)
    mac = begun.plan.mac if begun.plan is not None else begun.mac
    said = _verdict(begun, steps, found)
    return Report(begun.host, mac, begun.firmware, begun.heard, ok, said, tuple(steps), found, missing)


def _verdict(begun: Begun, steps: Sequence[Step], found: Outlook) -> str:
    if found.first is None:
        size, seconds = sum(step.bytes for step in steps), sum(step.seconds for step in steps)
        return f"rehearsal ok: {begun.host} would be installed to the end ({len(steps)} steps, {size:,} bytes in {seconds:.1f} s)"
    return f"rehearsal failed: {begun.host} would stop at {found.first.step}: {found.first.text}"
