"""The page of missing steps, drawn from the rules. Refuses to know what holds of any machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pxeserve.timeline.missing import silent
from pxeserve.timeline.missing.shape import Expectation, Rule
from pxeserve.timeline.missing.verdict import EXPECTATIONS, RULES
from pxeserve.timeline.steps import Step

_HEAD = """# The step that did not come

Printed from the rules in `pxeserve/timeline/missing/`; a test compares. A machine that stops says nothing. `pxeserve events --host NAME`
and `pxeserve explain MAC` say what should have come after the last sign of it, and why it may not have: the likeliest cause first, without
those that the record rules out, each with how to tell it from the others and what to do. With `--json` the same stands in `next`; of a
host that is armed and was not heard since it stands in `unheard` as well. Unknown cards with addresses near its own are named there, and
still when the arming has run out.

A cause is *proven* when it stands in the record, *likely* when something in it speaks for it, and *possible* otherwise; beside something
proven the merely possible is left out, and five at most are shown. What is proven at once is told at once; else the timeline waits as long
as machines take. Words in braces are filled in from the boot.
"""


def page() -> str:
    """All of it, in Markdown."""
    parts = [_HEAD, *_step("Armed, and not heard", silent.EXPECTATIONS, silent.RULES)]
    for step in Step:
        expectations = [one for one in EXPECTATIONS if one.after is step and one.expected]
        if expectations:
            parts += _step(f"After: {step}", expectations, [one for one in RULES if step in one.after])
    parts += ["## All causes\n", *_causes((*silent.RULES, *RULES))]
    return "\n".join(parts)


def _step(title: str, expectations: Iterable[Expectation], rules: Iterable[Rule]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| expected next | where | overdue after | what it means | source |"
    yield "| --- | --- | --- | --- | --- |"
    for one in expectations:
        cells = (one.expected, one.when, patience(one), one.missing, "; ".join([one.source, *(slow.source for slow in one.slower)]))
        yield _row(cells)
    yield ""
    yield "Causes: " + ", ".join(f"`{rule.code}`" for rule in rules) + "\n"


def patience(one: Expectation) -> str:
    """How long machines take, in words."""
    if one.patience is None:
        return "never"
    if one.patience == 0:
        return "at once"
    return "; ".join([f"{one.patience:.0f} s", *(f"{slow.patience:.0f} s for {slow.when}" for slow in one.slower)])


def _causes(rules: Iterable[Rule]) -> Iterator[str]:
    yield "| code | when | cause | how to tell | what to do | source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in rules:
        yield _row((f"`{one.code}`", one.when, one.text, one.tell, one.fix, one.source))
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_cell(one) for one in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{{", "{").replace("}}", "}").replace("<", "&lt;")
