"""What lies in the data folder is the service's user's, and root neither leaves something of its own there nor follows what it finds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve import wire
from pxeserve.supervisor import lock


def command(service: Any, *words: str) -> subprocess.Popen[str]:
    arguments = [service.pxeserve, *words, "--config", service.config]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def opened_by_others(path: Path) -> bool:
    """Whether a process beside this one has `path` open."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and any(one.readlink() == path for one in (process / "fd").iterdir()):
                return True
    return False


@pytest.fixture
def filled(service: Any) -> Iterator[Any]:
    """A service that ran once and has ended."""
    service.start()
    service.stop()
    yield service


def test_when_a_service_has_ended_commands_go_on_without_it(filled: Any) -> None:
    user = (filled.data / "state").stat().st_uid
    assert {path.lstat().st_uid for path in filled.data.rglob("*")} == {user}
    asked = command(filled, "profile", "list", "--json")
    assert asked.communicate(timeout=60) == ("[]\n", None)
    assert asked.returncode == 0


def test_a_command_waits_for_another_that_holds_the_data(filled: Any) -> None:
    path = filled.data / "run" / "pxeserve.lock"
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        asked = command(filled, "profile", "list", "--json")
        filled.until(lambda: opened_by_others(path), "the command stands at the lock")
    assert asked.communicate(timeout=60) == ("[]\n", None)


def test_who_holds_the_data_is_named(filled: Any) -> None:
    held = lock.take(filled.data)
    try:
        with pytest.raises(lock.AlreadyRunningError, match=f"already running, pid {os.getpid()}"):
            lock.take(filled.data)
    finally:
        os.close(held)


def test_a_link_that_lies_where_the_lock_should_is_not_followed(filled: Any) -> None:
    precious = filled.folder / "precious"
    precious.write_text("of root")
    precious.chmod(0o600)
    path = filled.data / "run" / "pxeserve.lock"
    path.unlink()
    path.symlink_to(precious)
    filled.launch()
    assert filled.ended() == 1
    filled.drained()
    assert f"{path}: cannot be locked" in "".join(filled.log)
    assert precious.read_text() == "of root"
    asked = command(filled, "profile", "list")
    assert f"{path}: cannot be locked" in asked.communicate(timeout=60)[0]
    assert asked.returncode == 1


def test_a_link_that_lies_where_a_socket_should_gives_way(filled: Any) -> None:
    precious = filled.folder / "precious"
    precious.write_text("of root")
    owner = precious.stat().st_uid
    path = filled.data / "run" / wire.SOCKET_NAME
    path.unlink()
    path.symlink_to(precious)
    filled.start()
    assert path.is_socket()
    assert (precious.read_text(), precious.stat().st_uid) == ("of root", owner)


def test_what_cannot_give_way_to_a_socket_is_named(filled: Any) -> None:
    path = filled.data / "run" / wire.SOCKET_NAME
    path.unlink()
    path.mkdir()
    filled.launch()
    assert filled.ended() == 1
    filled.drained()
    assert f"error: {path}: cannot be made: " in "".join(filled.log)
