"""Media beside nginx with sendfile, which is given the same files. The load comes from httpload.c, which compares every byte."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import media, peers
from bench.figures import Goal, Verdict, middle, ratio, spread, steadier
from bench.hosts import fill
from bench.machine import Running, Unfit, client, file_system, loopback

BIG, MIDDLE, SMALL = "big.img", "middle.img", "Packages/small-%d.rpm"
_SIZES = {BIG: 500_000_000, MIDDLE: 30_000_000} | {SMALL % number: 10_000 for number in range(200)}


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load: the file, and words for httpload. `per` is what CPU is counted by: "GB" or "request"."""

    name: str
    file: str
    words: str
    per: str

    @property
    def unit(self) -> str:
        """How its figures are to be read."""
        return "MB/s, server CPU s/GB" if self.per == "GB" else "requests/s, server CPU us/request"


CASES = (
    Case("500 MB, 1 client", BIG, "--fetches 4 --seconds 100", "GB"),
    Case("30 MB, 64 clients", MIDDLE, "--clients 64 --fetches 2 --seconds 100", "GB"),
    Case("10 kB, 64 clients", SMALL, "--clients 64 --files 200", "request"),
    Case("10 kB, 64 addresses", SMALL, "--clients 64 --sources 64 --files 200", "request"),
    Case("ranges of 64 KiB, 64 clients", BIG, "--clients 64 --range 65536", "request"),
)

GOALS = (
    Goal("500 MB, 1 client", "nginx", 0.9),
    Goal("30 MB, 64 clients", "nginx", 0.9),
    Goal("10 kB, 64 clients", "nginx", 0.8),
    Goal("10 kB, 64 addresses", "nginx", 0.8),
    Goal("ranges of 64 KiB, 64 clients", "nginx", 0.6),
)
_BY_CPU = "10 kB"
"""What is held of small files is requests for a second of the server's CPU."""

Figures = dict[str, float]
Found = dict[tuple[str, str], list[Figures]]
Start = Callable[[str, Path, Path], AbstractContextManager[Running]]


def main() -> int:
    """Measure, print, and tell whether all goals are held."""
    parser = argparse.ArgumentParser(prog="bench/run http")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of the cases that are not counted in files")
    parser.add_argument("--only", action="append", help="cases whose names hold these words; may be repeated")
    parser.add_argument("--hosts", type=int, default=0, help="hosts in pxeserve's store")
    wanted = parser.parse_args()
    cases = [case for case in CASES if any(word in case.name for word in wanted.only or [""])]
    with tempfile.TemporaryDirectory(prefix="bench-http-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        data = scratch / "data"
        folder = media.lay(data, _SIZES)
        if wanted.hosts:
            fill(data, wanted.hosts)
        print(f"files on {file_system(scratch)}; {wanted.rounds} rounds of {wanted.seconds:g} s; {wanted.hosts} hosts in the store")
        print("nginx: one worker, sendfile on, tcp_nopush off, no log, no open_file_cache; pxeserve: the whole service, with its record")
        known = peers.versions()
        for server in ("pxeserve", "nginx"):
            print(f"  {server} {known[server]}")
        servers: dict[str, Start] = {
            "nginx": peers.nginx,
            "pxeserve": lambda space, folder, scratch: peers.pxeserve(space, folder, scratch),
        }
        found = _measured(servers, cases, wanted, folder, compiled(scratch))
    _print(found)
    verdicts = list(_verdicts(found))
    print()
    for verdict in verdicts:
        print(verdict)
    complaints = list(_complaints(found))
    for complaint in complaints:
        print(complaint)
    return int(any(not verdict.held for verdict in verdicts) or bool(complaints))


def _measured(servers: dict[str, Start], cases: list[Case], wanted: argparse.Namespace, folder: Path, load: Path) -> Found:
    """`folder` is the medium's, `load` the client, beside the data folder that both servers are given."""
    found: Found = {}
    data, scratch = folder.parents[1], load.parent
    for turn in range(wanted.rounds):
        for server, start in servers.items():
            with loopback(f"bench-{os.getpid()}") as space, start(space, data, scratch) as running:
                _fetch(space, CASES[2], "--files 200 --clients 16 --fetches 200", folder, load)  # warm
                for case in cases:
                    figures = _one(space, case, wanted.seconds, folder, load, running)
                    found.setdefault((case.name, server), []).append(figures)
        print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
    return found


def _one(space: str, case: Case, seconds: float, folder: Path, load: Path, running: Running) -> Figures:
    before = running.group.seconds()
    figures = _fetch(space, case, case.words if "--seconds" in case.words else f"{case.words} --seconds {seconds}", folder, load)
    spent = running.group.seconds() - before
    if case.per == "GB":
        return figures | {"rate": figures["bytes"] / figures["wall"] / 1e6, "cpu": ratio(spent, figures["bytes"] / 1e9)}
    return figures | {"rate": figures["done"] / figures["wall"], "cpu": ratio(spent, figures["done"]) * 1e6}


def _fetch(space: str, case: Case, words: str, folder: Path, load: Path) -> Figures:
    where = ["--path", f"/media/{media.NAME}/{case.file}", "--file", folder / case.file]
    fields = client(space, [load, *words.split(), *where]).split()
    return {key: float(value) for key, value in zip(fields[::2], fields[1::2], strict=True)}


def compiled(scratch: Path) -> Path:
    """The client, built beside the data."""
    load = scratch / "httpload"
    subprocess.run(["gcc", "-O2", "-Wall", "-o", load, Path(__file__).with_name("httpload.c")], check=True)
    return load


def _print(found: Found) -> None:
    for case in CASES:
        rows = {server: rounds for (name, server), rounds in found.items() if name == case.name}
        if rows:
            print(f"\n{case.name}: {case.unit}")
        for server, rounds in rows.items():
            one = middle(rounds)
            line = f"  {server:11}{spread(rounds, 'rate'):>28}{spread(rounds, 'cpu'):>28}"
            whole = sum(each["done"] for each in rounds)
            print(line + f"   p50 {one['p50']:.1f} p99 {one['p99']:.1f} max {one['max']:.1f} ms, {whole:.0f} whole")


def _verdicts(found: Found) -> list[Verdict]:
    verdicts = []
    for goal in GOALS:
        ours, theirs = found.get((goal.case, "pxeserve")), found.get((goal.case, goal.peer))
        if ours and theirs:
            mine, other = middle(ours), middle(theirs)
            by = "cpu" if goal.case.startswith(_BY_CPU) else steadier(ours, theirs)
            verdicts.append(Verdict(goal, ratio(mine["rate"], other["rate"]), ratio(other["cpu"], mine["cpu"]), by))
    return verdicts


def _complaints(found: Found) -> list[str]:
    """What must not be, whatever the speed, and whoever the server."""
    complaints = []
    for (case, server), rounds in found.items():
        odd = {key: int(sum(each[key] for each in rounds)) for key in ("bad", "refused", "unfinished")}
        if any(odd.values()):
            complaints.append(f"MISSED {case}: {server}: {', '.join(f'{count} {key}' for key, count in odd.items() if count)}")
    return complaints


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, peers.NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
