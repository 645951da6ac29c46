"""How 7.1 refuses: as 7.0, with a look at every source."""

from __future__ import annotations

from tests.answerfile.reading.cases import c7_0
from tests.answerfile.reading.cases.case import SOURCE, Case, changed

CASES = {
    **c7_0.CASES,
    "a second source of an unknown type": Case(
        changed((SOURCE, f'{SOURCE}<source type="ftp">ftp://h/x</source>')),
        "AnswerfileException",
        "Invalid type for <source> media specified.",
        "source",
        nth=1,
    ),
}
