"""Whether the record slows a hall of 1,000 machines that boot at once: the service as it is, beside itself with the record taken out.

Every machine asks for an address, takes it, and fetches its boot file, all of them within the same second. The whole service is on one
core, the worker that writes the record down included, and the machines are on the other. Each event must be on record afterwards.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from bench import lenders, peers
from bench.figures import middle, quantile, ratio, spread
from bench.hosts import fill
from bench.machine import Running, Unfit, cable, client, file_system
from pxeserve.store import open_store

SERVER, CLIENT = "bench-server", "bench-client"
MACHINES = 1000
MOST = 1.1
"""How many times as long it may take with the record: what two measurements of the same thing differ by here."""
WAYS: dict[str, Sequence[str | Path]] = {"with the record": (peers.PXESERVE,), "without": (sys.executable, "-m", "bench.untold")}
TOLD = ("dhcp.discover", "dhcp.offer", "dhcp.request", "dhcp.ack", "tftp.transfer")
_WAITS = ("offer", "ack", "file")
_HELD = {"offer p50": "ms", "offer p99": "ms", "ack p50": "ms", "ack p99": "ms", "file p50": "ms", "file p99": "ms", "wall": "s"}

Figures = dict[str, float]


def main() -> int:
    """Measure, print, and tell whether the record is to be noticed."""
    parser = argparse.ArgumentParser(prog="bench/run crowd")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="within which all machines are switched on")
    wanted = parser.parse_args()
    found: dict[str, list[Figures]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="bench-crowd-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        data = scratch / "data"
        data.mkdir()
        fill(data, MACHINES)
        lenders.loaders(data)
        print(f"pxeserve {peers.versions()['pxeserve']}; {wanted.rounds} rounds of {MACHINES} machines within {wanted.seconds:g} s; "
              f"record on {file_system(scratch)}")  # fmt: skip
        for turn in range(wanted.rounds):
            for way in sorted(WAYS, reverse=bool(turn % 2)):
                with cable(SERVER, CLIENT), lenders.pxeserve_hall(SERVER, data, scratch, WAYS[way]) as running:
                    found[way].append(_booted(running, data, wanted.seconds, told=way != "without"))
            print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
    return _print(found)


def _booted(running: Running, data: Path, seconds: float, *, told: bool) -> Figures:
    """All machines booted once."""
    for space, route in ((SERVER, ("10.65.0.0/16", "via", "10.64.0.2")), (CLIENT, ("local", "10.65.0.0/16", "dev", "lo"))):
        subprocess.run(["ip", "-n", space, "route", "add", *route], check=True)
    last, before = _last(data), running.group.seconds()
    hall = [sys.executable, str(Path(__file__).with_name("hall.py")), "10.64.0.1", str(MACHINES), str(seconds)]
    said = json.loads(client(CLIENT, hall))
    figures = {f"{what} {name}": quantile(said[what], part) for what in _WAITS for name, part in (("p50", 0.5), ("p99", 0.99))}
    figures |= {"wall": said["wall"], "again": said["again"], "unserved": said["unserved"], "cpu": running.group.seconds() - before}
    figures["missing"] = _missing(data, last) if told else 0
    if not told and (kept := _on_record(data, last)):
        raise Unfit(f"{kept} events came on record without a record: nothing was compared")
    return figures


def _last(data: Path) -> int:
    with closing(open_store(data)) as store, store.events.read() as connection:
        return int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM event").fetchone()[0])


def _missing(data: Path, last: int) -> int:
    """How many events of this boot have not come on record a minute after it."""
    wanted = MACHINES * len(TOLD)
    deadline = time.monotonic() + 60
    while (there := _on_record(data, last)) < wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    return wanted - there


def _on_record(data: Path, last: int) -> int:
    """How many events of a boot have come on record after `last`, of each kind one a machine at most."""
    with closing(open_store(data)) as store, store.events.read() as connection:
        kinds = Counter(kind for (kind,) in connection.exec_driver_sql("SELECT kind FROM event WHERE id > ?", (last,)))
    return sum(min(kinds[kind], MACHINES) for kind in TOLD)


def _print(found: dict[str, list[Figures]]) -> int:
    for way, rounds in found.items():
        print(f"\n{way}: median (least-most)")
        for name, unit in _HELD.items():
            print(f"  {name:10}{spread(rounds, name):>28} {unit}")
        print(f"  {'CPU':10}{spread(rounds, 'cpu'):>28} s of all processes; asked again {sum(one['again'] for one in rounds):.0f} times")
    told, untold = found.values()
    print()
    held = True
    for name in _HELD:
        times = median(ratio(one[name], other[name]) for one, other in zip(told, untold, strict=True))
        good = times <= MOST
        held = held and good
        print(f"{'held' if good else 'MISSED':7}{name:10} {times:.2f} x with the record; {MOST:g} are allowed")
    for name, what in (("missing", "events that are not on record"), ("unserved", "machines without their file")):
        count = sum(one[name] for one in told + untold)
        held = held and not count
        print(f"{'MISSED' if count else 'held':7}{count:.0f} {what}")
    cost = middle(told)["cpu"] - middle(untold)["cpu"]
    print(f"       a machine's record costs {cost / MACHINES * 1e6:.0f} us of CPU while they boot")
    return int(not held)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, peers.NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
