"""What the whole service takes of a machine's memory at rest, in server mode, by process.

PSS counts a page that several processes share in equal parts, so the sum is what would be free again if the service ended.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from bench import peers
from bench.hosts import fill
from bench.lenders import WIRE
from bench.machine import Running, Unfit, cable, file_system

MOST = 250.0
"""Megabytes (10^6 bytes) in all."""

_DHCP = 'mode = "server"\nallow_other_servers = true\n[[dhcp.subnet]]\nnetwork = "10.64.0.0/10"\nrange = ["10.65.0.0", "10.95.255.255"]'
_READY = re.compile(r"(\w+) ready +pid=(\d+)")
_KINDS = ("Pss", "Private_Clean", "Private_Dirty", "Rss")


def main() -> int:
    """Measure with an empty store and with a full one, print, and tell whether both keep to the bound."""
    parser = argparse.ArgumentParser(prog="bench/run memory")
    parser.add_argument("--hosts", type=int, default=10_000, help="hosts in the full store")
    parser.add_argument("--rest", type=float, default=10.0, help="seconds of rest before it is measured")
    wanted = parser.parse_args()
    held = True
    for hosts in sorted({0, wanted.hosts}):
        with tempfile.TemporaryDirectory(prefix="bench-memory-", dir=peers.scratch_folder()) as name:
            scratch = Path(name)
            if not hosts:
                print(f"pxeserve {peers.versions()['pxeserve']}, data on {file_system(scratch)}, server mode, {wanted.rest:g} s of rest")
            total = _measured(scratch, hosts, wanted.rest)
        held = held and total <= MOST
        print(f"{'held' if total <= MOST else 'MISSED':7}{hosts} hosts: {total:.1f} MB of {MOST:g}")
    return int(not held)


def _measured(scratch: Path, hosts: int, rest: float) -> float:
    """The sum in megabytes, after a table of its parts was printed."""
    data, pid = scratch / "data", os.getpid()
    if hosts:
        fill(data, hosts)
    space = f"bench-{pid}"
    with cable(space, f"{space}-far"), peers.pxeserve(space, data, scratch, dhcp=_DHCP, where=WIRE) as running:
        time.sleep(rest)
        found = {child: _memory(number) for child, number in _children(running).items()}
    print(f"\n{hosts} hosts, MB{'':8}{'PSS':>10}{'private':>10}{'RSS':>10}")
    for child, (pss, clean, dirty, rss) in found.items():
        print(f"  {child:18}{pss:10.1f}{clean + dirty:10.1f}{rss:10.1f}")
    total = sum(pss for pss, *_ in found.values())
    print(f"  {'all':18}{total:10.1f}{sum(clean + dirty for _, clean, dirty, _ in found.values()):10.1f}")
    return total


def _children(running: Running) -> dict[str, int]:
    """The processes by name: what the log calls a pid, and the one that started them all."""
    names = {int(pid): name for name, pid in _READY.findall(running.log.read_text())}
    return {names.get(pid, "parent"): pid for pid in sorted(running.group.pids())}


def _memory(pid: int) -> tuple[float, ...]:
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(lines[kind].split()[0]) * 1024 / 1e6 for kind in _KINDS)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unfit as error:
        sys.exit(f"bench/run: {error}")
