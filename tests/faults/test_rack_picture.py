"""A rack of machines against a running service: its picture is right at every moment, and each machine is installed once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from pxeserve import wire
from pxeserve.domain.host import Host
from pxeserve.store import inventory, open_store
from tests.faults.machine import Machine, stock
from tests.faults.service import Service, until
from tests.faults.space import Space

pytestmark = pytest.mark.netns
RACK = 4
NAMES = [f"r{number}" for number in range(RACK)]


def ask(service: Service, verb: str, **arguments: Any) -> Any:
    """The answer of a verb. Raises AssertionError with the error's message."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(60)
        sock.connect(str(service.data / "run" / wire.SOCKET_NAME))
        wire.send(sock, {"verb": verb, "arguments": arguments})
        for message in wire.messages(sock):
            assert "error" not in message, message["error"]["message"]
            if "result" in message:
                return message["result"]
    raise ConnectionError("no last word")


def picture(service: Service) -> dict[str, tuple[str, str | None]]:
    return {one["host"]: (one["state"], one["step"]) for one in ask(service, "rack.show", name="R2")["hosts"]}


def comes_to(service: Service, host: str, state: str, step: str | None) -> None:
    """The store's word is there at once; the record's a moment later."""

    def seen() -> str:
        now = picture(service)[host]
        assert now[0] == state, now
        return "" if now[1] != step else "seen"

    until(seen, f"{host} at {step}")


def rack(service: Service, space: Space) -> list[Machine]:
    stock(service)
    store = open_store(service.data)
    machines = [Machine(space, mac=f"52:54:00:78:00:0{number}", address=f"10.78.0.{20 + number}") for number in range(RACK)]
    with store.site.write() as connection:
        for name, one in zip(NAMES, machines, strict=True):
            inventory.put_host(connection, Host(0, name, (one.mac,), "demo", address=IPv4Address(one.address), rack="R2"))
    store.close()
    service.give()
    return machines


def test_the_picture_of_a_rack_follows_its_machines(alone: Space, furnish: Callable[..., Service]) -> None:
    service = furnish(alone)
    machines = rack(service, alone)
    service.start()
    first, second, third, _silent = machines
    assert set(picture(service).values()) == {("idle", None)}
    assert not first.boot(), "nobody armed it"
    answer = ask(service, "host.install-all", rack="R2", count=RACK)
    assert [one["host"] for one in answer["hosts"]] == NAMES
    assert set(picture(service).values()) == {("armed", None)}, "what it did before it was armed is no step"

    assert first.boot()
    comes_to(service, "r0", "answered", "answerfile")
    assert {name: now[0] for name, now in picture(service).items() if name != "r0"} == dict.fromkeys(NAMES[1:], "armed")
    first.install()
    comes_to(service, "r0", "done", "done")
    assert not first.boot()
    comes_to(service, "r0", "done", "own disk")

    outcomes: list[bool] = []
    twice = [threading.Thread(target=lambda: outcomes.append(second.boot())) for _ in range(2)]
    for thread in twice:
        thread.start()
    for thread in twice:
        thread.join()
    assert len(second.answerfiles) == 1
    assert sum(second.answerfiles.values()) <= 3
    comes_to(service, "r1", "answered", "answerfile")

    ask(service, "host.cancel", name="r2")
    assert not third.boot()
    assert picture(service)["r2"][0] == "cancelled"
    assert ask(service, "rack.show", name="R2")["counts"] == {"armed": 1, "answered": 1, "done": 1, "cancelled": 1}
    again = ask(service, "host.install", name="r2", again=True)
    assert again["again"] == {"last": "cancelled", "differs": []}
    assert third.boot()
    third.install()
    comes_to(service, "r2", "done", "done")
    assert {name: len(one.answerfiles) for name, one in zip(NAMES, machines, strict=True)} == {"r0": 1, "r1": 1, "r2": 1, "r3": 0}
