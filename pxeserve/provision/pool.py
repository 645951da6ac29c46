"""A few threads for the requests that are computed. When all are busy and enough wait already, it says so instead of queueing more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Work = Callable[[], None]


class Pool:
    """`threads` threads and room for `waiting` pieces of work. Work must not raise."""

    def __init__(self, threads: int = 8, waiting: int = 256) -> None:
        self._queue: queue.Queue[Work | None] = queue.Queue(waiting)
        self._threads = [threading.Thread(target=self._run, name=f"provision-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work) -> bool:
        """Have `work` done by some thread. False, at once, when there is no room."""
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            return False
        return True

    def close(self, timeout: float) -> None:
        """Let the threads end after what they are doing; wait `timeout` seconds for each at most."""
        for _ in self._threads:
            if not self.submit_end():
                return
        for thread in self._threads:
            thread.join(timeout)

    def submit_end(self) -> bool:
        """Ask one thread to end. False when there is no room even for that: the process ends anyway."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
