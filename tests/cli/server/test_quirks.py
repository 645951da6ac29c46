"""docs/quirks.md is drawn from the data, each quirk is kept by a test that is marked with its name, and no mark names none."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pxeserve.cli.server import quirks
from pxeserve.domain.quirk import Quirk
from pxeserve.operations.server.quirks import ROOMS

TESTS = Path(__file__).parents[2]
DOCS = TESTS.parent / "docs" / "quirks.md"
SOURCE = TESTS.parent / "pxeserve"
ALL = [quirk for _, known in ROOMS for quirk in known]
MARK = re.compile(r'mark\.quirk\("([^"]+)"\)')
NAMED = re.compile(r"[Qq]uirks? `([a-z0-9-]+)`")


def test_the_page_in_the_checkout_is_what_is_drawn_today() -> None:
    if os.environ.get("REWRITE"):
        DOCS.write_text(quirks.page(), encoding="utf-8")
    assert DOCS.read_text(encoding="utf-8") == quirks.page(), "pxeserve quirks > docs/quirks.md"


def test_no_name_is_given_twice() -> None:
    names = [quirk.name for quirk in ALL]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("quirk", ALL, ids=lambda quirk: quirk.name)
def test_each_is_kept_by_a_test_that_names_it_and_says_where_it_is_known_from(quirk: Quirk) -> None:
    assert quirk.tests
    for name in quirk.tests:
        assert quirk.name in MARK.findall((TESTS / name).read_text(encoding="utf-8")), f"tests/{name} has no test marked {quirk.name}"
    for text in (quirk.seen, quirk.does, quirk.source):
        assert text
        assert not text.endswith(".")
    for capture in re.findall(r"captures/(\w+)", quirk.source):
        assert (TESTS / "dhcp" / "captures" / f"{capture}.pcap").is_file()


def test_no_mark_and_no_comment_names_a_quirk_that_is_none() -> None:
    names = {quirk.name for quirk in ALL}
    marked = {name for path in TESTS.rglob("test_*.py") for name in MARK.findall(path.read_text(encoding="utf-8"))}
    named = {name for path in SOURCE.rglob("*.py") for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert marked <= names
    assert named <= names


def test_the_command_prints_the_page_and_the_data() -> None:
    assert CliRunner().invoke(quirks.app, []).output == quirks.page()
    printed = json.loads(CliRunner().invoke(quirks.app, ["--json"]).output)
    assert [one["name"] for one in printed] == [quirk.name for quirk in ALL]
