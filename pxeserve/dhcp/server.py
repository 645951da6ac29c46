"""The DHCP process: waits for datagrams, hands them to the pure cores in batches, and sends what may leave.

Sockets, clock and disk are here and nowhere else in this room. Refuses to know the protocol.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.dhcp.booting import Boots
from pxeserve.dhcp.clock import Clock
from pxeserve.dhcp.exchange import Core, Exchange, Leaving
from pxeserve.dhcp.health import answering
from pxeserve.dhcp.ledger import Ledger, NotStoredError
from pxeserve.dhcp.lending.leases import Leases
from pxeserve.dhcp.lending.lender import Lender
from pxeserve.dhcp.pace import LENDING_TURN, PROXY_TURN, Pace
from pxeserve.dhcp.probe import OtherServer, probe_other_servers
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.route import Local, Ports
from pxeserve.dhcp.settings import known, networks
from pxeserve.dhcp.twins import Twins
from pxeserve.dhcp.wire import BATCH, Wire
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME, TOGETHER, Recorder
from pxeserve.keys import load_keys
from pxeserve.serving import Order, Serving
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, open_store

GATHER = 0.006
"""Seconds from one sync to the next while machines wait for it; far less than any of them notices, and fault I1's bound is 10 ms."""

_LOOK = 0.05
_TICK = 1.0
_FLUSH = 5.0
_HOUR = 3600.0
_log = structlog.get_logger("dhcp")


def serve(serving: Serving) -> None:
    """Answer DHCP until asked to stop. Raises PxeserveError when another server answers where this one alone should."""
    config = serving.config
    store = open_store(config.server.data)
    recorder = Recorder(config.server.data / "run" / SOCKET_NAME, "dhcp", by_turns=True)
    snapshots = SnapshotSource(store)
    sessions = SessionIds(load_keys(config.server.data).session)
    loaders = Loaders(store, config.server.data, config.dhcp.mode, config.boot.idle)
    boots = Boots(store, snapshots, loaders, sessions, config.http.port)
    server = Server(serving, store, recorder, snapshots, boots)
    try:
        server.run()
    finally:
        recorder.close()
        store.close()


