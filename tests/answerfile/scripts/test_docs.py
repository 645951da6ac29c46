"""The page on scripts says what the data say."""

import re
from pathlib import Path

from pxeserve.answerfile.scripts import check, opinions
from pxeserve.answerfile.scripts.generations import GENERATIONS

PAGE = (Path(__file__).parents[3] / "docs" / "scripts.md").read_text()


def test_the_table_of_stages_is_the_data() -> None:
    rows = [
        f"| {name} | {', '.join(row.stages)} | {' '.join(f'`{one}`' for one in row.interpreters if 'env' not in one)} |"
        for name, row in GENERATIONS.items()
    ]
    head = "| --- | --- | --- |\n"
    assert PAGE.partition("<!-- stages")[2].partition(head)[2].startswith("\n".join(rows) + "\n")


def test_every_code_is_on_the_page_and_no_other() -> None:
    said = set(re.findall(r"^\| (SH-\d{3}) ", PAGE, re.MULTILINE))
    sources = Path(check.__file__).read_text() + Path(opinions.__file__).read_text()
    assert said == set(re.findall(r'"(SH-\d{3})"', sources))
