"""Every command that the documentation or a message names exists, with the options that it is named with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from typer.main import get_command

from pxeserve.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
SOURCES = sorted((ROOT / "pxeserve").rglob("*.py"))
NAMED = re.compile(r"pxeserve ((?:[a-z-]+ ?)+)([^`\"';|]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def wrong(text: str) -> Iterator[str]:
    """Commands in `text` that lack what they are named with. A first word that is no command is a sentence's."""
    for found in NAMED.finditer(text):
        command: Any = get_command(app)
        for number, word in enumerate(found[1].split()):
            following = command.get_command(click.Context(command), word) if hasattr(command, "get_command") else None
            if following is None:
                if number and hasattr(command, "get_command"):
                    yield found[0]
                break
            command = following
        else:
            options = {option for one in command.params for option in (*one.opts, *one.secondary_opts, "--help")}
            for option in OPTION.findall(found[2].split("pxeserve")[0]):
                if option not in options and not hasattr(command, "get_command"):
                    yield f"{found[0]} ({option})"


def test_commands_that_are_named_exist() -> None:
    found = [(path.name, one) for path in (*PAGES, *SOURCES) for line in path.read_text("utf-8").splitlines() for one in wrong(line)]
    assert found == []


def test_what_does_not_exist_is_found() -> None:
    assert list(wrong("pxeserve host set NAME --address A")) == ["pxeserve host set NAME --address A (--address)"]
    assert list(wrong("pxeserve host frobnicate")) == ["pxeserve host frobnicate"]
    assert list(wrong("pxeserve host set NAME --set address=A; pxeserve serves files")) == []
