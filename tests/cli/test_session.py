"""What people are shown of what others have written."""

from __future__ import annotations

import pytest
import typer

from pxeserve.cli.session import reporting_errors, visible
from pxeserve.errors import PxeserveError


def test_an_error_brings_no_orders_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A server's reason phrase, for one."""
    with pytest.raises(typer.Exit), reporting_errors():
        raise PxeserveError("the server answered 404 \x1b[2J\x1b]0;owned\x07 \u202eend", fix="name another")
    assert capsys.readouterr().err == "error: the server answered 404 \\x1b[2J\\x1b]0;owned\\x07 \\u202eend\n  name another\n"


def test_what_is_shown_of_an_answer_is_written_out() -> None:
    assert visible({"a": ["\x1b", 1, None, "é\n"]}) == {"a": ["\\x1b", 1, None, "é\n"]}
