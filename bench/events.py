"""What an event costs the process that serves machines: from an event that is made to a datagram that has left, in CPU time of that
process, while a worker takes in what comes. Both ways of handing over are measured: by turns of a loop, and each at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import peers
from pxeserve.events.inbox import Inbox
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME, Recorder

MOST = 10e-6
"""Seconds of the serving path for one event."""

_AT = 1_800_000_000.123456
_TURN = 20
"""Events of one turn; a crowd's are more, one machine's fewer."""

_TOGETHER = 1000
_BECAUSE = [{"weight": "chosen", "code": "armed", "text": "armed for xcp83 by root until 20:25", "source": "install k3d9"}] * 3
_ASKED = {"tsize": "42430", "blksize": "1468"}

EVENTS = {
    "tftp.transfer": Event(
        "tftp.transfer", _AT, "b/p5gqazace2es/debian/pxelinux.0: 42430 bytes in 0.02 s, blocks of 1468 (loader set debian)",
        mac="52:54:00:77:00:01", address="10.77.0.51", session="p5gqazace2es", host="xen01", install="k3d9",
        data={
            "file": "b/p5gqazace2es/debian/pxelinux.0", "rule": "loader set debian", "operation": "RRQ", "mode": "octet", "asked": _ASKED,
            "port": 2070, "granted": _ASKED, "blksize": 1468, "windowsize": 1, "size": 42430, "outcome": "done", "bytes": 42430,
            "blocks": 29, "retransmits": 0, "seconds": 0.0213, "detail": "",
        },
    ),
    "http.file": Event(
        "http.file", _AT, "xcp83/Packages/xen-hypervisor-4.17.5-6.xcpng8.3.x86_64.rpm: 2843113 bytes (package 17 of 533)",
        mac="52:54:00:77:00:01", address="10.77.0.51", host="xen01", install="k3d9",
        data={
            "medium": "xcp83", "path": "Packages/xen-hypervisor-4.17.5-6.xcpng8.3.x86_64.rpm", "status": 200, "bytes": 2843113,
            "total": 2843113, "seconds": 0.031415, "outcome": "done", "package": 17, "packages": 533,
        },
    ),
    "dhcp.ack": Event(
        "dhcp.ack", _AT, "lent for 3600 s, boot file b/p5gqazace2es/debian/pxelinux.0", mac="52:54:00:77:00:01", address="10.77.0.51",
        host="xen01", install="k3d9", session="p5gqazace2es", data={"because": _BECAUSE, "file": "b/p5gqazace2es/debian/pxelinux.0"},
    ),
}  # fmt: skip


def main() -> int:
    """Measure, print, and tell whether each event keeps to the bound."""
    parser = argparse.ArgumentParser(prog="bench/run events")
    parser.add_argument("--rounds", type=int, default=15, help=f"of {_TOGETHER} events each; the median counts")
    wanted = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory(prefix="bench-events-", dir=peers.scratch_folder()) as name, _worker(Path(name)):
        for kind, event in EVENTS.items():
            for way, by_turns in (("by turns", True), ("each at once", False)):
                cost, lost = _measured(Path(name), event, by_turns=by_turns, rounds=wanted.rounds)
                good = cost <= MOST and not lost
                held = held and good
                what = f"{kind} of {len(event.encode())} bytes, {way}"
                print(f"{'held' if good else 'MISSED'}: {what}: {cost * 1e6:.2f} us (limit {MOST * 1e6:g}), {lost} lost")
    return int(not held)


def _measured(folder: Path, event: Event, *, by_turns: bool, rounds: int) -> tuple[float, int]:
    """Seconds of CPU for an event, the median of the rounds, and how many events were lost."""
    recorder = Recorder(folder / SOCKET_NAME, "bench", by_turns=by_turns)
    found = [_round(recorder, event) for _ in range(rounds)]
    lost = sum(recorder._counts.values())
    recorder.close()
    return statistics.median(found), lost


def _round(recorder: Recorder, event: Event) -> float:
    began = time.process_time()
    for number in range(1, _TOGETHER + 1):
        recorder.emit(event)
        if number % _TURN == 0:
            recorder.hand_over()
    spent = time.process_time() - began
    deadline = time.monotonic() + 60
    while recorder.waiting and time.monotonic() < deadline:  # what the worker had no room for in so short a time: its cost counts too
        began = time.process_time()
        recorder.hand_over()
        spent += time.process_time() - began
        time.sleep(0.005)
    return spent / _TOGETHER


@contextmanager
def _worker(folder: Path) -> Iterator[None]:
    """A process that takes in what comes, as the worker does, and throws it away."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(folder / SOCKET_NAME))
        pid = os.fork()
        if not pid:
            inbox = Inbox(sock)
            inbox.start()
            os.nice(10)
            while True:
                inbox.take(1_000_000)
                time.sleep(0.2)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    sys.exit(main())
