"""The admin socket with many who ask, and with some who leave in the middle."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pxeserve import wire
from pxeserve.console import admin

MOST = admin._MOST_CLIENTS


def until(happens: Callable[[], object], what: str, patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while not happens():
        assert time.monotonic() < deadline, f"never happened: {what}"
        pause.wait(0.02)


def conversing() -> int:
    return sum(thread.name.endswith("(_converse)") for thread in threading.enumerate())


def follow(desk: Any) -> socket.socket:
    sock: socket.socket = desk.door()
    wire.send(sock, {"verb": "events", "arguments": {"follow": True}})
    assert "progress" in next(wire.messages(sock))
    return sock


def test_forty_who_ask_at_once_are_answered_each_or_told_to_come_back(desk: Any) -> None:
    start = threading.Barrier(40)

    def ask(_: int) -> Any:
        start.wait(60)
        return desk.asked("status")

    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(ask, range(40)))
    assert len(answers) == 40
    assert all("result" in answer or answer["error"]["code"] == "busy" for answer in answers)
    assert sum("result" in answer for answer in answers) >= MOST
    until(lambda: conversing() == 0, "every place is free again")
    assert desk.fine()


def test_when_every_place_is_taken_the_next_is_told_so_and_gets_one_that_is_left(desk: Any) -> None:
    followers = [follow(desk) for _ in range(MOST)]
    error = desk.said(b"")["error"]
    assert error["code"] == "busy"
    assert str(MOST) in error["message"]
    followers.pop().close()
    until(lambda: "result" in desk.said(b'{"verb": "status"}\n'), "the place of one who left is free")
    for sock in followers:
        sock.close()
    until(lambda: conversing() == 0, "every place is free again")


def test_who_hangs_up_while_following_leaves_no_thread_and_no_incident(desk: Any, capfd: pytest.CaptureFixture[str]) -> None:
    polite, rude = follow(desk), follow(desk)
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    polite.close()
    rude.close()
    until(lambda: conversing() == 0, "both are forgotten")
    assert desk.fine()
    said = capfd.readouterr()
    assert "not foreseen" not in said.out + said.err
    assert "Traceback" not in said.out + said.err


def test_an_operation_that_meets_an_error_of_the_system_says_so_instead_of_hanging_up(desk: Any, plant: Callable[..., None]) -> None:
    def fill_the_disk(context: object) -> None:
        raise OSError(28, "No space left on device")

    plant("fill", fill_the_disk)
    error = desk.asked("fill")["error"]
    assert error["code"] == "internal"
    assert "incident" in error["message"]
