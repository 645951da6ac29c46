"""What a situation comes to: the expectation that fits it, whether it is overdue, and the causes that the record leaves, in order."""

from __future__ import annotations

from collections.abc import Iterable

from pxeserve.timeline.hearing import Hearing
from pxeserve.timeline.missing import answerfile, dhcp, end, firstboot, installer, kernel, loader, packages, silent
from pxeserve.timeline.missing.shape import Cause, Expectation, Next, Rule, Weight
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.missing.words import said
from pxeserve.timeline.steps import Step

PARTS = (dhcp, loader, kernel, installer, answerfile, packages, end, firstboot)
EXPECTATIONS: tuple[Expectation, ...] = tuple(one for part in PARTS for one in part.EXPECTATIONS)
RULES: tuple[Rule, ...] = tuple(one for part in PARTS for one in part.RULES)
ENDS = frozenset({Step.FIRST_BOOT, Step.OTHER})
"""Steps after which nothing need be expected: the installed system is up (in no pool), and what is no step at all."""

_MOST = 5
_EXPECTED_AFTER: dict[Step, tuple[Expectation, ...]] = {
    step: tuple(one for one in EXPECTATIONS if one.after is step) for step in Step
}  # fmt: skip
_RULES_AFTER: dict[Step, tuple[Rule, ...]] = {step: tuple(one for one in RULES if step in one.after) for step in Step}


def following(situation: Situation) -> Next | None:
    """What should come after `situation`; None at an end. An older boot waits for nothing: there, what did not come is missing."""
    expectation = next((one for one in _EXPECTED_AFTER[situation.reached] if one.holds is None or one.holds(situation)), None)
    if expectation is None or not expectation.expected:
        return None
    expected = said(expectation.expected, situation)
    weighed = list(_weighed(_RULES_AFTER[situation.reached], situation))
    if not _is_overdue(expectation, situation, weighed):
        return Next(expected, False, "", expectation.source)
    causes = tuple(_cause(rule, weight, situation) for rule, weight in _ranked(weighed))
    text = said(expectation.missing, situation)
    if causes and causes[0].weight != Weight.POSSIBLE.name.lower():
        text += f": {causes[0].text}"
    return Next(expected, True, text, expectation.source, causes)


def unheard(situation: Situation) -> Next:
    """What to say of a host that is armed and whose firmware has not been heard since. `quiet` is seconds since then."""
    expectation = next(one for one in silent.EXPECTATIONS if one.holds is None or one.holds(situation))
    expected = said(expectation.expected, situation)
    if situation.quiet < (expectation.patience or 0.0):
        return Next(expected, False, "", expectation.source)
    causes = tuple(_cause(rule, weight, situation) for rule, weight in _ranked(list(_weighed(silent.RULES, situation))))
    return Next(expected, True, said(expectation.missing, situation), expectation.source, causes)


def awaited(heard: Hearing, armed_at: float, now: float) -> Next | None:
    """The same from what was `heard` since a host was armed at epoch second `armed_at`; None when its firmware was heard."""
    return None if heard.firmware else unheard(Situation(quiet=max(now - armed_at, 0.0), state="armed", heard=heard))


def silence(heard: Hearing, armed_at: float, now: float) -> Next | None:
    """The same, and None too when it is too early to wonder."""
    found = awaited(heard, armed_at, now)
    return found if found is not None and found.overdue else None


def patience(expectation: Expectation, situation: Situation) -> float | None:
    """How long to wait, in seconds; None: for ever."""
    if expectation.patience is None:
        return None
    slow = [one.patience for one in expectation.slower if one.holds(situation)]
    return max([expectation.patience, *slow])


def _is_overdue(expectation: Expectation, situation: Situation, weighed: Iterable[tuple[Rule, Weight]]) -> bool:
    if any(weight is Weight.PROVEN and rule.at_once for rule, weight in weighed):
        return True
    limit = patience(expectation, situation)
    if limit is None:
        return False
    return bool(situation.after) or not situation.newest or situation.quiet > limit


def _weighed(rules: Iterable[Rule], situation: Situation) -> Iterable[tuple[Rule, Weight]]:
    for rule in rules:
        weight = rule.weigh(situation)
        if weight is not Weight.RULED_OUT:
            yield rule, weight


def _ranked(weighed: list[tuple[Rule, Weight]]) -> list[tuple[Rule, Weight]]:
    """The likeliest first. Beside something proven, what is merely possible is not worth the reading."""
    ranked = sorted(weighed, key=lambda one: -one[1])
    if ranked and ranked[0][1] is Weight.PROVEN:
        ranked = [one for one in ranked if one[1] is not Weight.POSSIBLE]
    return ranked[:_MOST]


def _cause(rule: Rule, weight: Weight, situation: Situation) -> Cause:
    return Cause(
        rule.code, weight.name.lower(), said(rule.text, situation), said(rule.tell, situation), said(rule.fix, situation), rule.source
    )  # fmt: skip
