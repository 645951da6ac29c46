"""docs/missing-steps.md is drawn from the rules."""

from __future__ import annotations

from pathlib import Path

from pxeserve.timeline.missing.catalogue import page
from pxeserve.timeline.missing.verdict import RULES

DOCS = Path(__file__).parents[3] / "docs" / "missing-steps.md"


def test_the_page_is_what_the_rules_say() -> None:
    assert DOCS.read_text(encoding="utf-8") == page()


def test_every_rule_is_on_it_with_its_source() -> None:
    drawn = page()
    for rule in RULES:
        assert f"| `{rule.code}` |" in drawn
        assert drawn.count(f"`{rule.code}`") >= 2
