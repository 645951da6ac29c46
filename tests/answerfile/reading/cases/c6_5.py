"""How 6.5 refuses: as 6.2."""

from tests.answerfile.reading.cases.c6_2 import CASES

__all__ = ["CASES"]
