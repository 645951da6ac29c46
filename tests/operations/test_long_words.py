"""Whatever comes in at length (a cell, a key, a name, a value) is refused in a message that fits a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.lint import lint
from pxeserve.config import load
from pxeserve.errors import PxeserveError
from tests.operations.test_site import Site, furnished

LONG, WORDS = "x" * 130_000, "x y " * 30_000
FITS = 8_200
"""Characters: a message that is all words, and its fix beneath it."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return furnished(tmp_path_factory.mktemp("long"))


@pytest.mark.parametrize("long", [LONG, WORDS], ids=["word", "words"])
@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("apply", {"text": "{}: 1"}),
        ("apply", {"text": "hosts:\n  - {{name: a, {}: 1}}"}),
        ("apply", {"text": "hosts:\n  - {{name: '{}', mac: '52:54:00:00:00:01'}}"}),
        ("apply", {"text": "hosts:\n  - {{name: a, mac: '{}'}}"}),
        ("apply", {"text": "a: *{}"}),
        ("apply", {"text": "a: !{} 1"}),
        ("host.import", {"text": "name,{}\na,b\n", "form": "csv", "file": "hosts.csv"}),
        ("host.import", {"text": "name,mac\na,{}\n", "form": "csv", "file": "hosts.csv"}),
        ("host.import", {"text": "name,mac\na,52:54:00:00:00:01,{}\n", "form": "csv", "file": "hosts.csv"}),
        ("host.add", {"name": "{}", "mac": ["52:54:00:00:00:01"], "profile": "rack"}),
        ("host.add", {"name": "xen09", "mac": ["{}"], "profile": "rack"}),
        ("host.add", {"name": "xen09", "mac": ["52:54:00:00:00:01"], "profile": "{}"}),
        ("host.show", {"name": "{}"}),
        ("explain", {"mac": "{}"}),
        ("media.show", {"name": "{}"}),
    ],
)
def test_no_message_repeats_all_of_it(site: Site, verb: str, arguments: dict[str, Any], long: str) -> None:
    filled = {
        key: value.format(long) if isinstance(value, str) else [one.format(long) for one in value] for key, value in arguments.items()
    }
    said = site.refused(verb, **filled)
    assert len(said) <= FITS
    assert max(map(len, said.split())) <= 300


def test_an_unknown_column_is_quoted_in_short(site: Site) -> None:
    said = site.refused("host.import", text=f"name,{WORDS}\na,b\n", form="csv", file="hosts.csv")
    assert f"unknown column '{WORDS[:60]}…'" in said
    assert len(said) < 400


def test_a_configuration_is_refused_in_short(tmp_path: Path) -> None:
    path = tmp_path / "pxeserve.toml"
    path.write_text(f'[server]\n"{LONG}" = 1\n[metrics]\nlisten = "{LONG}"\n')
    with pytest.raises(PxeserveError) as refused:
        load(path, env={})
    assert len(str(refused.value)) <= FITS
    assert max(map(len, str(refused.value).split())) <= 300


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_linter_repeats_no_value_whole(dialect: str) -> None:
    text = f'<installation mode="{LONG[:60_000]}" srtype="{LONG[:60_000]}"><keymap>{LONG[:60_000]}</keymap></installation>'
    found = lint(text.encode(), DIALECTS[dialect])
    assert found
    assert max(len(word) for one in found for word in f"{one.message} {one.fix}".split()) <= 300
