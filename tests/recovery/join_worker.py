"""`python -m tests.recovery.join_worker DATA PORT`: the thread that joins, as a process that may be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from pxeserve.config import Config
from pxeserve.recovery.joining import Joining

config = Config()
config = config.model_copy(update={"server": config.server.model_copy(update={"data": Path(sys.argv[1])})})
joining = Joining(config, port=int(sys.argv[2]), seconds=5.0, pause=0.05, patience=float(sys.argv[3]))
joining.start()
print("ready", flush=True)
sys.stdin.read()
joining.finish()
