"""What people are shown of what others have written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import typer
from rich.table import Table

import pxeserve.cli
from pxeserve.cli.terminal.session import console, note, reporting_errors, visible
from pxeserve.errors import PxeserveError


def test_an_error_brings_no_orders_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A server's reason phrase, for one."""
    with pytest.raises(typer.Exit), reporting_errors():
        raise PxeserveError("the server answered 404 \x1b[2J\x1b]0;owned\x07 \u202eend", fix="name another")
    assert capsys.readouterr().err == "error: the server answered 404 \\x1b[2J\\x1b]0;owned\\x07 \\u202eend\n  name another\n"


def test_what_is_shown_of_an_answer_is_written_out() -> None:
    assert visible({"a": ["\x1b", 1, None, "é\n"]}) == {"a": ["\\x1b", 1, None, "é\n"]}


MAC = "52:ab:00:cd:00:07"
"""rich knows a picture of the name `ab`, and one of the name `cd`."""


def test_a_mac_comes_out_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("mac")
    table.add_row(MAC)
    console().print(table)
    console().print(f"[bold]{MAC}[/] fell silent")
    note(f"error: {MAC} is no host's")
    shown = capsys.readouterr()
    assert shown.out.count(MAC) == 2
    assert shown.err == f"error: {MAC} is no host's\n"


def test_no_command_draws_pictures() -> None:
    """Also on the consoles that they open beside."""
    opened = [
        (path.name, call.lineno, {word.arg for word in call.keywords})
        for path in sorted(Path(pxeserve.cli.__path__[0]).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Console"
    ]
    assert len(opened) > 5
    assert [one for one in opened if "emoji" not in one[2]] == []
