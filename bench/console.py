"""Pages and API of a large site: 10,000 hosts, a million events on record, 250 pages that are followed live, and one reader who asks for
every list there is, one after the other; first while nobody follows, and at each address also right after a change of the inventory. The
server has one core, with its TLS; the reader has another. No peer has the like.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import peers, site
from bench.machine import client, loopback
from pxeserve.store import inventory, open_store

LIMIT = 0.300
"""Seconds, for 95 of 100."""
STREAMS = 250
SLOWED = 2.0
"""So many times longer than alone a page may take while the streams are open."""
CHANGES = 10
"""Times that each address is asked for right after a change."""
HOSTS, EVENTS = 10_000, 1_000_000
PLACE = ("127.0.0.1", 8443)
SECTION = 'mode = "off"\n[console]\naddress = "127.0.0.1"'

BESIDE = ("/", "/hosts", "/hosts/{host}", "/events")
"""Pages that are asked for without streams too."""
PAGES = (
    "/", "/overview/traffic?minutes=1440", "/hosts", "/hosts?page=100", "/hosts?sort=-since", "/hosts?q=rack:R007", "/hosts?q=state:look",
    "/hosts?q=xen-0123", "/hosts/{host}", "/hosts/{host}/values", "/hosts/{host}/explain", "/hosts/-/arm?q=rack:R007", "/racks/R007",
    "/discovered", "/answerfiles", "/answerfiles/profiles/rack", "/media", "/network", "/events", "/events?host={host}",
    "/events?kind=install.failed", "/audit", "/users", "/settings", "/help",
)  # fmt: skip
FURTHER = (
    "/api/v1/hosts?limit=500", "/api/v1/hosts/{host}", "/api/v1/hosts/{host}/timeline",
    "/api/v1/racks/R007", "/api/v1/explain/{host}", "/api/v1/events?host={host}", "/api/v1/events?kind=install.failed",
    "/api/v1/hosts?rack=R007", "/api/v1/events?rack=R007", "/api/v1/history?what=profile&name=rack", "/api/v1/discovered/02:00:00:00:00:01",
)  # fmt: skip
WHOLE = frozenset({"/api/v1/export", "/api/v1/host-table", "/api/v1/audit/verify", "/api/v1/live"})
"""What is no list: it tells all there is, or looks at it."""
SAID = {"/api/v1/answerfiles/reader": "?profile=rack"}
"""What has to be said of one that wants either of two."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One address: what it answered, the seconds of its answers, the console's CPU for each, their bytes, and the seconds of those that
    came right after a change."""

    path: str
    status: int
    seconds: list[float]
    cpu: float
    size: int
    changed: list[float]

    def within(self, percent: int) -> float:
        """So many of 100 were not later."""
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1] if len(self.seconds) > 1 else self.seconds[0]

    @property
    def afresh(self) -> float:
        """The median of those that came right after a change."""
        return median(self.changed) if self.changed else 0.0

    @property
    def held(self) -> bool:
        """Whether it is there, and soon, also after a change."""
        return self.status == 200 and self.within(95) < LIMIT and self.afresh < LIMIT


def main() -> int:
    """Measure, print, and tell whether every list keeps to the limit."""
    parser = argparse.ArgumentParser(prog="bench/run console")
    parser.add_argument("--rounds", type=int, default=40, help="times that each address is asked for")
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--only", action="append", help="addresses that hold these words; may be repeated")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-console-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        laid = site.lay(scratch / "data", wanted.hosts, wanted.events, wanted.streams)
        print(f"{wanted.hosts} hosts, {wanted.events} events, {wanted.streams} live streams; {wanted.rounds} times each", flush=True)
        with loopback(f"bench-{os.getpid()}") as space, peers.pxeserve(space, scratch / "data", scratch, SECTION) as running:
            console = _console(running.group.pids())
            reader = Reader(space, laid, wanted.rounds, console)
            alone = {path: reader.asked(path, changes=0) for path in BESIDE}
            with _followed(space, laid, wanted.streams) as following:
                beside = {path: reader.asked(path, changes=0) for path in BESIDE}
                found = [
                    reader.asked(path, changes=CHANGES)
                    for path in (*PAGES, *_lists(space, laid.session), *FURTHER)
                    if any(word in path for word in wanted.only or [""])
                ]
                following.stdin.close()
                fed = following.stdout.read().strip()
            memory = max(_resident(pid) for pid in running.group.pids())
    for one in sorted(found, key=lambda one: -one.within(95)):
        verdict = "held" if one.held else "MISSED"
        times = "".join(f"{seconds * 1000:8.1f}" for seconds in (*map(one.within, (50, 95, 99)), one.afresh, one.cpu))
        print(f"{verdict:7}{one.path:58}{times} ms{one.size:10}")
    print(f"{'':65}      50      95      99 of 100, median after a change, CPU of the console; bytes")
    slowed = {path: (beside[path].within(50) / alone[path].within(50), beside[path].cpu / (alone[path].cpu or 1.0)) for path in BESIDE}
    for path, (wall, cpu) in slowed.items():
        told = f"{path} with {wanted.streams} streams against none: {wall:.2f} x by the median, {cpu:.2f} x by CPU"
        print(f"{'held' if min(wall, cpu) < SLOWED else 'MISSED':7}{told}")
    print(f"streams meanwhile: {fed}; the largest process of the service: {memory:.0f} MB")
    missed = [one for one in found if not one.held] or [path for path, both in slowed.items() if min(both) >= SLOWED]
    whole = re.match(rf"{wanted.streams} were fed", fed) is not None
    print(f"{'held' if not missed and whole else 'MISSED'}: 95 of 100 within {LIMIT * 1000:g} ms at {len(found)} addresses")
    return int(bool(missed) or not whole)


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader in the network `space`, who asks for each address `rounds` times; `console` is the pid of the process that answers."""

    space: str
    laid: site.Laid
    rounds: int
    console: int

    def asked(self, path: str, *, changes: int) -> Asked:
        """What came of it; `changes` times also right after a change of the inventory."""
        real = path.format(host=self.laid.host)
        before = _cpu(self.console)
        said = self._ask(real, self.rounds)
        cpu = (_cpu(self.console) - before) / len(said["seconds"])
        if said["status"] != 200:
            print(f"{real}: {said['status']}: {said['end']}", file=sys.stderr)
        changed = self._ask(real, changes, str(self.laid.data))["seconds"] if changes and said["status"] == 200 else []
        return Asked(real, said["status"], said["seconds"], cpu, said["size"], changed)

    def _ask(self, path: str, rounds: int, *data: str) -> Any:
        words = [sys.executable, "-m", "bench.console", "--ask", path, self.laid.session, str(rounds), *data]
        return json.loads(client(self.space, words))


