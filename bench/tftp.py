"""TFTP beside tftpd-hpa, atftpd and dnsmasq. The load comes from tftpload.c, which compares every byte."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import peers
from bench.figures import Goal, Verdict, middle, ratio, spread, steadier
from bench.hosts import fill
from bench.machine import Running, Unfit, client, file_system, loopback

BIG, SMALL, ROM = "big.img", "menu.cfg", "rom.img"
_SIZES = {BIG: 8_000_000, SMALL: 1024, ROM: 256 * 1024}
_SHORT = ("dnsmasq", "tftpd-hpa", "pxeserve")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load: words for tftpload, and whom it is tried on."""

    name: str
    words: str
    servers: tuple[str, ...] = ("tftpd-hpa", "dnsmasq", "pxeserve", "floor")

    @property
    def per(self) -> str:
        """What is counted: whole files where they are small."""
        return "done" if SMALL in self.words or ROM in self.words else "blocks"



def _windows(size: int, clients: int) -> Iterator[Case]:
    """A windowsize tried twice: with clients that take a burst whole, and with such that have it cut on the server's core. In a rack the
    server's network card cuts, on loopback the kernel does, on the core of who sends: a quarter to a half of what a block costs there."""
    name = f"windowsize {size}, {clients} client{'s' if clients > 1 else ''}"
    words = f"--name {BIG} --clients {clients} --window {size}"
    yield Case(name, f"{words} --whole", ("atftpd", "pxeserve", "floor"))
    yield Case(f"{name}, cut by the server's kernel", words, ("atftpd", "pxeserve", "floor"))


CASES = (
    Case("lock step, 1 client", f"--name {BIG}"),
    Case("lock step, 16 clients", f"--name {BIG} --clients 16"),
    Case("lock step, 256 clients", f"--name {BIG} --clients 256"),
    Case("1 KiB, 16 clients", f"--name {SMALL} --clients 16"),
    Case("1 KiB, 256 at once", f"--name {SMALL} --clients 256 --once --seconds 10"),
    *_windows(4, 16),
    *_windows(16, 1),
    *_windows(16, 16),
    *_windows(64, 16),
    Case("1 % loss, 16 clients", f"--name {ROM} --clients 16 --once --loss 0.01 --seconds 40", ("tftpd-hpa", "pxeserve")),
)

GOALS = (
    Goal("lock step, 1 client", "tftpd-hpa", 0.8),
    Goal("lock step, 16 clients", "tftpd-hpa", 1.5),
    Goal("lock step, 16 clients", "dnsmasq", 0.85),
    Goal("lock step, 256 clients", "tftpd-hpa", 1.5),
    Goal("lock step, 256 clients", "dnsmasq", 0.85),
    Goal("1 KiB, 16 clients", "tftpd-hpa", 15),
    Goal("1 KiB, 16 clients", "dnsmasq", 0.7),
    Goal("windowsize 4, 16 clients", "atftpd", 2.5),
    Goal("windowsize 16, 1 client", "atftpd", 1.5),
    Goal("windowsize 16, 16 clients", "atftpd", 3.5),
    Goal("windowsize 64, 16 clients", "atftpd", 4.5),
    Goal("1 % loss, 16 clients", "tftpd-hpa", 5),
)

Figures = dict[str, float]
Start = Callable[[str, Path, Path], AbstractContextManager[Running]]


