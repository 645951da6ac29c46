"""The admin socket: who may ask, what is said to those who ask wrongly, and what never leaves the house."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from pxeserve import wire
from pxeserve.errors import RefusedError

ROOT = os.geteuid() == 0
ASKS = """
import socket, sys
with socket.socket(socket.AF_UNIX) as sock:
    sock.connect(sys.argv[1])
    try:
        sock.sendall(b'{"verb": "hosts.delete", "arguments": {"name": "dom0"}}\\n')
    except BrokenPipeError:
        pass  # refused before it had spoken, and told why
    print(sock.makefile().readline())
"""


@pytest.mark.skipif(not ROOT, reason="other users can be played by root alone")
def test_a_user_who_is_neither_root_nor_the_services_own_is_refused_even_with_the_door_wide_open(desk: Any) -> None:
    desk.path.parent.chmod(0o755)
    desk.path.chmod(0o666)
    command = ["/usr/bin/python3", "-c", ASKS, desk.path]
    asked = subprocess.run(command, user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=True)
    assert "uid 65534 may not administer this service" in asked.stdout
    assert '"fix"' in asked.stdout
    assert desk.fine()


@pytest.mark.parametrize("line", [b"\n", b"nonsense\n", b"[1, 2]\n", b'"status"\n', b"\xff\xfe\n", b"\0\n", b"[" * 100_000 + b"\n"])
def test_what_is_no_request_is_told_so(desk: Any, line: bytes) -> None:
    assert desk.said(line)["error"]["message"].startswith("a line is not ")
    assert desk.fine()


def test_a_line_that_never_ends_is_cut_off(desk: Any) -> None:
    with desk.door() as sock, pytest.raises(OSError):
        for _ in range(2 * wire.MAX_LINE // 65536):
            sock.sendall(b"x" * 65536)
    assert desk.fine()


@pytest.mark.parametrize("verb", ["", "no.such", "__class__", "status.__call__", 5, None, ["status"], {"a": 1}])
def test_an_unknown_verb_is_named(desk: Any, verb: Any) -> None:
    error = desk.asked(verb)["error"]
    assert error["code"] == "not-found"
    assert error["message"].startswith("there is no operation")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (b'{"limit": "many"}', "limit"),
        (b'{"limit": -1}', "limit"),
        (b'{"nonsense": 1}', "nonsense"),
        (b'{"mac": "not-a-mac"}', "not-a-mac"),
        (b'{"context": null}', "context"),
        (b'{"self": 1}', "self"),
        (b"[1, 2]", "arguments"),
        (b'"text"', "arguments"),
        (b"7", "arguments"),
    ],
)
def test_wrong_arguments_are_refused_by_name_and_are_no_incident(desk: Any, arguments: bytes, says: str) -> None:
    error = desk.said(b'{"verb": "events", "arguments": ' + arguments + b"}\n")["error"]
    assert error["code"] != "internal", error
    assert says in error["message"]
    assert desk.fine()


def test_what_was_not_foreseen_is_an_incident_in_the_log_and_tells_nothing_outside(
    desk: Any, plant: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    def explode(context: object) -> None:
        raise KeyError("a-secret-of-the-house")

    plant("explode", explode)
    error = desk.asked("explode")["error"]
    assert error["code"] == "internal"
    assert "a-secret" not in str(error)
    assert "Traceback" not in str(error)
    incident = error["message"].rpartition("incident ")[2].rstrip(")")
    assert len(incident) == 8
    logged = capfd.readouterr()
    assert incident in logged.out + logged.err
    assert "a-secret-of-the-house" in logged.out + logged.err


def test_a_connection_goes_on_after_a_refusal(desk: Any, plant: Callable[..., None]) -> None:
    def refuse(context: object) -> None:
        raise RefusedError("not today", fix="tomorrow")

    plant("refuse", refuse)
    with desk.door() as sock:
        answers = wire.messages(sock)
        wire.send(sock, {"verb": "refuse"})
        assert next(answers)["error"]["fix"] == "tomorrow"
        wire.send(sock, {"verb": "status"})
        assert "result" in next(answers)