def _console(pids: Iterable[int]) -> int:
    """Which of them answers."""
    return next(pid for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == "pxe-console")


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process: proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _lists(space: str, session: str) -> list[str]:
    """All that the API says can be read without saying of what."""
    said = json.loads(client(space, [sys.executable, "-m", "bench.console", "--ask", "/api/v1/openapi.json", session, "1"]))
    document = json.loads(said["text"])
    readable = [f"/api/v1{path}" for path, ways in document["paths"].items() if "get" in ways and "{" not in path and _free(ways["get"])]
    return [path + SAID.get(path, "") for path in readable if path not in WHOLE]


def _free(way: dict[str, Any]) -> bool:
    return not any(one.get("required") for one in way.get("parameters", ()))


def _followed(space: str, laid: site.Laid, streams: int) -> subprocess.Popen[str]:
    """The readers of live streams; each is open when this returns."""
    words = ["ip", "netns", "exec", space, sys.executable, "-m", "bench.following", str(laid.data), str(streams), *laid.followers]
    started = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    if started.stdout.readline().strip() != "open":
        raise RuntimeError(f"the live streams could not be opened: {started.stdout.read()}")
    return started


def _resident(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) / 1024  # type: ignore[index]


def ask(path: str, session: str, rounds: int, data: Path | None = None) -> None:
    """The reader: one connection, one answer after the other; the first is not counted. With `data` the inventory changes before each.
    Prints what `main` reads."""
    store = open_store(data) if data else None
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(*PLACE, context=context, timeout=60)
    headers = {"Cookie": f"__Host-sid={session}", "Accept-Encoding": "identity"}
    seconds, body, status = [], b"", 0
    for _ in range(rounds + 1):
        if store:
            with store.site.write() as writing:
                inventory.raise_revision(writing)
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body, status = answer.read(), answer.status
        seconds.append(time.perf_counter() - began)
        if status != 200:
            break
    text = body.decode() if path.endswith("openapi.json") else ""
    end = body[-300:].decode(errors="replace")
    print(json.dumps({"seconds": seconds[1:] or seconds, "status": status, "size": len(body), "text": text, "end": end}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]), *map(Path, sys.argv[5:]))
        sys.exit()
    sys.exit(main())
