"""`python -m tests.recovery.pool_program FOLDER`: prints the port of its door, and goes on until its standard input ends."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.recovery.pool_program.calls import Calls
from tests.recovery.pool_program.door import Orders, opened
from tests.recovery.pool_program.faults import Faults
from tests.recovery.pool_program.pools import Pools
from tests.recovery.pool_program.wire import Wire
from tests.recovery.pool_program.world import World


def main(folder: Path) -> None:
    """Run it."""
    world, faults = World(folder), Faults()
    wire = Wire(world, faults, folder)
    pools = Pools(world, wire.again)
    wire.calls = Calls(world, pools, faults)
    for host in world.hosts.values():
        if not host["dead"]:
            wire.begin(host)
    door = opened(Orders(world, wire, pools))
    threading.Thread(target=door.serve_forever, daemon=True).start()
    print(door.server_address[1], flush=True)
    sys.stdin.read()


main(Path(sys.argv[1]))
