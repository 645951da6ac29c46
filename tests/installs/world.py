"""A host with a lease, a real store, clocks that are set by hand: what the life of an install is told on."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from pxeserve.config import load
from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.installs import delivery, seal
from pxeserve.installs.arming import Arming, BootDenied, BootGrant, Order
from pxeserve.installs.seal import Frozen
from pxeserve.installs.subject import subject
from pxeserve.keys import Keys
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, installs, inventory
from pxeserve.store import tables as t
from tests.installs.clocks import SetClock

NOW = 1_790_000_000.0
HOUR = 3600.0
MAC = "52:54:00:77:00:01"
OTHER_MAC = "52:54:00:77:00:99"
MINE, SECOND, THIRD, STRANGE = (IPv4Address(f"10.77.0.{last}") for last in (100, 101, 102, 200))
ANSWERFILE = b"<installation>\n  <root-password>planted-secret</root-password>\n</installation>\n"
SCRIPT = b"#!/bin/sh\nexit 0\n"


@dataclass
class World:
    """A host with a lease, and the acts on it."""

    store: Store
    keys: Keys
    data: Path
    clock: SetClock = field(default_factory=SetClock)
    neighbours: dict[IPv4Address, str] = field(default_factory=dict)
    bind: str = "evidence"

    @property
    def arming(self) -> Arming:
        config = load(env={}, overrides={"server": {"data": str(self.data)}, "arming": {"bind": self.bind}})
        return Arming(self.store, self.keys, config, clock=self.clock, neighbours=self.neighbours.get)

    @property
    def host(self) -> Host:
        with self.store.site.read() as connection:
            found = inventory.host(connection, "xen01")
        assert found is not None
        return found

    def order(self, **more: Any) -> Order:
        frozen = Frozen(seal.new_key(), ANSWERFILE, {"post-install": SCRIPT}, self.bind)
        values: dict[str, Any] = {"mode": "fresh", "interactive": False, "wants_answerfile": True, "frozen": frozen, "actor": "tester"}
        return Order(self.host, None, **{**values, **more})

    def lend(self, address: IPv4Address, mac: str, until: float = NOW + 10 * HOUR) -> None:
        with self.store.leases.write() as connection:
            connection.execute(t.lease.delete().where(t.lease.c.address == str(address)))
            row = {"address": str(address), "mac": mac, "client_id": "", "state": "bound", "starts": NOW, "expires": until}
            connection.execute(t.lease.insert().values(**row))

    def ask(self, address: IPv4Address = MINE, now: float = NOW, arming: Arming | None = None) -> BootGrant | BootDenied:
        found = subject(self.store, SnapshotSource(self.store).current(), MAC, now)
        assert found.install is not None
        return (arming or self.arming).open_boot(found.install, MAC, address, now)

    def token(self, now: float = NOW) -> str:
        grant = self.ask(now=now)
        assert isinstance(grant, BootGrant)
        assert grant.answerfile_token is not None
        return grant.answerfile_token

    def deliver(self, token: str, address: IPv4Address = MINE, now: float = NOW) -> delivery.Delivery | None:
        return delivery.deliver(self.store, self.keys, token, address, now, clock=self.clock, neighbours=self.neighbours.get)

    def row(self) -> installs.InstallRow:
        with self.store.site.read() as connection:
            found = installs.newest_of(connection, self.host.id)
        assert found is not None
        return found

    @property
    def state(self) -> InstallState:
        return self.row().state

    def told(self) -> list[str]:
        with self.store.site.read() as connection:
            return [row.kind for row in connection.execute(t.install_event.select().order_by(t.install_event.c.id))]

    def tokens_of(self, order: Order) -> tuple[str, str]:
        return seal.token(order.frozen.key, "script:post-install"), seal.token(order.frozen.key, "progress")
