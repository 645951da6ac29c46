"""`answerfile elements`, `example` and `schema` print what lies in the checkout, and need no service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pxeserve import resources

PXESERVE = Path(sys.executable).parent / "pxeserve"


def said(*words: str) -> subprocess.CompletedProcess[str]:
    """`pxeserve answerfile WORDS`."""
    return subprocess.run([PXESERVE, "answerfile", *words], capture_output=True, text=True, check=False)


def test_examples_and_schemas_are_printed_as_they_lie_there() -> None:
    folder = resources.folder("answerfiles") / "8.2"
    assert said("example", "--dialect", "8.2").stdout == (folder / "example.xml").read_text()
    assert said("schema", "--dialect", "8.2").stdout == (folder / "schema.rng").read_text()
    assert said("template", "--dialect", "8.2").stdout == (folder / "template.xml.j2").read_text()
    assert json.loads(said("example", "--dialect", "8.2", "--json").stdout) == {"example": (folder / "example.xml").read_text()}


def test_tables_are_printed() -> None:
    assert said("elements").stdout.startswith("### Which modes read an element\n")


def test_a_generation_that_is_not_known_is_named_with_those_that_are() -> None:
    done = said("example", "--dialect", "8.4")
    assert done.returncode == 2
    assert "8.4" in done.stderr
    assert "xcp-8.3" in done.stderr
    assert "Traceback" not in done.stderr
