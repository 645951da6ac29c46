"""Where an installer's consoles are stands in one place, a generation at a time; rules only say which one they mean."""

from __future__ import annotations

import re

import pytest

from pxeserve.answerfile.scripts.consoles import CONSOLES, SHELL, STEPS
from pxeserve.timeline.missing import Situation, silent
from pxeserve.timeline.missing.facts import Armed
from pxeserve.timeline.missing.verdict import RULES
from pxeserve.timeline.missing.words import said


def test_no_rule_says_by_itself_where_a_console_is() -> None:
    for rule in (*RULES, *silent.RULES):
        assert not re.search(r"\btty\d|Alt\+F", f"{rule.text} {rule.tell} {rule.fix}"), rule


@pytest.mark.parametrize("dialect", CONSOLES)
def test_what_a_rule_names_is_on_a_console_of_that_generation(dialect: str) -> None:
    row = CONSOLES[dialect]
    told = said("in {shell}: ps; on {steps}: the card; {consoles}", Situation(armed=Armed(dialect=dialect)))
    assert told.startswith(f"in the shell on {row.where(SHELL)}: ps; on {row.where(STEPS)}: the card; consoles: ")
    assert all(f"{how}: {what}" in told for how, what in row.consoles)
