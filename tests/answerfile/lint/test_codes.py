"""Every code is provoked by some test, and stands in the documentation as it is in the data."""

from __future__ import annotations

from pathlib import Path

from pxeserve.answerfile.codes import FIXABLE, Code, table
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.lint import lint
from tests.answerfile.lint import silently, test_bytes, test_refused
from tests.answerfile.lint.samples import known
from tests.answerfile.lint.spoiling import changed

PAGE = Path(__file__).parents[3] / "docs" / "answerfile.md"
LOOKED = {"XA-090", "XA-091", "XA-092"}
"""Those of tests/operations/answerfiles/test_looking.py."""


def found() -> list[Finding]:
    each = [*silently.EACH, *test_refused.EACH]
    return [finding for case, dialect in each for finding in lint(changed(case, dialect).encode(), known(dialect))]


def test_every_code_is_provoked_by_a_file() -> None:
    wanted = {case.code for case, _ in [*silently.EACH, *test_refused.EACH]} | {code for _, _, code, _ in test_bytes.CASES} | LOOKED
    assert wanted | {"XA-073"} == {code.text for code in Code}  # that one needs a machine


def test_every_severity_of_every_code_is_provoked_too() -> None:
    seen = {(one.code, one.severity) for one in found()}
    bytes_alone = {"XA-001", "XA-002", "XA-003", "XA-004"}
    wanted = {(code.text, severity) for code in Code for severity in code.severities if code.text not in LOOKED | bytes_alone}
    assert wanted - seen == set()


def test_codes_come_with_edits_where_they_say_so() -> None:
    assert {one.code for one in found() if one.edits} == {code.text for code in FIXABLE}


def test_no_code_is_used_twice() -> None:
    assert len({code.text for code in Code}) == len(Code)


def test_the_page_shows_the_codes_as_they_are() -> None:
    """To bring the page up to date: python -c 'from pxeserve.answerfile.codes import table; print(table())'."""
    page = PAGE.read_text(encoding="utf-8")
    shown = page.split("<!-- findings -->")[1].split("<!-- end of findings -->")[0]
    assert shown.strip() == table()
