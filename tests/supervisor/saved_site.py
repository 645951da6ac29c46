"""A data folder with something of everything in it, and an archive of it, for tests that save and restore."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import Any

from pxeserve.config import Config, load
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.domain.role import Role
from pxeserve.keys import load_keys
from pxeserve.store import audit, inventory, open_store, witness
from pxeserve.supervisor import prepare, putting_back, saving
from tests.console import people
from tests.installs.world import World

CONFIGURATION = b'[server]\ninterface = "eth9"\n'


class Site:
    """One data folder."""

    def __init__(self, data: Path, host: str = "xen01") -> None:
        (data / "run").mkdir(parents=True)
        self.data, self.host = data, host
        prepare.fill(data)
        with self.store() as store, store.site.write() as connection:
            inventory.put_profile(connection, Profile(0, "rack-a"))
            inventory.put_host(connection, Host(0, host, ("52:54:00:77:00:01",), "rack-a"))
            audit.append(connection, time.time(), "anna", "host.add", host)
        (data / "templates" / "own").mkdir()
        (data / "templates" / "own" / "t.j2").write_text(f"template of {host}")

    @property
    def config(self) -> Config:
        return load(env={}, overrides={"server": {"data": str(self.data), "user": getpass.getuser()}})

    def store(self) -> Any:
        return _Closing(self.data)

    def save(self, file: Path) -> dict[str, Any]:
        return saving.save(self.config, CONFIGURATION, file, "anna")

    def restore(self, file: Path, answer: bool = True) -> dict[str, Any] | None:
        return putting_back.restore(self.config, file, "anna", lambda _told: answer)

    def arm(self) -> tuple[str, str]:
        """Armed, with somebody logged in and a token made; those two."""
        with self.store() as store:
            world = World(store, load_keys(self.data), self.data)
            world.arming.arm(world.order(), time.time())
            made = people.session(store, Role.ADMIN), people.token(store, Role.OPERATOR)
            witness.keep(store, self.data)
        return made

    def goes_on(self) -> None:
        """The audit has come on since, and the witness has seen it."""
        with self.store() as store:
            with store.site.write() as connection:
                audit.append(connection, time.time(), "anna", "host.set", self.host)
            witness.keep(store, self.data)

    def state(self) -> InstallState:
        with self.store() as store:
            return World(store, load_keys(self.data), self.data).state

    def hosts(self) -> list[str]:
        with self.store() as store, store.site.read() as connection:
            assert audit.chain(connection).broken_at is None
            return [host.name for host in inventory.hosts(connection)]

    def print(self) -> tuple[str, bytes, str]:
        """By what one is told from another: its host, its key, its template."""
        (host,) = self.hosts()
        return host, (self.data / "keys/seal.key").read_bytes(), (self.data / "templates/own/t.j2").read_text()

    def names(self) -> set[str]:
        return {path.name for path in self.data.iterdir()}


class _Closing:
    def __init__(self, data: Path) -> None:
        self._store = open_store(data)

    def __enter__(self) -> Any:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
