"""Where each generation tells what went wrong: nothing is missing, and each row names where that is known from."""

from __future__ import annotations

from pxeserve.answerfile.scripts.compose import LOG_BYTES
from pxeserve.answerfile.scripts.consoles import CONSOLES, SHELL, STEPS
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.provision.bodies import MAX_LOG


def test_every_generation_has_a_row_with_a_log_a_console_and_a_source() -> None:
    assert list(CONSOLES) == list(GENERATIONS)
    for dialect, row in CONSOLES.items():
        assert row.dialect == dialect
        assert row.log.startswith("/tmp/")
        assert row.on_disk.startswith("/")
        assert row.where(SHELL) == "Alt+F2"
        assert row.where(STEPS) == "Alt+F3"
        assert row.where("a jukebox") == ""
        assert dialect in row.source


def test_the_hook_sends_no_more_than_is_taken() -> None:
    assert LOG_BYTES == MAX_LOG
