"""`python -m tests.recovery.recover_worker DATA [STEP MOMENT]`: the threads that recover and join, as a process that may be killed.

With STEP it kills itself (SIGKILL) there: `first`, when the step was looked at for the first time, or its act done, and nothing is written
of it; `inside` the transaction that writes that it is done; `noted`, right after that.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from pxeserve.config import load
from pxeserve.operations.context import Context
from pxeserve.operations.recovering import running
from pxeserve.operations.recovering.outcomes import Done, Outcome, Waits
from pxeserve.operations.recovering.recoverer import Recoverer
from pxeserve.recovery.joining import Joining
from pxeserve.store import recoveries
from pxeserve.store.recoveries import RecoveryRow
from tests.operations.test_site import SERVER


def die() -> None:
    """At once, with nothing closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies_at(step: str, moment: str) -> None:
    """Let it die there."""
    settle, tell = running.settle, recoveries.tell

    def settled(context: Context, row: RecoveryRow, outcome: Outcome) -> bool:
        here = row.steps[row.step]["name"] == step
        over = isinstance(outcome, Done | Waits)
        if here and moment == "first":
            die()
        if here and over and moment == "inside":
            recoveries.tell = lambda *_said: die()  # the row is changed by then, and nothing is committed
        done = settle(context, row, outcome)
        recoveries.tell = tell
        if here and over and moment == "noted":
            die()
        return done

    def settles(*said: Any) -> bool:
        return settled(*said)

    running.settle = settles


config = load(env={}, overrides={**SERVER, "server": {**SERVER["server"], "data": sys.argv[1]}})
if sys.argv[2:]:
    dies_at(*sys.argv[2:])
threads = (Recoverer(config, pause=0.1), Joining(config, seconds=5.0, pause=0.1))
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
for thread in threads:
    thread.finish()