def main() -> int:
    """Measure, print, and tell whether all goals are held."""
    parser = argparse.ArgumentParser(prog="bench/run tftp")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", action="append", help="cases whose names hold these words; may be repeated")
    parser.add_argument("--hosts", type=int, default=0, help="hosts in pxeserve's store")
    parser.add_argument("--servers", default="", help="these servers only, by commas")
    wanted = parser.parse_args()
    cases = [case for case in CASES if any(word in case.name for word in wanted.only or [""])]
    with tempfile.TemporaryDirectory(prefix="bench-tftp-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        data = scratch / "data"
        folder = data / "tftp"
        folder.mkdir(parents=True)
        for file, size in _SIZES.items():
            (folder / file).write_bytes(os.urandom(size))
        print(f"files on {file_system(scratch)}; {wanted.rounds} rounds of {wanted.seconds:g} s; {wanted.hosts} hosts in the store")
        for server, version in peers.versions().items():
            print(f"  {server} {version}")
        load = _compiled(scratch)
        servers: dict[str, Start] = {
            "tftpd-hpa": peers.tftpd_hpa,
            "atftpd": peers.atftpd,
            "dnsmasq": peers.dnsmasq,
            "floor": peers.floor,
            "pxeserve": lambda space, _folder, scratch: peers.pxeserve(space, data, scratch),
        }
        if wanted.hosts:
            fill(data, wanted.hosts)
        if wanted.servers:
            servers = {server: start for server, start in servers.items() if server in wanted.servers.split(",")}
        found = _measured(servers, cases, wanted, folder, scratch, load)
    _print(found)
    verdicts = list(_verdicts(found))
    print()
    for verdict in verdicts:
        print(verdict)
    complaints = list(_complaints(found))
    for complaint in complaints:
        print(complaint)
    return int(any(not verdict.held for verdict in verdicts) or bool(complaints))


Found = dict[tuple[str, str], list[Figures]]


def _measured(servers: dict[str, Start], cases: list[Case], wanted: argparse.Namespace, folder: Path, scratch: Path, load: Path) -> Found:
    found: Found = {}
    for turn in range(wanted.rounds):
        for server, start in servers.items():
            with loopback(f"bench-{os.getpid()}") as space, start(space, folder, scratch) as running:
                client(space, [load, "--name", BIG, "--file", folder / BIG, "--seconds", "0.3"])  # warm
                for case in cases:
                    if server in case.servers:
                        found.setdefault((case.name, server), []).append(_one(space, case, wanted.seconds, folder, load, running))
        print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
    return found


def _one(space: str, case: Case, seconds: float, folder: Path, load: Path, running: Running) -> Figures:
    words = case.words.split()
    name = words[words.index("--name") + 1]
    timed = [] if "--seconds" in words else ["--seconds", str(seconds)]
    before = running.group.seconds()
    fields = client(space, [load, *words, *timed, "--file", folder / name]).split()
    figures = {key: float(value) for key, value in zip(fields[::2], fields[1::2], strict=True)}
    spent = running.group.seconds() - before
    count = max(1.0, figures[case.per])
    return figures | {
        "rate": figures["bytes"] / figures["wall"] / 1e6 if case.per == "blocks" else figures["done"] / figures["wall"],
        "cpu": spent / count * 1e6,
    }


def _compiled(scratch: Path) -> Path:
    load = scratch / "tftpload"
    source = Path(__file__).with_name("tftpload.c")
    subprocess.run(["gcc", "-O2", "-Wall", "-o", load, source], check=True)
    return load


def _print(found: Found) -> None:
    last = ""
    for (case, server), rounds in found.items():
        if case != last:
            small = next(one for one in CASES if one.name == case).per == "done"
            print(f"\n{case}: {'files/s, CPU us a file' if small else 'MB/s, CPU us a block'}")
            last = case
        one = middle(rounds)
        line = f"  {server:11}{spread(rounds, 'rate'):>28}{spread(rounds, 'cpu'):>28}"
        line += f"   p50 {one['p50']:.1f} p99 {one['p99']:.1f} max {one['max']:.1f} ms, longest wait {one['longest_gap']:.0f} ms"
        odd = {key: int(sum(each[key] for each in rounds)) for key in ("resent_requests", "unfinished", "unserved", "refused", "bad")}
        print(line + "".join(f", {key} {value}" for key, value in odd.items() if value))


def _verdicts(found: Found) -> list[Verdict]:
    verdicts = []
    for goal in GOALS:
        ours, theirs = found.get((goal.case, "pxeserve")), found.get((goal.case, goal.peer))
        if ours is None or theirs is None:
            continue
        mine, other = middle(ours), middle(theirs)
        if "loss" in goal.case:
            verdicts.append(Verdict(goal, ratio(other["p50"], mine["p50"]), 0.0, "wall"))
        else:
            verdicts.append(Verdict(goal, ratio(mine["rate"], other["rate"]), ratio(other["cpu"], mine["cpu"]), steadier(ours, theirs)))
    return verdicts


def _complaints(found: Found) -> list[str]:
    """What must not be, whatever the speed."""
    complaints = []
    for (case, server), rounds in found.items():
        for one in rounds:
            if one["bad"]:
                complaints.append(f"MISSED {case}: {server} gave wrong bytes")
            if server != "pxeserve":
                continue
            if one["unserved"] or one["refused"] or one["unfinished"]:
                what = f"{one['unserved']:.0f} unserved, {one['refused']:.0f} refused, {one['unfinished']:.0f} unfinished"
                complaints.append(f"MISSED {case}: {what}")
            if case == "1 KiB, 256 at once" and (one["resent_requests"] or one["p99"] > 50):
                complaints.append(f"MISSED {case}: p99 {one['p99']:.1f} ms, {one['resent_requests']:.0f} asked again")
    return complaints


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, peers.NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
