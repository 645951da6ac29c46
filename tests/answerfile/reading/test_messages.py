"""Every message of every generation: a file that provokes it, and the refusal that predicts it, at its place."""

from __future__ import annotations

import pytest

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import read
from tests.answerfile.reading.cases import (
    c4_1,
    c5_0,
    c5_5,
    c5_6,
    c6_0,
    c6_2,
    c6_5,
    c7_0,
    c7_1,
    c8_2,
    cxcp_8_2,
    cxcp_8_3,
    cxs8,
    cxs9,
)  # fmt: skip
from tests.answerfile.reading.cases.case import BASE, Case

ALL = {
    "4.1": c4_1.CASES, "5.0": c5_0.CASES, "5.5": c5_5.CASES, "5.6": c5_6.CASES, "6.0": c6_0.CASES, "6.2": c6_2.CASES, "6.5": c6_5.CASES,
    "7.0": c7_0.CASES, "7.1": c7_1.CASES, "8.2": c8_2.CASES, "xcp-8.2": cxcp_8_2.CASES, "xs8": cxs8.CASES, "xcp-8.3": cxcp_8_3.CASES,
    "xs9": cxs9.CASES,
}  # fmt: skip


def test_every_generation_has_its_cases() -> None:
    assert list(ALL) == list(DIALECTS)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_file_that_all_cases_change_is_taken(name: str) -> None:
    reading = read(parse(BASE.encode()), DIALECTS[name])
    assert reading.refusal is None
    assert reading.answers is not None


@pytest.mark.parametrize(
    ("name", "case"), [pytest.param(name, case, id=f"{name}: {what}") for name, cases in ALL.items() for what, case in cases.items()]
)
def test_it_is_refused_in_the_installers_own_words(name: str, case: Case) -> None:
    document = parse(case.text.encode())
    reading = read(document, DIALECTS[name], case.machine)
    refusal = reading.refusal
    assert refusal is not None
    assert reading.answers is None
    assert (refusal.error, refusal.message) == (case.error, case.message)
    assert refusal.node is [node for node in document.nodes if node.name == case.node][case.nth]
    assert refusal.fix
    assert refusal.source == DIALECTS[name].source
    assert (case.message or "install-log") in refusal.seen
