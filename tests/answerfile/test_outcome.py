"""What each mode keeps and loses is said for every generation that has it, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.outcome import MODES, OUTCOMES, outcome, table, without

DOCS = Path(__file__).parents[2] / "docs"
LOCAL = "its local storage"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_mode_has_an_outcome_where_its_installers_have_the_mode(dialect: str) -> None:
    assert {mode for mode in MODES if outcome(dialect, mode)} == set(DIALECTS[dialect].modes) & set(MODES)


def test_nothing_is_said_of_modes_and_generations_that_are_not_there() -> None:
    assert {mode for _, mode in OUTCOMES} <= set(MODES)
    assert {dialect for dialect, _ in OUTCOMES} == set(DIALECTS)
    assert all(one.keeps and one.loses and one.source for one in OUTCOMES.values())


@pytest.mark.parametrize(
    ("dialect", "mode", "kept"),
    [
        ("4.1", Mode.FRESH, False), ("4.1", Mode.REINSTALL, True), ("5.6", Mode.REINSTALL, True), ("6.0", Mode.REINSTALL, False),
        ("xcp-8.3", Mode.REINSTALL, False), ("xcp-8.3", Mode.UPGRADE, True), ("xcp-8.3", Mode.RESTORE, True), ("4.1", Mode.UPGRADE, True),
    ],
)  # fmt: skip
def test_local_storage_is_kept_or_lost_as_the_generation_does_it(dialect: str, mode: Mode, kept: bool) -> None:
    """5.6 kept it when it reinstalled, and 6.0 erases it: who did not read that loses guests."""
    found = outcome(dialect, mode)
    assert found is not None
    assert any(LOCAL in part for part in found.keeps) is kept
    assert any("local storage" in part for part in found.loses) is not kept


def test_an_old_restore_is_a_matter_for_a_person_and_the_refusal_says_so() -> None:
    assert "--interactive" in without("4.1", Mode.RESTORE)
    assert "know fresh, reinstall, upgrade" in without("6.0", Mode.OEM_HDD)


def test_the_docs_hold_the_table() -> None:
    text = (DOCS / "modes.md").read_text(encoding="utf-8")
    assert table() in text, "draw it again: pxeserve.answerfile.outcome.table"
