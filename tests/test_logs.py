"""The service's log: one line an event, harmless, the same fields for people and for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pxeserve import logs


@pytest.fixture(autouse=True)
def _own() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def log(what: Any, capfd: pytest.CaptureFixture[str], style: Any = "text", level: Any = "info") -> str:
    logs.configure(style, level, "dhcp")
    what(structlog.get_logger("dhcp"))
    return capfd.readouterr().err


def test_both_say_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    line = json.loads(log(lambda one: one.error("not stored", reason="disk", count=3), capfd, "json"))
    assert set(line) == {"event", "level", "timestamp", "process", "reason", "count"}
    assert (line["event"], line["level"], line["process"], line["reason"], line["count"]) == ("not stored", "error", "dhcp", "disk", 3)
    text = log(lambda one: one.error("not stored", reason="disk", count=3), capfd)
    assert text.count("\n") == 1
    assert all(word in text for word in ("error", "not stored", "process=dhcp", "reason=disk", "count=3"))


@pytest.mark.parametrize("style", ["text", "json"])
@given(text=st.text(max_size=80))
def test_whatever_a_line_holds_it_is_one_line_and_nothing_in_it_is_obeyed(style: Any, text: str, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.getbasetemp() / f"log-{style}"
    with folder.open("w+", encoding="utf-8") as file:
        logs.configure(style)
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=file))
        structlog.get_logger().info(f"x{text}", file=text, deep={text: [text]})
        file.seek(0)
        said = file.read()
    assert said.endswith("\n")
    assert all(char.isprintable() for char in said[:-1]), said


def test_a_sentence_of_several_lines_is_one(capfd: pytest.CaptureFixture[str]) -> None:
    assert "the port is taken; stop it" in log(lambda one: one.error("the port is taken\n  stop it"), capfd)


def test_no_line_of_a_traceback_can_be_taken_for_one_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(one: Any) -> None:
        try:
            raise ValueError("\x1b[2Jx\n2026-11-27 [error] forged")
        except ValueError:
            one.exception("it failed")

    first, *rest = log(fail, capfd).splitlines()
    assert "it failed" in first
    assert rest
    assert all(line.startswith("    ") for line in rest if line)
    assert "\\x1b[2J" in "".join(rest)
    assert "forged" in json.loads(log(fail, capfd, "json"))["exception"]


def test_what_is_below_the_level_is_not_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert log(lambda one: one.info("heard"), capfd, level="warning") == ""
    assert "heard" in log(lambda one: one.debug("heard"), capfd, level="debug")


def test_a_second_set_up_counts_for_loggers_that_are_in_use(capfd: pytest.CaptureFixture[str]) -> None:
    one = structlog.get_logger("x")
    logs.configure("text")
    one.info("first")
    logs.configure("json")
    one.info("second")
    text, line = capfd.readouterr().err.splitlines()
    assert "first" in text
    assert json.loads(line)["event"] == "second"


def test_a_journal_is_told_the_priority(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    where = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{where.st_dev}:{where.st_ino}")
    monkeypatch.setattr("sys.stderr", os.fdopen(os.dup(2), "w", buffering=1))
    assert log(lambda one: one.error("bad"), capfd).startswith("<3>")
    assert json.loads(log(lambda one: one.info("good"), capfd, "json").removeprefix("<6>"))["event"] == "good"
