"""DHCP beside Kea, ISC dhcpd and dnsmasq, under Kea's perfdhcp, over a pair of virtual cards."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import lenders, peers, perfdhcp
from bench.figures import Goal, Verdict, middle, ratio, spread
from bench.hosts import fill
from bench.machine import Running, Unfit, cable, file_system

SERVER, CLIENT = "bench-server", "bench-client"
RATE = 4000
"""Exchanges a second at which the cost of one is compared."""
PROXY_RATE = 4000
LADDER = (100, 150, 225, 300, 450, 600, 800, 1000, 1200, 1600, 2000, 2500, 3000, 4000, 5000, 6000, 7000, 8000, 10000)
FIRST_STEP = {"dnsmasq": 450, "dhcpd": 600, "kea": 6000, "pxeserve": 5000}
_MOST_DROPS = 1.0
_LONGEST_WAIT = 10.0

COST, MOST, PROXY, SYNCS = "cost at 4000/s", "most a second", "proxy at 4000/s", "syncs"
GOALS = (
    Goal(COST, "kea", 1.0),
    Goal(MOST, "dnsmasq", 5),
    Goal(MOST, "dhcpd", 4),
    Goal(PROXY, "dnsmasq", 1 / 1.2),
)

Figures = dict[str, float]
Found = dict[tuple[str, str], list[Figures]]
Start = Callable[[], AbstractContextManager[Running]]


def main() -> int:
    """Measure, print, and tell whether all goals are held."""
    parser = argparse.ArgumentParser(prog="bench/run dhcp")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", action="append", help=f"of {COST!r}, {MOST!r}, {PROXY!r} and {SYNCS!r}, those that hold these words")
    parser.add_argument("--hosts", type=int, default=0, help="hosts in pxeserve's store")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-dhcp-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        data = scratch / "data"
        data.mkdir()
        print(f"leases on {file_system(scratch)}; {wanted.rounds} rounds of {wanted.seconds:g} s; {wanted.hosts} hosts in the store")
        for server, version in peers.versions().items():
            print(f"  {server} {version}")
        print("  durable before the acknowledgement: pxeserve, dnsmasq, dhcpd; not durable: Kea's file of leases")
        if wanted.hosts:
            fill(data, wanted.hosts)
        found = _measured(_trials(scratch, data), wanted)
    _print(found)
    print()
    verdicts = list(_verdicts(found))
    for verdict in verdicts:
        print(verdict)
    complaints = list(_complaints(found))
    for complaint in complaints:
        print(complaint)
    return int(any(not verdict.held for verdict in verdicts) or bool(complaints))


Trial = tuple[str, str, Start, Callable[[Running, str, float], Figures]]


def _trials(scratch: Path, data: Path) -> list[Trial]:
    """Case, server, how it is started, and what is measured."""
    kea: Start = lambda: lenders.kea(SERVER, scratch)  # noqa: E731
    dhcpd: Start = lambda: lenders.dhcpd(SERVER, scratch)  # noqa: E731
    dnsmasq: Start = lambda: lenders.dnsmasq(SERVER, scratch)  # noqa: E731
    ours: Start = lambda: lenders.pxeserve(SERVER, data, scratch)  # noqa: E731
    return [
        (COST, "kea", kea, _cost),
        (COST, "pxeserve", ours, _cost),
        (MOST, "dnsmasq", dnsmasq, _most),
        (MOST, "dhcpd", dhcpd, _most),
        (MOST, "pxeserve", ours, _most),
        (PROXY, "dnsmasq", lambda: lenders.dnsmasq_proxy(SERVER, scratch), _proxy),
        (PROXY, "pxeserve", lambda: lenders.pxeserve_proxy(SERVER, data, scratch), _proxy),
        (SYNCS, "dnsmasq", dnsmasq, _syncs),
        (SYNCS, "dhcpd", dhcpd, _syncs),
        (SYNCS, "kea", kea, _syncs),
        (SYNCS, "pxeserve", ours, _syncs),
    ]


def _measured(trials: list[Trial], wanted: argparse.Namespace) -> Found:
    found: Found = {}
    for turn in range(wanted.rounds):
        for case, server, start, measure in trials:
            if not any(word in case for word in wanted.only or [""]) or (case == SYNCS and turn):
                continue
            with cable(SERVER, CLIENT), start() as running:
                perfdhcp.run(CLIENT, 100, 1, offers_only=case == PROXY, options=perfdhcp.PXE if case == PROXY else ())  # warm
                running.group.settle()
                found.setdefault((case, server), []).append(measure(running, server, wanted.seconds))
        print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
    return found


def _cost(running: Running, _server: str, seconds: float) -> Figures:
    return _at(running, RATE, seconds)


def _proxy(running: Running, _server: str, seconds: float) -> Figures:
    before = running.group.seconds()
    report = perfdhcp.run(CLIENT, PROXY_RATE, seconds, offers_only=True, options=perfdhcp.PXE)
    spent = running.group.seconds() - before
    return _figures(report, spent, PROXY_RATE)


def _most(running: Running, server: str, seconds: float) -> Figures:
    """The highest rate of the ladder with under 1 % of drops: upwards from a first guess, or downwards from it."""
    at = LADDER.index(FIRST_STEP[server])
    best = _at(running, LADDER[at], seconds)
    if best["drops"] < _MOST_DROPS:
        while at + 1 < len(LADDER) and (tried := _at(running, LADDER[at + 1], seconds))["drops"] < _MOST_DROPS:
            best, at = tried, at + 1
    else:
        while at and best["drops"] >= _MOST_DROPS:
            at -= 1
            best = _at(running, LADDER[at], seconds)
    half = _at(running, LADDER[at] // 2, seconds)
    return best | {"half": half["offer"]}


def _at(running: Running, rate: int, seconds: float) -> Figures:
    before = running.group.seconds()
    report = perfdhcp.run(CLIENT, rate, seconds)
    return _figures(report, running.group.seconds() - before, rate)


def _figures(report: perfdhcp.Report, spent: float, rate: int) -> Figures:
    acks = report.acks.delay if report.acks else 0.0
    cost = spent / max(1, report.exchanges) * 1e6
    return {"rate": rate, "cpu": cost, "drops": report.drops, "offer": report.offers.delay, "ack": acks}


def _syncs(running: Running, _server: str, _seconds: float) -> Figures:
    """Calls that sync a file, during a hundred exchanges of one machine after the other."""
    with tempfile.NamedTemporaryFile("r") as trace:
        with _traced(running, trace.name):
            report = perfdhcp.run(CLIENT, 20, 5, number=100)
        calls = trace.read()
    return {"exchanges": report.exchanges, "syncs": calls.count("sync(")}


@contextmanager
def _traced(running: Running, file: str) -> Iterator[None]:
    pids = [word for pid in running.group.pids() for word in ("-p", str(pid))]
    words = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", file, *pids]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as strace:
        time.sleep(1)  # it takes hold of one process after the other
        try:
            yield
        finally:
            strace.send_signal(signal.SIGINT)


def _print(found: Found) -> None:
    last = ""
    for (case, server), rounds in found.items():
        if case != last:
            print(f"\n{case}" + (": server's CPU us an exchange, drops, delays" if case != SYNCS else ""))
            last = case
        one = middle(rounds)
        if case == SYNCS:
            print(f"  {server:11}{one['syncs']:.0f} syncs for {one['exchanges']:.0f} exchanges")
            continue
        line = f"  {server:11}{one['rate']:6.0f}/s ({min(r['rate'] for r in rounds):.0f}-{max(r['rate'] for r in rounds):.0f})"
        line += f"{spread(rounds, 'cpu'):>28} us   drops {spread(rounds, 'drops')} %   offer {one['offer']:.2f} ms"
        line += f", ack {one['ack']:.2f} ms" if one["ack"] else ""
        print(line + (f"; at half of it offer {one['half']:.2f} ms" if "half" in one else ""))


def _verdicts(found: Found) -> list[Verdict]:
    verdicts = []
    for goal in GOALS:
        ours, theirs = found.get((goal.case, "pxeserve")), found.get((goal.case, goal.peer))
        if ours is None or theirs is None:
            continue
        mine, other = middle(ours), middle(theirs)
        if goal.case == MOST:
            verdicts.append(Verdict(goal, ratio(mine["rate"], other["rate"]), 0.0, "wall"))
        else:
            verdicts.append(Verdict(goal, 0.0, ratio(other["cpu"], mine["cpu"]), "cpu"))
    return verdicts


def _complaints(found: Found) -> list[str]:
    """What must not be, whatever the speed."""
    complaints = []
    most = found.get((MOST, "pxeserve"))
    if most and (wait := middle(most)["half"]) > _LONGEST_WAIT:
        complaints.append(f"MISSED {MOST}: {wait:.1f} ms to an OFFER at half of it; {_LONGEST_WAIT:.0f} are allowed")
    for (case, server), rounds in found.items():
        if case in (COST, PROXY) and any(one["drops"] >= _MOST_DROPS for one in rounds):
            complaints.append(f"MISSED {case}: {server} dropped 1 % or more in a round: a busy machine, and not the cost of this rate")
        if case == SYNCS and server == "pxeserve" and rounds[0]["syncs"] < 1:
            complaints.append(f"MISSED {SYNCS}: not one for {rounds[0]['exchanges']:.0f} exchanges")
    return complaints


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, peers.NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
