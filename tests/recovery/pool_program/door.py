"""The tests' own way in, on loopback: JSON in, JSON out. Makes hosts, kills them, plans faults, and tells what has come."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.recovery.pool_program import records
from tests.recovery.pool_program.faults import Fault
from tests.recovery.pool_program.pools import Pools
from tests.recovery.pool_program.wire import Wire
from tests.recovery.pool_program.world import World


class Orders:
    """What tests may ask for, by name."""

    def __init__(self, world: World, wire: Wire, pools: Pools) -> None:
        self._world = world
        self._pools = pools
        self._wire = wire

    def install(self, name: str, address: str, **said: Any) -> dict[str, Any]:
        """A host, newly installed; one that was there before is so anew."""
        if name in self._world.hosts:
            self._wire.end(self._world.hosts[name])
        host = self._world.install(name, address, **said)
        self._wire.begin(host)
        return self.host(name)

    def host(self, name: str) -> dict[str, Any]:
        """A host as it stands, the port where it answers and the fingerprint by which."""
        host = self._world.hosts[name]
        pem = (self._wire._folder / f"{name}-{host['epoch']}.pem").read_bytes()
        shown = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
        return {**{key: value for key, value in host.items() if key != "password"}, "port": self._world.port, "fingerprint": shown}

    def adopt(self, name: str, master: str) -> None:
        """Make a host a member of another one's pool as `pool.join` would, at once and without a call that anybody counts."""
        host, leader = self._world.hosts[name], self._world.hosts[master]
        self._pools.take_in(host, leader)
        self.set(name, "host", "", enabled=True)

    def change(self, name: str, **said: Any) -> None:
        """Another password, clock, version and so on of a host."""
        with self._world.lock:
            host = self._world.hosts[name]
            host.update(said)
            if "version" in said:
                brand, build, schema = records.BUILDS[said["version"]]
                software = self._world.database(host)["host"][self._world.me(host)]["software_version"]
                software |= {"product_version": said["version"], "product_brand": brand, "build_number": build, "db_schema": schema}
            self._world.save()

    def kill(self, name: str) -> None:
        """The machine is off."""
        self.change(name, dead=True)
        self._wire.end(self._world.hosts[name])

    def revive(self, name: str) -> None:
        """It is on again, with what it had."""
        self.change(name, dead=False)
        self._wire.begin(self._world.hosts[name])

    def storage(self, name: str, label: str, kind: str, shared: bool = True) -> str:
        """A storage repository in a host's database, with a way to it from all hosts."""
        with self._world.lock:
            database = self._world.database(self._world.hosts[name])
            made = records.add_sr(database, label, kind, shared=shared)
            for host in database["host"] if shared else [self._world.me(self._world.hosts[name])]:
                records.add_pbd(database, host, made, {})
            self._world.save()
            return made

    def guest(self, name: str, label: str, power: str, suspended_on: str = "") -> str:
        """A guest on a host; one that is suspended has its image on that storage repository."""
        with self._world.lock:
            host = self._world.hosts[name]
            database = self._world.database(host)
            image = (
                records.add(database, "VDI", records.disk(f"Suspend image of {label}", suspended_on, "suspend"))
                if suspended_on
                else records.NULL
            )
            made = records.add(database, "VM", records.vm(label, power, self._world.me(host), image))
            self._world.save()
            return made

    def set(self, name: str, kind: str, ref: str, **fields: Any) -> None:
        """Fields of a record in a host's database; of the pool or the host itself when `ref` is empty."""
        with self._world.lock:
            host = self._world.hosts[name]
            table = self._world.database(host)[kind]
            table[ref or (self._world.me(host) if kind == "host" else next(iter(table)))].update(fields)
            self._world.save()

    def records(self, name: str, kind: str) -> dict[str, Any]:
        """All records of a kind in a host's database."""
        with self._world.lock:
            self._world.look(self._world.hosts[name])
            return dict(self._world.database(self._world.hosts[name])[kind])

    def fault(self, **said: Any) -> None:
        """Have something go wrong (`faults.Fault`)."""
        self._wire.faults.add(Fault(**said))

    def clear(self) -> None:
        """No more faults."""
        self._wire.faults.clear()

    def release(self) -> None:
        """Whatever is held goes on."""
        self._wire.faults.release()

    def wait(self, call: str, host: str = "*", count: int = 1, seconds: float = 10.0) -> bool:
        """Whether so many of these calls have come by then."""
        return self._wire.faults.wait(host, call, count, seconds)

    def calls(self) -> list[dict[str, Any]]:
        """All calls, in their order."""
        return self._wire.faults.told()


def opened(orders: Orders) -> ThreadingHTTPServer:
    """The door, at a port that is free."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_said: object) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            places, names = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            act: Callable[..., Any] = getattr(orders, self.path.strip("/"))
            try:
                status, answer = 200, act(*places, **names)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test that asked is told
                status, answer = 500, repr(error)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
