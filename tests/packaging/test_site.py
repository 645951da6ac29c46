"""The documentation's site: built strictly, whole without a network, and red when a link leads nowhere. Pictures are drawn, not guessed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

import pytest

from pxeserve.installs.states import TABLE, diagram
from pxeserve.recovery.planning.facts import Role
from pxeserve.recovery.planning.steps import diagram as runbook

CHECKOUT = Path(__file__).parent.parent.parent
SITE = CHECKOUT / "packaging" / "site"
sys.path.insert(0, str(SITE))

import hooks  # noqa: E402
import picture  # noqa: E402
from layout import Box, Gaps, Line, lay  # noqa: E402

LINK = re.compile(r'(?:href|src)="([^"]*)"')
FETCHED = re.compile(r'<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)="([^"]*)"|url\(["\']?([^)"\']+)|@import\s+["\']([^"\']+)')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run([CHECKOUT / "bin" / "docs", folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder}\n", "")
    return folder


def pages(site: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}


def test_every_page_of_the_folder_is_a_page_of_the_site(site: Path) -> None:
    assert {path.stem for path in (CHECKOUT / "docs").glob("*.md")} <= {name.removesuffix(".html") for name in pages(site)}


def test_every_link_of_the_site_leads_to_a_file_of_it_and_every_anchor_to_a_place(site: Path) -> None:
    found = pages(site)
    places = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in found.items()}
    asked = 0
    for name, text in found.items():
        for link in map(unescape, LINK.findall(text)):
            if re.match(r"(https?|mailto|data):", link):
                continue
            path, _, anchor = link.partition("#")
            target = unquote(path.split("?")[0]).removeprefix("/") or name
            assert (site / target).is_file(), f"{name}: {link}"
            assert not anchor or target not in places or unquote(anchor) in places[target], f"{name}: {link}"
            asked += 1
    assert asked > 1000


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in (*site.rglob("*.html"), *site.rglob("*.css")):
        for found in FETCHED.findall(path.read_text(encoding="utf-8")):
            link = next(filter(None, found), "")
            assert not re.match(r"(https?:)?//", link), f"{path.name}: {link}"


def test_what_leads_nowhere_ends_the_build_and_is_named(tmp_path: Path) -> None:
    for name in ("mkdocs.yml", "README.md", "docs", "packaging", "bin"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    with (tmp_path / "docs" / "modes.md").open("a") as page:
        page.write("\n[a](no-page.md) [b](arming.md#no-place) ![c](screenshots/no-picture.png)\n")
    (tmp_path / "docs" / "forgotten.md").write_text("# A page that no list names\n")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    done = subprocess.run([tmp_path / "bin" / "docs"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    for named in ("no-page.md", "#no-place", "no-picture.png", "forgotten.md"):
        assert named in done.stderr


def test_every_page_stands_in_the_list_of_the_readme_and_its_links_lead_somewhere() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^- \[docs/([\w-]+\.md)\]\(docs/\1\): ", readme, re.MULTILINE))
    assert listed == {path.name for path in (CHECKOUT / "docs").glob("*.md")} - {"index.md"}
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", readme):
        page = CHECKOUT / (path or "README.md")
        assert page.is_file(), path
        headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {hooks.slug(one, "-") for one in headings}, (path, anchor)


# --- pictures ---


def boxes(svg: str) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box and label; the first of a picture is its paper."""
    for found in re.findall(r'<rect x="([-.\d]+)" y="([-.\d]+)" width="([.\d]+)" height="([.\d]+)"', svg)[1:]:
        x, y, width, height = map(float, found)
        yield x, y, x + width, y + height


@pytest.mark.parametrize("text", [diagram(), *map(runbook, Role)])
def test_boxes_and_labels_of_a_picture_lie_beside_each_other_and_inside_it(text: str) -> None:
    svg = picture.svg(text)
    left, top, width, height = map(float, re.findall(r'viewBox="([^"]+)"', svg)[0].split())
    found = list(boxes(svg))
    assert len(found) > 10
    assert all(left <= one[0] and top <= one[1] and one[2] <= left + width and one[3] <= top + height for one in found)
    assert not [(a, b) for a, b in combinations(found, 2) if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]


def test_every_state_and_every_change_is_drawn() -> None:
    svg = picture.svg(diagram())
    for state in {one for (before, _), then in TABLE.items() for one in (before, then)}:
        assert f">{state}</tspan>" in svg
    [title] = re.findall(r"<title>(.*?)</title>", svg)
    assert all(f"{before} to {then}: {happening}" in title for (before, happening), then in TABLE.items())
    assert svg.count("<path d=") == 2 * len([1 for (before, _), then in TABLE.items() if before != then])


@pytest.mark.parametrize(
    "wrong", ["pie\n a --> b", "flowchart TD\n a --> b", 'flowchart TD\n a["A"]\n a -.-> a', "stateDiagram-v2\n state armed {"]
)
def test_what_cannot_be_drawn_is_an_error_and_no_picture_with_a_hole(wrong: str) -> None:
    with pytest.raises(picture.PictureError):
        picture.svg(wrong)


def test_arrows_lead_downwards_but_for_those_that_close_a_circle() -> None:
    lines = [Line(*ends) for ends in ("ab", "bc", "ad", "dc", "ac", "ca")]
    placed = {name: Box(40.0, 20.0) for name in "abcd"}
    lay(placed, lines, Gaps(10.0, 10.0))
    assert [line.back for line in lines] == [False] * 5 + [True]
    assert all(placed[line.start].y + 20 < placed[line.end].y for line in lines if not line.back)
    assert placed["b"].y == placed["d"].y


def test_a_circle_is_drawn_with_its_way_back() -> None:
    svg = picture.svg('flowchart LR\n a["A"]\n b["B"]\n c["C"]\n a --> b\n b --> c\n c -->|"again"| a')
    assert svg.count("<path d=") == 6
    assert ">again</tspan>" in svg
