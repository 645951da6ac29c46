"""Handing events over from many threads at once, as the listeners do that answer machines in threads."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pxeserve.events.record import Event

NOW = 1_800_000_000.0
THREADS, EACH = 8, 400


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a thousand times as often as they usually do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def test_what_many_threads_tell_at_once_is_written_once_and_no_thread_fails(room: Any, impatient: None) -> None:
    """A thread that fails here has not answered its machine: the menu or the file was ready, and 500 is what it got."""
    worker = room.worker()
    beside = room.run_beside(worker)
    recorder = room.recorder("provision")

    def tell(thread: int) -> None:
        for number in range(EACH):
            recorder.emit(Event("boot.menu", NOW, f"{thread}-{number}"))
            recorder.count("told")

    try:
        with ThreadPoolExecutor(THREADS) as threads:
            for done in [threads.submit(tell, number) for number in range(THREADS)]:
                done.result()
        pause = threading.Event()
        while recorder.waiting:
            recorder.flush()
            pause.wait(0.01)
        recorder.close()
    finally:
        room.stop(beside)
    told = Counter(event.text for event in room.events())
    lost = room.counts().get(("provision", "lost-event"), 0)
    assert max(told.values()) == 1
    assert len(told) + lost == THREADS * EACH
    assert room.counts()["provision", "told"] == THREADS * EACH
