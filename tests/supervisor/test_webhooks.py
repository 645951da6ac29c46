"""Webhooks of a running service: whatever is killed, each event arrives, in its order, and what arrives twice is known by its id."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.outlets.webhooks.receiving import SECRET, Receiver, cut, hang, status

HOOK = """
[[webhook]]
name = "chat"
url = "{url}"
events = ["tftp.*"]
secret_file = "{secret}"
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.end()


@pytest.fixture
def hooked(service: Any, receiver: Receiver) -> Any:
    secret = service.folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(secret, 65534, 65534)
    with service.config.open("a") as file:
        file.write(HOOK.format(url=receiver.url, secret=secret))
    return service


def ask(service: Any, name: str) -> None:
    """A request that leaves one event, which names it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("127.0.0.1", service.ports["tftp"]))
        client.recv(2048)


def command(service: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([service.pxeserve, *words, "--config", service.config], capture_output=True, text=True, check=False)


def distinct(receiver: Receiver) -> list[str]:
    """What has arrived, in the order in which each first came."""
    return list(dict.fromkeys(json.loads(body)["data"]["file"] for _, body in list(receiver.got)))


def on_record(service: Any) -> list[str]:
    """The files of all transfers that are written down."""
    said = command(service, "events", "--kind", "tftp", "--json").stdout.splitlines()
    return [json.loads(line)["data"]["file"] for line in said]


def ready(service: Any) -> None:
    """Wait until the hook has begun: what happened before that is not for it."""
    service.until(lambda: service.asked("webhook.list")["result"][0]["state"] == "good", "it has begun")


def test_whoever_is_killed_each_event_arrives_in_its_order_and_doubles_carry_one_id(hooked: Any, receiver: Receiver) -> None:
    moods = [status(200), status(500), cut, status(200, b"x" * 100_000)]
    receiver.script.extend(random.Random(7).choices(moods, (6, 1, 1, 1), k=40))
    hooked.start()
    ready(hooked)
    asked = []
    for number in range(30):
        asked.append(f"file-{number:02}")
        ask(hooked, asked[-1])
        if number % 10 == 3:
            hooked.until(lambda: on_record(hooked)[-1:] == asked[-1:], "all until here is written down")
        if number % 10 == 5:
            hooked.until(lambda: distinct(receiver), "something has arrived")
            since = len(hooked.log)
            os.kill(hooked.children()["worker"], signal.SIGKILL)
            hooked.says(r"worker ready", since)
        if number == 20:
            hooked.stop()
            hooked.start()
    hooked.until(lambda: distinct(receiver)[-1:] == asked[-1:], "the last one has arrived")
    recorded = on_record(hooked)
    assert distinct(receiver) == recorded  # a worker that is killed takes along what it had not written yet
    assert len(recorded) > 20
    by_file: dict[str, set[str]] = {}
    for headers, body in receiver.got:
        by_file.setdefault(json.loads(body)["data"]["file"], set()).add(headers["webhook-id"])
    assert all(len(ids) == 1 for ids in by_file.values())
    assert len({next(iter(ids)) for ids in by_file.values()}) == len(recorded)
    assert SECRET not in "".join(hooked.log)


def test_one_that_hangs_delays_neither_machines_nor_the_record_nor_a_stop(hooked: Any, receiver: Receiver) -> None:
    receiver.script.append(hang)
    hooked.start()
    ready(hooked)
    ask(hooked, "first")
    hooked.until(lambda: receiver.got, "it hangs")
    for number in range(20):
        ask(hooked, f"file-{number}")
    count = ["events", "--kind", "tftp", "--json"]
    hooked.until(lambda: len(command(hooked, *count).stdout.splitlines()) == 21, "all of it is on record")
    said = command(hooked, "status").stdout
    assert "webhook chat: good, 21 waiting, 0 delivered" in said
    assert "record: 21 events since " in said
    hooked.signal(signal.SIGTERM)
    assert hooked.ended() == 0
    hooked.drained()
    assert not [line for line in hooked.log if "did not stop in time" in line or "Traceback" in line]


def test_people_can_ask_how_it_fares_and_try_it(hooked: Any, receiver: Receiver) -> None:
    hooked.start()
    ready(hooked)
    receiver.script.extend([status(200, b"thank you\x1b[2J"), status(403, b"who are you?")])
    good = command(hooked, "webhook", "test", "chat")
    assert good.returncode == 0
    assert "chat: taken: answered 200 OK" in good.stdout
    assert "thank you\\x1b[2J" in good.stdout
    told = json.loads(receiver.got[0][1])
    assert (told["kind"], told["delivery"]) == ("webhook.test", receiver.ids()[0])
    bad = command(hooked, "webhook", "test", "chat")
    assert bad.returncode == 1
    assert "not taken: answered 403 Forbidden" in bad.stdout
    unknown = command(hooked, "webhook", "test", "chta")
    assert unknown.returncode == 1
    assert "did you mean chat?" in unknown.stderr
    listed = command(hooked, "webhook", "list").stdout
    assert "chat: tftp.* to 127.0.0.1:" in listed
    assert "/in" not in listed
    assert json.loads(command(hooked, "webhook", "list", "--json").stdout)[0]["delivered"] == 0
    receiver.end()
    assert "Connection refused" in command(hooked, "webhook", "test", "chat").stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://chat.example.com/", "plain http to chat.example.com"),
        ("https://me:pw@chat.example.com/", "a user name or a password"),
        ("file:///etc/passwd", "not a URL such as"),
        ("https://", "not a URL such as"),
        ("http://127.0.0.1@evil.example.com/", "a user name or a password"),
        ("https://chat.example.com/#x", "fragment"),
    ],
)
def test_an_address_that_is_not_to_be_posted_to_is_refused_when_it_is_read(service: Any, url: str, says: str) -> None:
    with service.config.open("a") as file:
        file.write(HOOK.format(url=url, secret="secret"))
    said = command(service, "status")
    assert said.returncode == 1
    assert says in said.stderr
    assert "pxeserve.toml:" in said.stderr
