"""Many who want the same at once are given one answer, and never one that was begun before they asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pxeserve.operations.watching.together import Together

MANY = 40


def test_those_who_come_while_it_is_worked_out_share_the_next_one() -> None:
    together: Together[int] = Together()
    begun, go_on = threading.Event(), threading.Event()
    worked: list[int] = []
    truth = [1]

    def work() -> int:
        seen = truth[0]
        worked.append(seen)
        begun.set()
        go_on.wait(60)
        return seen

    with ThreadPoolExecutor(MANY + 1) as pool:
        first = pool.submit(together.ask, work)
        assert begun.wait(60)
        truth[0] = 2  # a commit: whoever asks from now on must be told of it
        later = [pool.submit(together.ask, work) for _ in range(MANY)]
        while together._waiting < MANY:
            pass
        go_on.set()
        assert first.result(60) == 1
        assert {one.result(60) for one in later} == {2}
    assert worked == [1, 2]
    truth[0] = 3
    assert together.ask(work) == 3
    assert together._last is None  # nothing is kept


def test_when_it_fails_for_one_another_does_it() -> None:
    together: Together[str] = Together()
    begun, go_on = threading.Event(), threading.Event()

    def fails() -> str:
        begun.set()
        go_on.wait(60)
        raise OSError("the disk")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(together.ask, fails)
        assert begun.wait(60)
        later = [pool.submit(together.ask, lambda: "well") for _ in range(3)]
        while together._waiting < 3:
            pass
        go_on.set()
        with pytest.raises(OSError, match="the disk"):
            first.result(60)
        assert [one.result(60) for one in later] == ["well"] * 3
