"""docs/timeline.md says what the data says."""

from __future__ import annotations

import re
from pathlib import Path

from pxeserve.answerfile.scripts.consoles import CONSOLES
from pxeserve.timeline.stages import Phase

PAGE = (Path(__file__).parents[2] / "docs" / "timeline.md").read_text(encoding="utf-8")


def rows(after: str) -> list[list[str]]:
    table = PAGE.split(f"<!-- {after}:")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[3:]]


def test_every_stage_is_explained_in_its_order() -> None:
    assert sorted(row[0] for row in rows("stages")) == sorted(str(one) for one in Phase)
    told = [row[0] for row in rows("stages")]
    assert told[:10] == [str(one) for one in Phase][:10]


def test_every_generation_tells_where_to_look() -> None:
    wanted = [[name, "; ".join(f"{how}: {what}" for how, what in row.consoles), f"`{row.on_disk}`"] for name, row in CONSOLES.items()]
    assert rows("consoles") == wanted
    assert {row.log for row in CONSOLES.values()} == {re.search(r"`(/tmp/[a-z-]+)` in the RAM disk", PAGE)[1]}  # type: ignore[index]
