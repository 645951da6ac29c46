"""How XCP-ng 8.2 refuses: as 8.2, with RAID."""

from __future__ import annotations

from tests.answerfile.reading.cases import c8_2
from tests.answerfile.reading.cases.c6_0 import lacking
from tests.answerfile.reading.cases.case import Case, plus

CASES = {
    **c8_2.CASES,
    "a RAID without device": Case(plus("<raid><disk>sda</disk><disk>sdb</disk></raid>"), *lacking("device", "raid")),
}
