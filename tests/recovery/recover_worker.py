"""`python -m tests.recovery.recover_worker DATA`: the thread that lets recoveries go on, as a process that may be killed."""

from __future__ import annotations

import sys

from pxeserve.config import load
from pxeserve.operations.recovering.recoverer import Recoverer
from tests.operations.test_site import SERVER

recoverer = Recoverer(load(env={}, overrides={**SERVER, "server": {**SERVER["server"], "data": sys.argv[1]}}))
recoverer.start()
print("ready", flush=True)
sys.stdin.read()
recoverer.finish()
