"""What holds for every page and file of the face: nothing that the policy forbids, nothing from elsewhere, one sprite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parent.parent.parent / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
OURS = sorted((WEB / "static").glob("*.*"))
SHAPES = set(re.findall(r'<symbol id="([\w-]+)"', (WEB / "static/icons.svg").read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_page_holds_a_script_a_style_or_a_handler(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_shape_that_a_page_names_is_in_the_sprite(path: Path) -> None:
    named = set(re.findall(r'say\.icon\("([\w-]+)"', path.read_text())) | set(re.findall(r'say\.empty\("([\w-]+)"', path.read_text()))
    assert named <= SHAPES


def test_every_state_of_an_install_has_a_shape_and_a_colour_of_its_own() -> None:
    from pxeserve.domain.install import InstallState

    style = (WEB / "static/app.css").read_text()
    for state in (*map(str, InstallState), "idle", "stuck"):
        assert state in SHAPES
        assert f".is-{state}" in style


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_of_ours_asks_another_server(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\((?!#)|@import", text)
    assert "innerHTML" not in text and "eval(" not in text


def test_a_script_is_imported_by_one_name_alone() -> None:
    """The page names app.js with a stamp: a module that imported it back would load it a second time."""
    for path in (WEB / "static").glob("*.js"):
        assert "./app.js" not in path.read_text()
