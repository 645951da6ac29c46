"""Arming, and what a network boot makes of it: the menu is given only to an address for which there is evidence.

Refuses to know protocols: DHCP, TFTP and HTTP all come here with a MAC, an address and a moment.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES, OPEN_STATES, Install, InstallState
from pxeserve.domain.medium import Medium
from pxeserve.errors import ConflictError, RefusedError
from pxeserve.installs import first_boot, seal, secret
from pxeserve.installs.alarms import Alarms, sound
from pxeserve.installs.evidence import PROVEN, Evidence, Neighbours, evidence, neighbour
from pxeserve.installs.expiry import has_lapsed
from pxeserve.installs.first_boot import Kept
from pxeserve.installs.fitness import medium_fault
from pxeserve.installs.refusal import Refusal, already, refuse_any
from pxeserve.installs.seal import Frozen
from pxeserve.installs.secret import Secret
from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.keys import Keys
from pxeserve.moment import SYSTEM, Clock
from pxeserve.store import Store, audit, first_boots, installs, inventory
from pxeserve.store.installs import InstallRow, TokenRow

_CHANGES = 1
"""Firmware and installer may hold two addresses (they name different client identifiers); more than one change is somebody else."""


Still = Callable[[Connection], None]
"""Raises PxeserveError when, by what the store says now, nothing is to be armed after all."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `frozen` holds the checked answers; `wants_answerfile` is False when the RAM disk's delivery consumes it;
    `secret` is a random root password to be kept for whoever asks; `remembered` is for whoever arms again (`again`);
    `facts` go into the record, for whoever asks later why nothing came; `first_boot` is what its new system is to do when it starts."""

    host: Host
    medium: Medium | None
    mode: str
    interactive: bool
    wants_answerfile: bool
    frozen: Frozen
    actor: str
    rehearsal_mac: str | None = None
    ttl: float | None = None
    secret: Secret | None = None
    remembered: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    first_boot: Kept | None = None


@dataclass(frozen=True, slots=True)
class BootGrant:
    """The menu may be given. `answerfile_token` is None for installs that fetch no answerfile."""

    answerfile_token: str | None


@dataclass(frozen=True, slots=True)
class BootDenied:
    """The menu may not be given, and why; `frozen` when the arming was stopped until a person looks."""

    reason: str
    frozen: bool = False


class Arming:
    """The acts on open installs, for one process."""

    def __init__(
        self, store: Store, keys: Keys, config: Config, *, clock: Clock = SYSTEM, neighbours: Neighbours = neighbour
    ) -> None:
        self._store = store
        self._keys = keys
        self._config = config
        self._clock = clock
        self._neighbours = neighbours
        self._alarms = Alarms()

    def arm(self, order: Order, now: float) -> Install:
        """Arm a host for one installation, in one durable transaction. Raises ConflictError when it has a live install already, and
        RefusedError when its medium turned bad since it was checked."""
        return self.arm_all([order], now)[0]

    def arm_all(self, orders: Sequence[Order], now: float, still: Still | None = None) -> list[Install]:
        """Arm all these hosts in one durable transaction, or none of them. Raises as `arm` does, for each that cannot be, and whatever
        `still` raises in that transaction when they are no longer to be."""
        rows = [self._new_row(order, now) for order in orders]
        try:
            with self._store.site.write() as connection:
                if still is not None:
                    still(connection)
                refuse_any(_refusals(connection, orders, rows), len(orders))
                for order, row in zip(orders, rows, strict=True):
                    self._put(connection, order, row, now)
        except IntegrityError:
            raise ConflictError("one of these hosts has an install by now, so none was armed", fix="try again") from None
        return [row.view() for row in rows]

    def _put(self, connection: Connection, order: Order, row: InstallRow, now: float) -> None:
        installs.add(connection, row)
        for name in order.frozen.scripts:
            self._add_token(connection, row.id, order.frozen.key, "script", name)
        if order.frozen.answerfile is not None:
            self._add_token(connection, row.id, order.frozen.key, "progress", "")
        if order.rehearsal_mac is None:
            first_boots.end_of_host(connection, order.host.id)
            if order.first_boot is not None:
                first_boot.add(connection, row, order.first_boot, order.frozen.key, self._keys)
        told: dict[str, object] = {"mode": order.mode, "medium": row.medium, "interactive": order.interactive, "by": order.actor}
        told |= order.facts
        if order.frozen.scripts:
            told["scripts"] = {name: hashlib.sha256(body).hexdigest() for name, body in order.frozen.scripts.items()}
        installs.tell(connection, now, row, "install.armed", told)
        if order.rehearsal_mac is None:
            audit.append(connection, now, order.actor, "host.install", order.host.name)

    def cancel(self, host: Host, actor: str, now: float) -> Install:
        """End the host's live install. Raises RefusedError when there is none."""
        return self.cancel_all([host], actor, now)[0]

    def cancel_all(self, hosts: Sequence[Host], actor: str, now: float) -> list[Install]:
        """End the live installs of all these hosts, or none. Raises RefusedError for each that has none."""
        ended: list[Install] = []
        refused: list[Refusal] = []
        with self._store.site.write() as connection:
            for host in hosts:
                row = installs.newest_of(connection, host.id)
                if row is None or not move(connection, row, Happening.CANCEL, now, data={"by": actor, "because": f"cancelled by {actor}"}):
                    refused.append(Refusal(host.name, RefusedError(f"{host.name} has no install that could be cancelled")))
                    continue
                audit.append(connection, now, actor, "host.cancel", host.name)
                after = installs.by_id(connection, row.id)
                assert after is not None
                ended.append(after.view())
            refuse_any(refused, len(hosts), "cancelled")
        return ended

    def open_boot(self, install: Install, mac: str, address: IPv4Address, now: float) -> BootGrant | BootDenied:
        """May the menu of `install`, asked for by file name `mac`, go to `address`? The first evidenced address is bound to it.

        Asking again is harmless: menus are fetched several times. What is decided is durable before this returns.
        """
        proof = evidence(self._store, mac, address, now, neighbours=self._neighbours)
        with self._store.site.write() as connection:
            row = installs.by_id(connection, install.id)
            if row is None or row.state not in OPEN_STATES:
                return BootDenied(f"install {install.id} is no longer open")
            if has_lapsed(row, now, self._clock):
                move(connection, row, Happening.TIME, now, data={"because": "it was not consumed in time"})
                return BootDenied(f"install {install.id} has lapsed")
            if proof is Evidence.FOREIGN:
                because = f"{address} asked for the menu of {mac}, but it is another machine's address"
                sound(connection, row, now, address, because)
                move(connection, row, Happening.STRANGER, now, data={"address": str(address), "because": because})
                return BootDenied("the address is another machine's", frozen=True)
            if proof is Evidence.NONE and self._config.arming.bind == "evidence":
                if self._alarms.due(row.id, address, now):
                    sound(connection, row, now, address, f"{address} asked for the menu of {mac} and nothing says that it is that machine")
                return BootDenied("no evidence of who asks")
            return self._bind(connection, row, address, now, proof)

    def knows(self, mac: str, address: IPv4Address, now: float) -> bool:
        """Whether there is evidence that `address` is `mac`'s, or the risk of having none is accepted."""
        proof = evidence(self._store, mac, address, now, neighbours=self._neighbours)
        return proof in PROVEN or (proof is Evidence.NONE and self._config.arming.bind == "token")

    def contradicted(self, install: Install, mac: str, address: IPv4Address, because: str, now: float) -> None:
        """The machine that asked for the menu of `install` from `address`, known to be its own, says that it is another one than the
        host: an alarm, and an arming stops until a person looks."""
        with self._store.site.write() as connection:
            row = installs.by_id(connection, install.id)
            if row is None or row.state not in LIVE_STATES or row.rehearsal_mac is not None:
                return
            if self._alarms.due(f"{row.id} {mac}", address, now):
                sound(connection, row, now, address, because)
            move(connection, row, Happening.STRANGER, now, data={"address": str(address), "because": because})

    def ramdisk_delivered(self, install_id: str, address: IPv4Address, now: float) -> bool:
        """The RAM disk of an install that fetches no answerfile went out whole to `address`: that consumes it. False: not this way."""
        with self._store.site.write() as connection:
            row = installs.by_id(connection, install_id)
            if row is None or row.wants_answerfile or row.bound_address != address or has_lapsed(row, now, self._clock):
                return False
            changes = {"deliveries": 1, "delivered_at": now}
            return move(connection, row, Happening.ANSWER, now, data={"address": str(address), "what": "RAM disk"}, changes=changes)

    def _bind(self, connection: Connection, row: InstallRow, address: IPv4Address, now: float, proof: Evidence) -> BootGrant | BootDenied:
        changes: dict[str, object] = {"bound_address": address}
        if row.bound_address is not None and row.bound_address != address:
            if row.address_changes >= _CHANGES:
                if self._alarms.due(row.id, address, now):
                    sound(connection, row, now, address, f"{address} is the third address that this boot asks from")
                return BootDenied("the address has changed more than once")
            changes["address_changes"] = row.address_changes + 1
            told = {"from": str(row.bound_address), "to": str(address), "evidence": proof}
            installs.tell(connection, now, row, "install.address-changed", told)
        if row.state is InstallState.ARMED or changes.get("address_changes"):
            moved = move(connection, row, Happening.MENU, now, data={"address": str(address), "evidence": proof}, changes=changes)
            if not moved:
                return BootDenied("somebody else was first")
        assert row.sealed is not None
        frozen = seal.unseal(row.sealed, row.id, self._keys.seal)
        return BootGrant(seal.token(frozen.key, "answerfile") if row.wants_answerfile else None)

    def _new_row(self, order: Order, now: float) -> InstallRow:
        install_id, moment = secrets.token_hex(6), self._clock.now()
        ttl = order.ttl if order.ttl is not None else float(self._config.arming.expires)
        token = seal.token(order.frozen.key, "answerfile") if order.wants_answerfile else None
        return InstallRow(
            id=install_id,
            host_id=order.host.id,
            rehearsal_mac=order.rehearsal_mac,
            mode=order.mode,
            interactive=order.interactive,
            wants_answerfile=order.wants_answerfile,
            state=InstallState.ARMED,
            version=0,
            armed_by=order.actor,
            armed_at=now,
            armed_boot_id=moment.boot_id,
            armed_boottime=moment.boottime,
            expires=now + ttl,
            medium=order.medium.name if order.medium else None,
            medium_revision=order.medium.revision if order.medium else None,
            bound_address=None,
            address_changes=0,
            token_hash=seal.token_hash(token) if token else None,
            deliveries=0,
            delivered_at=None,
            sealed=seal.seal(order.frozen, install_id, self._keys.seal),
            ended_at=None,
            ended_because=None,
            secret=secret.sealed(order.secret, install_id, self._keys) if order.secret else None,
            remembered=order.remembered,
        )

    @staticmethod
    def _add_token(connection: Connection, install_id: str, key: bytes, kind: str, name: str) -> None:
        hashed = seal.token_hash(seal.token(key, seal.purpose(kind, name)))
        assert hashed is not None
        installs.add_token(connection, hashed, TokenRow(install_id, kind, name))


def _refusals(connection: Connection, orders: Sequence[Order], rows: Sequence[InstallRow]) -> Iterator[Refusal]:
    """What has come between since these installations were checked."""
    live = installs.live(connection, [order.host.id for order in orders if order.rehearsal_mac is None])
    now = {host.id: host for host in inventory.hosts(connection)}
    faults = {(row.medium, row.medium_revision): medium_fault(connection, row.medium, row.medium_revision) for row in rows}
    for order, row in zip(orders, rows, strict=True):
        name = order.host.name
        if order.rehearsal_mac is None and (state := live.get(order.host.id)):
            yield Refusal(name, already(name, state))
        elif order.rehearsal_mac is None and not _same_machine(now.get(order.host.id), order.host):
            said = f"{name} has other cards now, another UUID or serial number, or is gone"
            yield Refusal(name, ConflictError(said, fix="look at what it is, and arm it again"))
        elif fault := faults[row.medium, row.medium_revision]:
            yield Refusal(name, RefusedError(f"{name} cannot be armed: {fault}", fix="pxeserve media verify names all that is wrong"))


def _same_machine(now: Host | None, then: Host) -> bool:
    return now is not None and (now.macs, now.uuid, now.serial) == (then.macs, then.uuid, then.serial)
