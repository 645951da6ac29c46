"""Imports as people run them: shown, stopped by a key or by a command, cut off with the service, and taken up again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.repo.sample import make_sample


class Hanging:
    """A server that gives a part of a file and then says no more, until it is told to go on."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[str] = []
        self.on = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/medium.tar"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        head = client.recv(4096).decode()
        self.asked.append(head)
        start = int(head.partition("bytes=")[2].partition("-")[0]) if "Range:" in head else 0
        end, length = len(self.content) - 1, len(self.content) - start
        first = "206 Partial Content" if start else "200 OK"
        part = f"Content-Range: bytes {start}-{end}/{end + 1}\r\n" if start else ""
        client.sendall(f'HTTP/1.1 {first}\r\nContent-Length: {length}\r\n{part}ETag: "a"\r\n\r\n'.encode())
        body = self.content[start:]
        client.sendall(body[: len(body) // 2])
        self.on.wait(60)
        with contextlib.suppress(OSError):
            client.sendall(body[len(body) // 2 :])
        client.close()

    def close(self) -> None:
        self.on.set()
        self._door.close()


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Hanging]:
    make_sample(tmp_path / "sample")
    subprocess.run(["tar", "-cf", tmp_path / "sample.tar", "-C", tmp_path / "sample", "."], check=True)
    server = Hanging((tmp_path / "sample.tar").read_bytes())
    yield server
    server.close()


@pytest.fixture
def allowing(service: Any) -> Any:
    """A house that may fetch from loopback."""
    with service.config.open("a") as file:
        file.write('[media]\nfetch_from = ["127.0.0.0/8"]\n')
    return service


def command(service: Any, *words: str) -> subprocess.Popen[str]:
    # A shell without job control ignores SIGINT for what it runs behind itself, and so would all that comes of it.
    arguments = ["env", "--default-signal=INT", service.pxeserve, "media", *words]
    places = {**os.environ, "PXESERVE_CONFIG": str(service.config)}
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, env=places, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def done(service: Any, *words: str) -> Any:
    with command(service, *words, "--json") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err == ""
    return json.loads(out)


def half_way(service: Any, far: Hanging) -> None:
    """Wait until half of the file has come."""
    fetched = service.data / "media" / ".staging-far" / "fetched-0"
    service.until(lambda: fetched.exists() and fetched.stat().st_size >= len(far.content) // 2, "half of the file")


def stagings(service: Any) -> list[str]:
    return sorted(folder.name for folder in (service.data / "media").iterdir())


@pytest.mark.parametrize("runs", [True, False])
def test_ctrl_c_takes_an_import_back(allowing: Any, far: Hanging, runs: bool) -> None:
    if runs:
        allowing.start()
    with command(allowing, "import", far.url, "--name", "far") as process:
        half_way(allowing, far)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "cancelled: nothing of far was imported" in err
    assert "Traceback" not in out + err
    allowing.until(lambda: stagings(allowing) == [], "nothing left")
    assert done(allowing, "list") == []


def test_an_import_is_shown_and_stopped_from_elsewhere(allowing: Any, far: Hanging) -> None:
    allowing.start()
    with command(allowing, "import", far.url, "--name", "far") as process:
        half_way(allowing, far)
        (one,) = done(allowing, "imports")
        assert (one["name"], one["sources"], one["state"]) == ("far", [far.url], "running")
        with command(allowing, "import", "/nowhere", "--name", "far") as second:
            assert "is being imported already" in second.communicate(timeout=60)[1]
        with command(allowing, "import", "--cancel", "far") as stop:
            assert stop.communicate(timeout=60)[0] == "cancelled far\n"
        _out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the import of far was cancelled; nothing was imported" in err
    assert stagings(allowing) == []
    assert done(allowing, "imports") == []


def test_an_import_that_went_with_the_service_goes_on_by_the_same_command(allowing: Any, far: Hanging) -> None:
    allowing.start()
    with command(allowing, "import", far.url, "--name", "far") as process:
        half_way(allowing, far)
        os.kill(allowing.children()["console"], signal.SIGKILL)
        process.communicate(timeout=60)
    assert process.returncode == 1
    allowing.stop()
    allowing.start()
    assert [one["state"] for one in done(allowing, "imports")] == ["broken off"]
    assert done(allowing, "list") == []
    far.on.set()
    medium = done(allowing, "import", far.url, "--name", "far")
    assert (medium["name"], medium["package_count"]) == ("far", 6)
    assert "Range: bytes=" in far.asked[-1]
    assert done(allowing, "imports") == []
    assert len(stagings(allowing)) == 1


def test_the_service_removes_what_it_does_not_know_when_it_starts(service: Any) -> None:
    service.start()
    service.stop()
    (service.data / "media").mkdir(exist_ok=True)
    (service.data / "media" / ".staging-x").mkdir()
    service.start()
    assert stagings(service) == []
