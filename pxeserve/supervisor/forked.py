"""A process made by fork: what it does, how it ended, and waiting for that. Refuses to know what it is for.

The standard library's own (`multiprocessing`) leaves four descriptors open whenever a fork fails, and a parent that tries again every ten
seconds would run out of them.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable


class Forked:
    """A child that runs `act` and ends with what it returns; with 1 and a traceback on standard error if it raises.

    Raises OSError when no process can be made.
    """

    def __init__(self, act: Callable[[], int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            _end(act)
        self._status: int | None = None

    @property
    def exitcode(self) -> int | None:
        """Its exit status, or minus the signal that ended it; None while it lives."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, for at most so long."""
        if self.exitcode is not None:
            return
        descriptor = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(None if seconds is None else seconds * 1000)
        finally:
            os.close(descriptor)

    def kill(self) -> None:
        """End it, and the group that it leads, now. Once it is buried the group is all that is left to end."""
        if self.exitcode is None:
            os.kill(self.pid, signal.SIGKILL)  # it may not lead its group yet
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _end(act: Callable[[], int]) -> None:
    """Never goes back: below lies the parent's stack, and at the usual end of a program the parent's clean-up."""
    status = 1
    try:
        status = act()
    except BaseException:  # noqa: BLE001 - whatever it is, the process ends here
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
