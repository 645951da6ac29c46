"""How long DHCP takes to answer while 50 machines fetch whole trees over HTTP, beside how long it takes when nobody does.

The whole service is on one core, the machines that load it on the other. It is not held against another server but against itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import lenders, media, peers
from bench.figures import quantile, ratio
from bench.http import compiled
from bench.machine import CLIENT_CORE, Unfit, cable, client, file_system

SERVER, CLIENT = "bench-server", "bench-client"
ADDRESS = lenders.WIRE[1]
HOSTS = 50
MOST = 3.0
"""How many times its idle p99 that under load may be."""

_NAME = "Packages/%d.rpm"
_SIZES = (10_000, 40_000, 150_000, 600_000, 3_000_000)
_TREE = {_NAME % number: _SIZES[number % len(_SIZES)] for number in range(200)}

Waits = dict[str, float]


def main() -> int:
    """Measure, print, and tell whether the goal is held."""
    parser = argparse.ArgumentParser(prog="bench/run mixed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-mixed-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        data = scratch / "data"
        folder = media.lay(data, _TREE)
        print(f"files on {file_system(scratch)}; {wanted.rounds} rounds of {wanted.seconds:g} s; a hundred exchanges a second")
        size = sum(_TREE.values()) / 1e6
        print(f"  pxeserve {peers.versions()['pxeserve']}; {HOSTS} machines fetch a tree of {len(_TREE)} files, {size:.0f} MB")
        load = compiled(scratch)
        idle, busy = [], []
        with cable(SERVER, CLIENT), lenders.pxeserve(SERVER, data, scratch) as running:
            _asked(2, 0)  # warm
            for turn in range(wanted.rounds):
                idle.append(_asked(wanted.seconds, 2 * turn + 1))
                with _installing(load, folder, wanted.seconds + 2) as figures:
                    before = running.group.seconds()
                    busy.append(_asked(wanted.seconds, 2 * turn + 2))
                    busy[-1]["cpu"] = 100 * (running.group.seconds() - before) / wanted.seconds
                busy[-1] |= figures
                print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
    return _print(idle, busy)


def _asked(seconds: float, prefix: int) -> Waits:
    """What the probe found."""
    said = json.loads(client(CLIENT, [sys.executable, Path(__file__).with_name("probe.py"), ADDRESS, str(seconds), str(prefix)]))
    return {
        "p50": quantile(said["offer"] + said["ack"], 0.5),
        "p99": quantile(said["offer"] + said["ack"], 0.99),
        "offer": quantile(said["offer"], 0.99),
        "ack": quantile(said["ack"], 0.99),
        "asked": said["asked"],
        "lost": said["lost"],
    }


@contextmanager
def _installing(load: Path, folder: Path, seconds: float) -> Iterator[dict[str, float]]:
    """While it lasts, machines fetch; the figures are there when it has ended."""
    where = ["--server", ADDRESS, "--path", f"/media/{media.NAME}/{_NAME}", "--file", str(folder / _NAME), "--files", str(len(_TREE))]
    words = [str(load), "--clients", str(HOSTS), "--seconds", str(seconds), *where]
    figures: dict[str, float] = {}
    command = ["ip", "netns", "exec", CLIENT, "taskset", "-c", CLIENT_CORE, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1)  # until all of them are at it
        yield figures
        said = process.communicate(timeout=60)[0].split()
    found = {key: float(value) for key, value in zip(said[::2], said[1::2], strict=True)}
    figures |= {"rate": found["bytes"] / found["wall"] / 1e6, "files": found["done"] / found["wall"]}
    figures["bad"] = found["bad"] + found["refused"]


def _print(idle: list[Waits], busy: list[Waits]) -> int:
    for name, rounds in (("idle", idle), (f"{HOSTS} hosts install", busy)):
        each = {key: median(one[key] for one in rounds) for key in ("p50", "p99", "offer", "ack")}
        span = f"{min(one['p99'] for one in rounds):.2f}-{max(one['p99'] for one in rounds):.2f}"
        lost, asked = sum(one["lost"] for one in rounds), sum(one["asked"] for one in rounds)
        parts = f"OFFER's p99 {each['offer']:.2f}, ACK's {each['ack']:.2f}; {lost:.0f} of {asked:.0f} lost"
        print(f"{name:18} p50 {each['p50']:.2f} ms, p99 {each['p99']:.2f} ms ({span}); {parts}")
    load = {key: median(one[key] for one in busy) for key in ("rate", "files", "cpu")}
    print(f"{'':18} meanwhile {load['files']:.0f} files/s, {load['rate']:.0f} MB/s; the service used {load['cpu']:.0f} % of its core")
    found = ratio(median(one["p99"] for one in busy), median(one["p99"] for one in idle))
    bad = sum(one["bad"] for one in busy) + sum(one["lost"] for one in idle + busy)
    held = found <= MOST and not bad
    print(f"\n{'held' if held else 'MISSED':7}DHCP's p99 while {HOSTS} hosts install: {found:.2f} x its idle p99; {MOST:g} are allowed")
    if bad:
        print(f"MISSED {bad:.0f} answers that did not come, or were not what was asked for")
    return int(not held)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, peers.NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
