"""`pxeserve events --follow`, as people and programs run it: through restarts, with nothing lost and nothing told twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HOSTILE = b"x\x1b[2J\x07\xe2\x80\xae"


class Follower:
    """The command, with the lines that it has printed."""

    def __init__(self, service: Any, *words: str) -> None:
        command = ["env", "--default-signal=INT", service.pxeserve, "events", "--follow", "--config", service.config, *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def interrupted(self) -> tuple[int, str]:
        """What it ended with after a Ctrl-C, and what it said beside."""
        os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(60)
        self._reader.join(60)
        assert self.process.stderr is not None
        return status, self.process.stderr.read()


@contextmanager
def following(service: Any, *words: str) -> Iterator[Follower]:
    one = Follower(service, *words)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.communicate()


def ask(service: Any, name: bytes = b"nothing-by-this-name") -> None:
    """A request that leaves one event."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.sendto(b"\0\1" + name + b"\0octet\0", ("127.0.0.1", service.ports["tftp"]))
        client.recv(2048)


def recorded(service: Any, since: int) -> list[int]:
    command = [service.pxeserve, "events", "--json", "--since", str(since), "--config", service.config]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line)["id"] for line in said.stdout.splitlines()]


def test_it_goes_on_where_it_was_whoever_is_killed(service: Any) -> None:
    service.start()
    with following(service, "--json", "--kind", "tftp.*") as one:

        def heard() -> list[int]:
            return [json.loads(line)["id"] for line in list(one.lines)]

        def told(count: int) -> None:
            before = len(heard())
            for _ in range(count):
                ask(service)
            service.until(lambda: len(heard()) >= before + count, "the follower has heard it")

        service.until(lambda: (ask(service), heard())[1], "it follows")
        for _ in range(3):
            killed = service.children()["console"]
            os.kill(killed, signal.SIGKILL)
            service.until(lambda killed=killed: service.children()["console"] != killed, "the console is there again")
            ask(service)
            told(2)
        service.signal(signal.SIGHUP)
        told(2)
        service.signal(signal.SIGKILL)
        service.ended()
        service.start()
        told(2)
        service.stop()
        service.start()
        told(2)
        first = heard()[0]
        service.until(lambda: heard()[1:] == recorded(service, first), "all that is on record, once, in its order")
        status, beside = one.interrupted()
    assert status == 130
    assert "the service went away" in beside
    assert "Traceback" not in beside


def test_what_machines_say_is_shown_and_not_obeyed(service: Any) -> None:
    service.start()
    with following(service) as one:
        service.until(lambda: (ask(service, HOSTILE), list(one.lines))[1], "it follows")
        assert one.interrupted()[0] == 130
    assert "\\x1b[2J" in "".join(one.lines)
    assert all(char.isprintable() or char == "\n" for char in "".join(one.lines))


def test_other_events_are_not_told(service: Any) -> None:
    service.start()
    with following(service, "--json", "--kind", "install.*") as none, following(service, "--json") as every:
        service.until(lambda: (ask(service), list(every.lines))[1], "it follows")
        ask(service)
        service.until(lambda: len(every.lines) >= 2, "told")
        assert none.interrupted()[0] == 130
    assert none.lines == []


def test_where_no_service_runs_there_is_nothing_to_follow(service: Any) -> None:
    with following(service) as one:
        assert one.process.wait(60) == 1
        assert one.process.stderr is not None
        assert "nothing to follow" in one.process.stderr.read()


def test_a_reader_that_goes_away_ends_it(service: Any) -> None:
    service.start()
    command = f"{service.pxeserve} events --follow --json --config {service.config} | head -n1"
    with subprocess.Popen(["bash", "-o", "pipefail", "-c", command], stdout=subprocess.PIPE, text=True) as both:
        service.until(lambda: (ask(service), both.poll())[1] is not None, "both have ended")
        assert both.returncode == 0
