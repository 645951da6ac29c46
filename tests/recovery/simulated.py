"""The simulated pool as tests hold it: a process, its door, and the hosts in it. `pool` is the fixture's other half."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Simulated:
    """The door of a program that runs. Every order of `pool_program.door.Orders` is a method: `simulated.install("xen1", "127.80.0.1")`."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __getattr__(self, order: str) -> Any:
        def ask(*places: Any, **names: Any) -> Any:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                connection.request("POST", f"/{order}", json.dumps([places, names]))
                response = connection.getresponse()
                answer = json.loads(response.read())
            finally:
                connection.close()
            assert response.status == 200, answer
            return answer

        return ask

    def names(self) -> list[str]:
        """The names of all calls so far, in their order, whether they were asked asynchronously or not."""
        return [one["bare"] for one in self.calls()]

    def pool(self, *members: str, address: str = "127.80.0.{}", **said: Any) -> None:
        """Hosts that are one pool already, the first its master; `address` counts from 1."""
        for number, name in enumerate(members, 1):
            self.install(name, address.format(number), **said)
        leader = self.host(members[0])
        for name in members[1:]:
            self.adopt(name=name, master=leader["name"])


@contextmanager
def running(folder: Path) -> Iterator[Simulated]:
    """A program with no hosts yet, or with those that lie in `folder` from before."""
    command = [sys.executable, "-m", "tests.recovery.pool_program", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield Simulated(int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(60)
