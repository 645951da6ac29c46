"""Which hosts there are, whose database each goes by, and where that is kept: a file that is replaced whole, so that the program may die
and come back too."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from pathlib import Path
from typing import Any

from tests.recovery.pool_program import records

Host = dict[str, Any]
DEFAULTS = {
    "user": "root", "password": "secret", "version": "8.3.0", "brand": "", "build": "", "cpu": "GenuineIntel", "local": "ext",
    "addressing": "Static", "edition": "xcp-ng", "external_auth": "", "linux_pack": True, "tls": "", "ahead": 0.0, "restart": 0.1,
    "booting": False,
}  # fmt: skip
"""What a host is unless somebody says otherwise. `tls` is the newest version it speaks ("" for whatever there is), `ahead` seconds that
its clock goes before ours, `restart` seconds that its toolstack takes to come back."""


class FailureError(Exception):
    """XAPI's way to say no: a word, and more words."""

    def __init__(self, *words: str) -> None:
        super().__init__(words)
        self.words = list(words)


class World:
    """Everything that lasts. `lock` is held while anything is looked at or changed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "world.json"
        self.lock = threading.RLock()
        self.sessions: dict[str, tuple[str, bool]] = {}
        said = json.loads(self._path.read_text()) if self._path.exists() else {"hosts": {}, "databases": {}, "port": 0}
        self.hosts: dict[str, Host] = said["hosts"]
        self.databases: dict[str, records.Database] = said["databases"]
        self.port: int = said["port"]

    def save(self) -> None:
        """Keep it."""
        with self.lock:
            text = json.dumps({"hosts": self.hosts, "databases": self.databases, "port": self.port})
            staged = self._path.with_suffix(".new")
            staged.write_text(text)
            staged.replace(self._path)

    def install(self, name: str, address: str, **said: Any) -> Host:
        """A newly installed host, or one installed anew: another UUID, a database of its own, and nobody's member."""
        with self.lock:
            before = self.hosts.get(name, {})
            mac = before.get("mac") or f"52:54:00:{secrets.token_hex(3)[:2]}:{secrets.token_hex(1)}:{secrets.token_hex(1)}"
            host: Host = {**DEFAULTS, **said, "name": name, "address": address, "mac": mac, "uuid": str(uuid.uuid4())}
            host |= {"master": "", "database": str(uuid.uuid4()), "dead": False, "epoch": before.get("epoch", 0) + 1}
            self.databases[host["database"]] = records.fresh(host)
            self.hosts[name] = host
            self.save()
            return host

    def at(self, address: str) -> Host | None:
        """The host at an address that answers there."""
        return next((host for host in self.hosts.values() if host["address"] == address and not host["dead"]), None)

    def database(self, host: Host) -> records.Database:
        """The database that a host goes by: its own, or its pool's."""
        return self.databases[host["database"]]

    def me(self, host: Host) -> str:
        """The reference of a host's own record."""
        found = self.database(host)["host"].items()
        return next(ref for ref, one in found if one["uuid"] == host["uuid"])

    def of(self, record: records.Record) -> Host | None:
        """The machine behind a host's record; None when it was installed anew since."""
        return next((host for host in self.hosts.values() if host["uuid"] == record["uuid"]), None)

    def pool(self, host: Host) -> records.Record:
        """The pool's record of a host's database."""
        return next(iter(self.database(host)["pool"].values()))

    def look(self, host: Host) -> None:
        """Who of its pool lives is written down, as the master's own watch does it."""
        database = self.database(host)
        for record in database["host"].values():
            machine = self.of(record)
            alive = machine is not None and not machine["dead"] and machine["database"] == host["database"]
            database["host_metrics"][record["metrics"]]["live"] = alive