class Server:
    """One run of the process. `boots` decides what machines boot."""

    def __init__(self, serving: Serving, store: Store, recorder: Recorder, snapshots: SnapshotSource, boots: Boots) -> None:
        self._serving = serving
        self._recorder = recorder
        self._snapshots = snapshots
        self._clock = Clock()
        self._ledger = Ledger(store.leases)
        self._site = store.site
        self._wires = self._open()
        self._leases: Leases | None = None
        self._revision = -1
        self._pruned = self._flushed = self._clock.now()
        self._stored = self._looked = self._ticked = 0.0
        self._pace = Pace(BATCH, PROXY_TURN if serving.config.dhcp.mode == "proxy" else LENDING_TURN)
        self._twins: dict[int, Twins] = {}
        self._cores: dict[int, Core] = self._proxy(boots) if serving.config.dhcp.mode == "proxy" else self._lender(boots)
        own = frozenset(listener.network.ip for listener in serving.listeners)
        for descriptor in self._cores.keys() - self._asked_for_files():
            self._cores[descriptor] = answering(self._cores[descriptor], self._local(), own)
        self._exchange = Exchange(self._ledger, recorder, self._leases)

    def run(self) -> None:
        """Serve until the parent says stop, or is gone. What was asked by then is stored and answered."""
        with select.epoll() as poll:
            poll.register(self._serving.orders, select.EPOLLIN)
            for wire in self._wires.values():
                poll.register(wire, select.EPOLLIN)
            self._serving.ready()
            while True:
                ready = [descriptor for descriptor, _ in poll.poll(self._patience())]
                if self._serving.orders.fileno() in ready and self._told_to_stop():
                    self._store()
                    return
                self._look()
                self._let_more_come()
                for descriptor in ready:
                    if descriptor in self._wires:
                        self._take(self._wires[descriptor], self._cores[descriptor], self._twins.get(descriptor))
                if self._exchange.waiting and self._patience() == 0:
                    self._store()
                self._recorder.hand_over()

    def _take(self, wire: Wire, core: Core, twins: Twins | None) -> None:
        datagrams = wire.receive()
        self._pace.took(len(datagrams))
        with self._site.still():
            leaving = self._exchange.take(datagrams, core, self._clock.now(), wire, twins)
        self._send(leaving)

    def _let_more_come(self) -> None:
        if early := self._pace.wait(time.monotonic()):
            time.sleep(early)
        self._pace.begin(time.monotonic())

    def _patience(self) -> float:
        """How long to wait for the next datagram, in seconds. When the last group was stored this moment ago the next one gathers
        for a while, so that in a storm one sync serves many; a machine that comes alone is never kept waiting."""
        waiting = self._exchange.waiting
        if not waiting:
            return TOGETHER if self._recorder.waiting else _TICK
        return 0.0 if waiting >= BATCH else max(0.0, self._stored + GATHER - time.monotonic())

    def _store(self) -> None:
        self._send(self._exchange.store(self._clock.now()))
        self._stored = time.monotonic()

    def _send(self, leaving: Iterable[Leaving]) -> None:
        for reply, wire in leaving:
            if failure := wire.send(reply):
                self._exchange.count(failure)

    def _open(self) -> dict[int, Wire]:
        wires = []
        for listener in self._serving.listeners:
            for role in ("dhcp", "dhcp-local", "pxe", "pxe-local"):
                udp = self._serving.sockets.get(f"{role}:{listener.interface}")
                raw = self._serving.sockets.get(f"dhcp-raw:{listener.interface}") if role == "dhcp" else None
                if udp is not None:
                    wires.append(Wire(listener.interface, listener.network.ip, udp, raw))
        return {wire.fileno(): wire for wire in wires}

    def _local(self) -> Local:
        return Local(
            addresses={listener.interface: listener.address for listener in self._serving.listeners},
            frames=frozenset(wire.interface for wire in self._wires.values() if wire.frames),
            ports=Ports(self._serving.config.dhcp.port),
        )

    def _proxy(self, boots: Boots) -> dict[int, Core]:
        proxy = Proxy(boots, self._local())
        asked_there = self._asked_for_files()
        self._twins = {descriptor: proxy.twins(boots) for descriptor in self._wires if descriptor not in asked_there}
        return {descriptor: proxy.receive_pxe if descriptor in asked_there else proxy.receive for descriptor in self._wires}

    def _lender(self, boots: Boots) -> dict[int, Core]:
        dhcp = self._serving.config.dhcp
        if not dhcp.allow_other_servers:
            self._refuse_beside_others()
        where = networks(dhcp.subnet, self._serving.listeners)
        self._leases = Leases(where.subnets)
        stored, skipped = self._ledger.load()
        self._leases.load(stored, self._clock.now())
        if skipped:
            self._recorder.count("bad-lease-record", skipped)
            _log.warning(f"{skipped} leases could not be read and were passed over", reason="bad-lease-record")
        self._refresh()
        lender = Lender(where, self._leases, boots, self._local(), authoritative=not dhcp.allow_other_servers)
        answered, asked_there = Proxy(boots, self._local()), self._asked_for_files()
        return {descriptor: answered.receive_pxe if descriptor in asked_there else lender.receive for descriptor in self._wires}

    def _asked_for_files(self) -> set[int]:
        """The sockets of port 4011, where firmware asks for its file alone."""
        return {sock.fileno() for name, sock in self._serving.sockets.items() if name.startswith(("pxe:", "pxe-local:"))}

    def _refuse_beside_others(self) -> None:
        ours = [listener.address for listener in self._serving.listeners]
        for listener in self._serving.listeners:
            raw = self._serving.sockets.get(f"dhcp-raw:{listener.interface}")
            wire = next((wire for wire in self._wires.values() if wire.interface == listener.interface and wire.frames), None)
            if raw is None or wire is None or self._serving.config.dhcp.port != Ports().server:
                continue
            other = probe_other_servers(raw, listener.interface, listener.network.ip, ours)
            wire.deafen()
            self._serving.beat()
            if other is not None:
                raise _beside(other)

    def _look(self) -> None:
        """What is looked at beside the packets, at its own pace: a storm has a thousand turns a second."""
        turn = time.monotonic()
        if turn - self._looked >= _LOOK:
            self._looked = turn
            self._notice()
        if turn - self._ticked >= _TICK:
            self._ticked = turn
            self._serving.beat()
            self._tick()

    def _notice(self) -> None:
        """A new inventory."""
        try:
            self._refresh()
        except SQLAlchemyError as error:
            self._exchange.complain("no-inventory", self._clock.now(), f"the inventory cannot be read, the last one stands: {error}")

    def _refresh(self) -> None:
        if self._leases is None:
            return
        snapshot = self._snapshots.current()
        if snapshot.revision != self._revision:
            self._leases.know(known(snapshot), self._clock.now())
            self._revision = snapshot.revision

    def _tick(self) -> None:
        """What time brings: a clock that was set, counters to hand over, old rows to forget."""
        now = self._clock.now()
        jump = self._clock.jump()
        if jump and self._leases is not None:
            _log.warning(f"the clock was set by {jump:.0f} s; leases keep the time they had left", reason="clock-set")
            self._leases.shift(jump, now)
            self._store()
        if abs(now - self._flushed) >= _FLUSH:
            self._flushed = now
            self._recorder.flush()
        if now - self._pruned >= _HOUR or now < self._pruned:
            self._pruned = now
            self._prune(now)

    def _prune(self, now: float) -> None:
        if self._leases is not None:
            self._leases.prune(now)
            self._store()
        try:
            self._ledger.prune(now)
        except NotStoredError as error:
            _log.warning(f"old sightings could not be removed: {error}", reason="not-stored")

    def _told_to_stop(self) -> bool:
        """A stop, or the end of the parent. Other orders need nothing: the inventory is looked at before each batch anyway."""
        try:
            orders = self._serving.orders.recv(64)
        except BlockingIOError:
            return False
        return not orders or Order.STOP.value.encode() in orders


def _beside(other: OtherServer) -> PxeserveError:
    return PxeserveError(
        f"{other.interface}: another DHCP server answers here: {other.address}",
        code="refused",
        fix='stop it, or use [dhcp] mode = "proxy" beside it, or set allow_other_servers = true if the two share the addresses',
    )
