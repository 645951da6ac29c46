"""A console that a real browser can ask: the web application behind TLS on a port of its own, on a data folder of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from pxeserve import certificates
from pxeserve.config import Config
from pxeserve.console import csrf
from pxeserve.console.web import make_app
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import Store, open_store
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.console import people


class Room:
    """The console at work, and a way to its verbs beside it."""

    def __init__(self, folder: Path) -> None:
        data_folder.own_folder(folder, None)
        prepare.fill(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = {"data": str(folder), "interface": "lo", "address": "127.0.0.1"}
        self.config = Config.model_validate({"server": server, "console": {"port": port}})
        self.store: Store = open_store(folder)
        certificates.ensure(folder, ["127.0.0.1"])
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificates.file_of(folder))
        app = make_app(self.config, self.store, None)
        self._server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"https://127.0.0.1:{port}"
        people.session(self.store, Role.ADMIN)

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(Context(self.config, self.store, Actor("tester"), lambda _progress: None), verb, arguments)

    def cookie(self, role: Role) -> dict[str, Any]:
        """What a browser of somebody with that role holds."""
        secret = people.session(self.store, role)
        return {"name": csrf.COOKIE, "value": secret, "url": self.address, "secure": True, "httpOnly": True, "sameSite": "Strict"}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        self.store.close()
