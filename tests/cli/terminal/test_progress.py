"""Progress as people and logs see it."""

from __future__ import annotations

import pytest

from pxeserve.cli.terminal.progress import Lines, Silent, line


def test_what_is_done_at_once_says_nothing_and_what_takes_long_says_little(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with Lines(lambda: now[0]) as shown:
        for second in range(13):
            now[0] = float(second)
            shown({"done": second * 10_000_000, "total": 700_000_000, "text": f"x/{second} ({second} of 70)"})
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "2 %, 20.0 MB of 700.0 MB, 10.0 MB/s, 68 s left: x/2 (2 of 70)",
        "10 %, 70.0 MB of 700.0 MB, 10.0 MB/s, 63 s left: x/7 (7 of 70)",
        "17 %, 120.0 MB of 700.0 MB, 10.0 MB/s, 58 s left: x/12 (12 of 70)",
    ]


def test_a_second_part_of_the_work_has_a_rate_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    shown = Lines(lambda: now[0])
    shown({"done": 900, "total": 1000, "text": "fetching"})
    now[0] = 10.0
    shown({"done": 0, "total": 1000, "text": "copying"})
    now[0] = 20.0
    shown({"done": 100, "total": 1000, "text": "copying"})
    assert capsys.readouterr().err.splitlines()[-1] == "10 %, 100 bytes of 1.0 kB, 10 bytes/s, 90 s left: copying"


def test_nothing_is_known_of_the_time_before_anything_was_done() -> None:
    assert "time left not known" in line(0, 0, 0.0, "x")


def test_programs_are_shown_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Silent() as shown:
        shown({"done": 1, "total": 2, "text": "x"})
    assert capsys.readouterr() == ("", "")
