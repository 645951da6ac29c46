"""Doctor, rehearsal and timeline say what they find in the same words, and the linter keeps those of its contract."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pxeserve
from pxeserve.answerfile.finding import Finding as Linted
from pxeserve.answerfile.finding import Severity, as_data
from pxeserve.doctor.check import Check, examine
from pxeserve.doctor.finding import Blind, Fault, Grade
from pxeserve.rehearse.prediction import WALKED_INTO, Prediction, walked_into
from pxeserve.rehearse.step import Step as Walked
from pxeserve.timeline.missing import Cause
from pxeserve.timeline.steps import Step
from tests.doctor.conftest import Make, make

__all__ = ["make"]

WORDS = {"code", "text", "tell", "fix", "source"}
ROOT = Path(pxeserve.__file__).parent
FAULT = Fault("small-mtu", Grade.HARMS, "eth0 has {mtu}", "blocks do not arrive", "ip link set eth0 mtu 1500")


def test_the_doctor_says_what_it_found_and_where_that_is_known_from(make: Make) -> None:
    check = Check("mtu", "cards", "RFC 894", (FAULT,), lambda _around: iter([FAULT.found("eth0", mtu=1400), Blind("it is dark", "light")]))
    [result] = examine([check], make())
    said = result.plain()
    assert set(said["findings"][0]) == WORDS | {"check", "grade", "where"}
    assert {key: said["findings"][0][key] for key in ("code", "text", "tell", "source")} == {
        "code": "small-mtu", "text": "eth0 has 1400", "tell": "blocks do not arrive", "source": "RFC 894"
    }  # fmt: skip
    assert said["cannot_look"] == [{"text": "it is dark", "fix": "light"}]


def test_a_rehearsal_says_how_what_it_predicts_will_show() -> None:
    certain = Prediction(Step.MENU, "no-profile", "its profile is gone", "give it one", "host xen01")
    assert set(certain.plain()) == WORDS | {"step", "stops"}
    assert certain.plain()["tell"] == "its timeline ends before this step: menu"
    assert dataclasses.replace(certain, stops=False).plain()["tell"] == "its timeline may end before this step: menu"
    assert Prediction.from_plain(certain.plain()).plain() == certain.plain()
    walked = walked_into(Walked(1, "menu", False, 0.1, 0, "no such file", "import it", "menu"))
    assert (walked.code, walked.text, walked.tell) == (WALKED_INTO, "no such file", "a walk stops at: menu, boot 1")


def test_a_cause_has_the_same_words() -> None:
    assert {field.name for field in dataclasses.fields(Cause)} == WORDS | {"weight"}


def test_the_linter_keeps_its_contract() -> None:
    [said] = as_data([Linted("XA-001", Severity.ERROR, 3, 1, "it is refused", "write it so", "answerfile.py")])["findings"]
    assert list(said) == ["code", "severity", "line", "column", "message", "fix", "source"]


def test_every_code_of_a_prediction_is_documented() -> None:
    page = (ROOT.parent / "docs" / "rehearsal.md").read_text().partition("else one of:")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z-]+)`", page)) == set(_codes())


def _codes() -> Iterator[str]:
    """Those that the package's own source says."""
    for path in [*(ROOT / "rehearse").glob("*.py"), *(ROOT / "operations").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if called in ("Prediction", "_said") and isinstance(node, ast.Call) and len(node.args) > 1:
                code = node.args[1]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield code.value
