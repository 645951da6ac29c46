"""The steps that may not come, and all that they may not come for: the catalogue that timelines go by, as data for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.timeline.missing import silent
from pxeserve.timeline.missing.catalogue import patience
from pxeserve.timeline.missing.shape import Expectation, Rule
from pxeserve.timeline.missing.verdict import EXPECTATIONS, RULES
from pxeserve.timeline.steps import Step

ARMED = "armed"
"""What is before the first step: the host is armed, and nothing was heard."""


@verb("missing.list", role=Role.VIEWER)
def list_missing(_context: Context) -> list[dict[str, Any]]:
    """Step by step, in the order of a boot: what is expected after it, how long machines take, and every cause for which it may not come.
    Words in braces are filled in from a boot."""
    found = [_step(ARMED, silent.EXPECTATIONS, silent.RULES)]
    for step in Step:
        expectations = [one for one in EXPECTATIONS if one.after is step and one.expected]
        if expectations:
            found.append(_step(str(step), expectations, [one for one in RULES if step in one.after]))
    return found


def _step(after: str, expectations: Iterable[Expectation], rules: Iterable[Rule]) -> dict[str, Any]:
    return {
        "after": after,
        "expects": [
            {"expected": one.expected, "where": one.when, "overdue": patience(one), "means": one.missing, "source": one.source}
            for one in expectations
        ],
        "causes": [
            {"code": one.code, "when": one.when, "text": one.text, "tell": one.tell, "fix": one.fix, "source": one.source} for one in rules
        ],
    }
