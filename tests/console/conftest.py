"""The admin socket as the console serves it, in this process, so that a test can plant verbs of its own; and the web application on a
store of its own, with somebody of any role at its door."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pxeserve import wire
from pxeserve.config import Config
from pxeserve.console import csrf, server
from pxeserve.console.web import make_app
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.serving import Order, Serving
from pxeserve.store import Store, open_store
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.console import people
from tests.console.people import PLACE

PATIENCE = 60.0


class Desk:
    """The console at work on a folder of its own."""

    patience = PATIENCE

    def __init__(self, folder: Path) -> None:
        self.path = folder / "run" / wire.SOCKET_NAME
        data_folder.own_folder(folder, None)
        prepare.fill(folder)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(self.path))
        self._door.listen(128)
        self._door.setblocking(False)
        self._ours, theirs = socket.socketpair()
        self._ready = threading.Event()
        config = Config.model_validate({"server": {"data": str(folder)}})
        serving = Serving(config, (), {"admin": self._door}, theirs, self._ready.set, lambda: None)
        self._thread = threading.Thread(target=server.serve, args=(serving,), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def close(self) -> None:
        self._ours.send(Order.STOP.value.encode())
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._door.close()

    def door(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(PATIENCE)
        sock.connect(str(self.path))
        return sock

    def said(self, line: bytes) -> dict[str, Any]:
        """The last word on one line, whatever it is; nothing when the console hangs up."""
        with self.door() as sock:
            with contextlib.suppress(BrokenPipeError):  # refused before it had spoken, and told why
                sock.sendall(line)
            return next((message for message in wire.messages(sock) if {"result", "error"} & message.keys()), {})

    def asked(self, verb: Any, **arguments: Any) -> dict[str, Any]:
        return self.said(json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n")

    def fine(self) -> bool:
        return "result" in self.asked("status")


@pytest.fixture
def desk() -> Iterator[Desk]:
    folder = Path(tempfile.mkdtemp(prefix="pxc", dir="/tmp"))
    folder.chmod(0o755)
    desk = Desk(folder)
    yield desk
    desk.close()
    shutil.rmtree(folder)


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., Any]], None]:
    """Adds a verb for the length of a test."""
    planted = dict(registry.verbs())
    monkeypatch.setattr(registry, "_verbs", planted)
    return lambda name, function: planted.update({name: registry.Verb(name, function, Role.VIEWER, fresh=False, changes=False)})


class Browser(FlaskClient):
    """Asks at the console's own address, over HTTPS, unless it is told otherwise."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, **{"base_url": f"https://{PLACE}", **kwargs})


class Console:
    """The web application on a folder of its own. `as_role` is the browser of somebody with that role, `as_token` a program, `stranger`
    nobody. There is an administrator from the start, unless it is `empty`."""

    def __init__(self, folder: Path, *, empty: bool = False) -> None:
        data_folder.own_folder(folder, None)
        prepare.fill(folder)
        self.config = Config.model_validate({"server": {"data": str(folder), "interface": "lo", "address": "127.0.0.1"}})
        self.store: Store = open_store(folder)
        self.app = make_app(self.config, self.store, None)
        if not empty:
            people.session(self.store, Role.ADMIN)

    def stranger(self) -> FlaskClient:
        """Somebody without a session."""
        self.app.test_client_class = Browser
        return self.app.test_client()

    def as_role(self, role: Role, *, fresh: bool = True) -> FlaskClient:
        """A browser with a session; its requests carry what our pages send."""
        session = people.session(self.store, role, fresh=fresh)
        client = self.stranger()
        client.set_cookie(csrf.COOKIE, session, domain="127.0.0.1", secure=True)
        client.environ_base.update({"HTTP_ORIGIN": f"https://{PLACE}", "HTTP_X_CSRF": csrf.word(session)})
        return client

    def as_token(self, role: Role, **limits: tuple[str, ...]) -> FlaskClient:
        """A program with a token, which `hosts` and `racks` limit."""
        client = self.stranger()
        client.environ_base.update({"HTTP_AUTHORIZATION": f"Bearer {people.token(self.store, role, **limits)}"})
        return client

    def close(self) -> None:
        self.store.close()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path / "data")
    yield console
    console.close()


@pytest.fixture
def bare_console(tmp_path: Path) -> Iterator[Console]:
    """One that nobody has set up."""
    console = Console(tmp_path / "data", empty=True)
    yield console
    console.close()
