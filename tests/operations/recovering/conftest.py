"""A site with a pool of three whose toolstacks are a program of their own, at port 443 of addresses on loopback."""

from __future__ import annotations

import base64
import http.client
import io
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.domain.pool import Member, Pool
from pxeserve.keys import load_keys
from pxeserve.operations.recovering import running
from pxeserve.recovery.secrets import Secrets, seal_secrets
from pxeserve.store import first_boots, installs, inventory, pools
from pxeserve.store import tables as t
from tests.loopback import own
from tests.operations.test_site import Site, furnished
from tests.recovery.simulated import Simulated
from tests.recovery.simulated import running as simulated

ADDRESSES = {f"xen0{number}": own(9, number) for number in (1, 2, 3)}
BRAND, VERSION = "XenServer", "4.1.0"


class Scene:
    """A site with a pool of three, and the machines behind it. `dead` is the one that died."""

    def __init__(self, site: Site, machines: Simulated) -> None:
        self.site, self.machines = site, machines
        self.dead, self.off = "", False
        self.id = ""
        self.dump = b""

    def dies(self, name: str) -> None:
        self.dead, self.off = name, True
        self.machines.kill(name)

    def begins(self) -> dict[str, Any]:
        seen = self.site.ask("recover.plan", name=self.dead)
        found = self.site.ask("recover.begin", name=self.dead, print=seen["print"], confirm=self.dead)
        self.id = found["id"]
        return dict(found)

    def shown(self) -> dict[str, Any]:
        return dict(self.site.ask("recover.show", id=self.id))

    def step(self) -> str:
        return str(self.shown()["step"])

    def turns(self, until: str) -> dict[str, Any]:
        """Turn after turn, as the worker makes them, until it is at that step, or goes on no more."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            found = self.shown()
            if (found["step"], found["state"], self.off) == ("silent", "waiting", True):
                # loopback refuses for a machine that is off, and one that refuses is on: so a person has to say it
                self.site.ask("recover.confirm", id=self.id, step="silent")
                continue
            if found["step"] == until or found["state"] != "running":
                return found
            running.turn(self.site.context)
        raise AssertionError(f"never came to {until}: {self.shown()}")

    def armings(self) -> list[Any]:
        with self.site.context.store.site.read() as connection:
            return list(connection.execute(t.install.select().where(t.install.c.rehearsal_mac.is_(None))).all())

    def install(self, state: InstallState, **more: Any) -> None:
        with self.site.context.store.site.write() as connection:
            host = inventory.host(connection, self.dead)
            assert host is not None
            row = installs.newest_of(connection, host.id)
            assert row is not None
            installs.advance(connection, row, {"state": state, **more})

    def dumped(self) -> bytes:
        """The pool's database, as its master hands it out."""
        status, body = self._database("GET", None)
        assert status == 200
        return body

    def restores(self) -> None:
        """What the script that restores does: the dry run first."""
        for path in ("?dry_run=true", ""):
            assert self._database("PUT", self.dump, path) == (200, b"")

    def _database(self, method: str, body: bytes | None, asked: str = "") -> tuple[int, bytes]:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(ADDRESSES["xen01"], 443, context=context, timeout=60)
        login = base64.b64encode(b"root:secret").decode()
        connection.request(method, f"/pool/xmldbdump{asked}", body, {"Authorization": f"Basic {login}"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def comes_back(self, **said: Any) -> None:
        """The machine is installed, boots, is joined, and is enabled."""
        self.install(InstallState.DONE, ended_at=time.time())
        self.turns("first-boot")
        install = self.shown()["install"]
        with self.site.context.store.site.write() as connection:
            host = inventory.host(connection, self.dead)
            assert host is not None
            now = time.time()
            assert first_boots.change(connection, install, state="running", step="join begun")
            connection.execute(t.pool_join.insert().values(
                id="j1", host_id=host.id, install_id=install, pool_id=1, state="joined", asked_at=now, changed_at=now, version=1,
            ))  # fmt: skip
        self.machines.install(self.dead, ADDRESSES[self.dead], **{"version": VERSION, **said})
        leader = self.shown()["plan"]["leader"]
        self.machines.adopt(name=self.dead, master=leader)


@contextmanager
def staged(tmp_path: Path, *names: str, build: str = "", **more: dict[str, Any]) -> Iterator[Scene]:
    """A pool of these, the first its master."""
    site = furnished(tmp_path, **more)
    folder = tmp_path / "pool"
    folder.mkdir()
    (folder / "world.json").write_text(json.dumps({"hosts": {}, "databases": {}, "port": 443}))
    with simulated(folder) as machines:
        for name in names:
            machines.install(name, ADDRESSES[name], version=VERSION, build=build)
        for name in names[1:]:
            machines.adopt(name=name, master=names[0])
            site.ask("host.add", name=name, mac=[f"52:54:00:77:01:{name[-2:]}"], profile="rack")
        for name in names:
            words = ["proto=static", f"ipaddr={ADDRESSES[name]}", "subnet=255.0.0.0", "gateway=127.0.0.1"]
            site.ask("host.set", name=name, set=[f"admin-interface.{word}" for word in words])
        sample = site.ask("media.show", name="sample")
        members = tuple(Member(name, fingerprint=machines.host(name)["fingerprint"]) for name in names)
        with site.context.store.site.write() as connection:
            pool_id = pools.save(connection, Pool("green", names[0], members, sample["product"], sample["version"]))
            pools.keep_secrets(connection, pool_id, seal_secrets(Secrets("secret"), pool_id, load_keys(site.data)))
        yield Scene(site, machines)
    site.context.store.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path, *ADDRESSES) as made:
        yield made


@pytest.fixture
def backed(tmp_path: Path) -> Iterator[Scene]:
    """The same, of the medium's own build, so that a backup of it fits."""
    with staged(tmp_path, *ADDRESSES, build="sample") as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Scene]:
    """A pool of one, whose database was backed up while a guest was suspended to its local storage."""
    with staged(tmp_path, "xen01", build="sample") as made:
        made.machines.guest("xen01", "db", "Suspended", next(iter(made.machines.records("xen01", "SR"))))
        made.dump = made.dumped()
        made.site.ask("backup.add", pool="green", stream=io.BytesIO(made.dump))
        yield made
