"""Batches: what is stored before what leaves, and what happens when the disk or we ourselves fail."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from pxeserve.dhcp.exchange import Exchange, _event
from pxeserve.dhcp.ledger import Ledger, NotStoredError
from pxeserve.dhcp.lending.offers import Holder
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Outcome, Reply
from pxeserve.dhcp.packet import Message, Type, encode, parse
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.route import EVERYBODY, Arrival, Local, Ports
from pxeserve.dhcp.wire import Wire
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.store import Store, leases

HERE = Arrival("eth0", IPv4Address(0), 68, EVERYBODY)
FIRST, SERVER = IPv4Address("10.77.0.100"), IPv4Address("10.77.0.1")


class Record(Recorder):
    """Keeps what it is told instead of handing it over."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "dhcp")
        self.events: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()

    def emit(self, event: Event) -> None:
        self.events.append(json.loads(event.encode())["event"])

    def count(self, reason: str, by: int = 1) -> None:
        self.counts[reason] += by


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    made = Record(tmp_path / "events.sock")
    yield made
    made.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store.leases)


@pytest.fixture
def exchange(world: Any, ledger: Ledger, record: Record) -> Exchange:
    return Exchange(ledger, record, world.leases)


def handled(exchange: Exchange, batch: list[tuple[bytes, Arrival]], core: Any, now: float) -> list[Reply]:
    """Everything that leaves for `batch`: at once, and after one transaction."""
    return [one.reply for one in (*exchange.take(batch, core, now), *exchange.store(now))]


def lent(store: Store) -> dict[str, str]:
    with store.leases.read() as connection:
        return {str(row.address): row.mac for row in leases.listed(connection) if row.state == "bound"}


def offered(exchange: Exchange, world: Any, *machines: Any) -> None:
    """Bring `machines` to where they hold an offer."""
    replies = handled(exchange, [(encode(one.discover()), HERE) for one in machines], world.lender.receive, world.now)
    for one, reply in zip(machines, replies, strict=True):
        one.hear(reply.message)


def test_a_whole_batch_is_one_transaction_and_every_ack_is_on_the_disk(
    exchange: Exchange, world: Any, store: Store, machine: Callable[..., Any]
) -> None:
    machines = [machine(number) for number in range(1, 41)]
    offered(exchange, world, *machines)
    assert lent(store) == {}
    course: list[str] = []
    _listen(store, course)
    replies = handled(exchange, [(encode(one.select()), HERE) for one in machines], world.lender.receive, world.now)
    assert course == ["BEGIN", "COMMIT"]
    assert {str(reply.message.yiaddr): reply.message.mac for reply in replies} == lent(store)
    assert len(replies) == 40


def test_the_commit_comes_before_the_first_byte(
    exchange: Exchange, world: Any, store: Store, machine: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of things, as a socket sees it that records: BEGIN, COMMIT, then the ACK."""
    course: list[str] = []

    class Recording(socket.socket):
        def sendmsg(self, buffers: Any, *_more: Any) -> int:
            course.append(f"sent {Type(buffers[0][242]).name}")
            return len(buffers[0])

    with Recording(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        wire = Wire("lo", IPv4Address("127.0.0.1"), udp)
        one = machine(flags=0x8000)
        _listen(store, course)
        for message in (one.discover, one.select):
            for reply in handled(exchange, [(encode(message()), HERE)], world.lender.receive, world.now):
                one.hear(reply.message)
                assert wire.send(reply) == ""
    assert course == ["sent OFFER", "BEGIN", "COMMIT", "sent ACK"]


def test_an_offer_leaves_at_once_and_an_acknowledgement_only_with_the_transaction(
    exchange: Exchange, world: Any, store: Store, machine: Callable[..., Any]
) -> None:
    one, late = machine(1), machine(2)
    offered(exchange, world, one)
    left = exchange.take([(encode(one.select()), HERE), (encode(late.discover()), HERE)], world.lender.receive, world.now, "eth0")
    assert [(sent.reply.message.type, sent.reply.message.mac, sent.through) for sent in left] == [(Type.OFFER, late.mac, "eth0")]
    assert (exchange.waiting, lent(store)) == (1, {})
    left = exchange.store(world.now)
    assert [(sent.reply.message.type, sent.reply.message.mac, sent.through) for sent in left] == [(Type.ACK, one.mac, "eth0")]
    assert (exchange.waiting, lent(store)) == (0, {str(FIRST): one.mac})


def test_a_full_disk_means_no_ack_offers_go_on_and_room_heals_it(
    exchange: Exchange, world: Any, store: Store, ledger: Ledger, record: Record, machine: Callable[..., Any]
) -> None:
    old = machine(1)
    offered(exchange, world, old)
    handled(exchange, [(encode(old.select()), HERE)], world.lender.receive, world.now)
    world.now += 1000
    ledger.close()
    _fill(store)

    new = [machine(number, client_id=b"\xff" * 250) for number in range(2, 30)]
    offered(exchange, world, *new)
    assert handled(exchange, [(encode(one.select()), HERE) for one in new], world.lender.receive, world.now) == []
    assert lent(store) == {str(FIRST): old.mac}
    assert world.leases.held_by(Holder(new[0].mac, "ff" * 250), new[0].offer.yiaddr, world.now) is None

    ledger.close()
    _make_room(store)
    replies = handled(exchange, [(encode(one.select()), HERE) for one in new], world.lender.receive, world.now)
    assert len(replies) == len(new)
    assert lent(store).keys() == {str(FIRST), *(str(reply.message.yiaddr) for reply in replies)}
    kinds = [found["kind"] for found in record.events]
    assert kinds.count("dhcp.not-stored") == 1
    assert kinds.count("dhcp.ack") == 1 + len(new), "what was not promised is not in the record"


def test_on_a_full_disk_a_stored_lease_is_confirmed_for_the_time_it_has_left(
    exchange: Exchange, world: Any, store: Store, machine: Callable[..., Any]
) -> None:
    old = machine(1)
    offered(exchange, world, old)
    handled(exchange, [(encode(old.select()), HERE)], world.lender.receive, world.now)
    world.now += 1000
    broken = Exchange(_FullLedger(store.leases), Recorder(Path("/nonexistent"), "dhcp"), world.leases)
    renewal = old.say(Type.REQUEST, ciaddr=FIRST)
    (reply,) = handled(broken, [(encode(renewal), Arrival("eth0", FIRST, 68, IPv4Address("10.77.0.1")))], world.lender.receive, world.now)
    assert reply.message.type is Type.ACK
    assert int.from_bytes(reply.message.options[51]) == 2600
    world.now += 2560
    assert handled(broken, [(encode(renewal), Arrival("eth0", FIRST, 68, FIRST))], world.lender.receive, world.now) == []


def test_a_mistake_of_ours_drops_one_datagram_and_harms_no_other(
    exchange: Exchange, world: Any, record: Record, store: Store, machine: Callable[..., Any]
) -> None:
    """The policy is poisoned: it raises for one machine."""
    poisoned = machine(1)

    def core(message: Any, arrival: Arrival, now: float) -> Outcome:
        if message.mac == poisoned.mac:
            raise ZeroDivisionError("a bug")
        return world.lender.receive(message, arrival, now)

    batch = [(encode(one.discover()), HERE) for one in (machine(2), poisoned, machine(3))]
    assert [reply.message.mac for reply in handled(exchange, batch, core, world.now)] == [machine(2).mac, machine(3).mac]
    assert record.counts == {"internal-error": 1}


def test_every_ignored_packet_is_counted_with_its_reason(
    exchange: Exchange, world: Any, record: Record, machine: Callable[..., Any]
) -> None:
    good = encode(machine(1).discover())
    batch = [b"", good[:100], b"\x02" + good[1:], encode(machine(1).say(Type.OFFER)), encode(machine(1).say(Type.RELEASE))]
    assert handled(exchange, [(data, HERE) for data in batch], world.lender.receive, world.now) == []
    assert record.counts == {"too-short": 2, "wrong-op": 1, "not-a-client-message": 1, "not-the-holder": 1}


def test_the_record_tells_the_whole_exchange_with_its_reasons(
    exchange: Exchange, world: Any, record: Record, machine: Callable[..., Any]
) -> None:
    one = machine(1, options={60: b"PXEClient\x1b[31m\xff"})
    offered(exchange, world, one)
    handled(exchange, [(encode(one.select()), HERE)], world.lender.receive, world.now)
    events = record.events
    assert [found["kind"] for found in events] == ["dhcp.discover", "dhcp.offer", "dhcp.request", "dhcp.ack"]
    assert events[0]["data"]["vendor_class"] == "PXEClient\\x1b[31m\\xff"
    ack = events[-1]
    assert (ack["mac"], ack["address"], ack["session"]) == (one.mac, str(FIRST), "session")
    assert ack["data"]["because"] == [{"weight": "chose", "code": "told", "text": "as the test says", "source": "test"}]
    assert ack["data"]["file"] == "b/session/debian/pxelinux.0"


def test_odd_host_names_are_stored_and_read_back(exchange: Exchange, world: Any, store: Store, machine: Callable[..., Any]) -> None:
    """Threat T24: what a client calls itself may not stop the next start."""
    names = [b"\0\0", b"\xff" * 255, "ü\u202e".encode() * 60, b"'); DROP TABLE lease; --", b"a\nlease { }", b"\xed\xa0\x80"]
    machines = [machine(number, options={12: name}, client_id=b"\xff" * 255) for number, name in enumerate(names, 1)]
    offered(exchange, world, *machines)
    assert len(handled(exchange, [(encode(one.select()), HERE) for one in machines], world.lender.receive, world.now)) == len(names)
    read, skipped = Ledger(store.leases).load()
    assert skipped == 0
    assert len(read) == len(names)
    assert all(name.hostname.isprintable() for name in read)


class _FullLedger(Ledger):
    """A disk that takes nothing."""

    def write(self, changes: Any) -> None:
        raise NotStoredError(f"database or disk is full, no room for {changes}")


def _listen(store: Store, course: list[str]) -> None:
    """Add to `course` which transactions SQLite itself begins and ends on connections that are opened from now on."""

    def heard(statement: str) -> None:
        word = statement.split()[0]
        if word in ("BEGIN", "COMMIT", "ROLLBACK"):
            course.append(word)

    event.listen(store.leases.engine, "connect", lambda connection, _record: connection.set_trace_callback(heard))
    store.leases.engine.dispose()


def _fill(store: Store) -> None:
    with store.leases.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    store.leases.engine.dispose()
    event.listen(store.leases.engine, "connect", _limit)
    _limit.pages = pages


def _make_room(store: Store) -> None:
    event.remove(store.leases.engine, "connect", _limit)
    store.leases.engine.dispose()


def _limit(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA max_page_count={_limit.pages}")


_limit.pages = 0


def test_a_message_that_is_not_answered_says_why_in_its_own_line(
    exchange: Exchange, world: Any, record: Record, machine: Callable[..., Any]
) -> None:
    message = machine(1).say(Type.REQUEST, requested=str(FIRST), server=IPv4Address("10.77.0.2"))
    handled(exchange, [(encode(message), HERE)], world.lender.receive, world.now)
    handled(exchange, [(encode(machine(2).discover()), HERE)], world.lender.receive, world.now)
    heard = [one["data"].get("ignored") for one in record.events if one["kind"] in ("dhcp.request", "dhcp.discover")]
    assert heard == ["other-server", None]


@pytest.mark.parametrize("kind", ["bios", "uefi"])
@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("file", ["b/session/debian/pxelinux.0", None])
def test_every_event_of_a_decision_carries_its_reasons(
    world: Any, machine: Callable[..., Any], kind: str, refused: bool, file: str | None
) -> None:
    """What `explain` would have said at that moment stays beside each row of the record."""
    world.boots.file, world.boots.refused = file, refused
    uefi = {Code.VENDOR_CLASS: b"PXEClient:Arch:00007:UNDI:003000", Code.ARCH: b"\0\7", Code.USER_CLASS: b""} if kind == "uefi" else {}
    one = machine(options=uefi)
    proxy = Proxy(world.boots, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))
    asked = (one.discover(), one.say(Type.REQUEST, server=SERVER), one.say(Type.INFORM, ciaddr=SERVER))
    told = []
    for message in asked:
        heard = parse(encode(message))
        assert isinstance(heard, Message)
        for now in range(3):
            for core in (proxy.receive, proxy.receive_pxe, world.lender.receive):
                outcome = core(heard, HERE, now * 4.0)
                told += [note for note in (outcome.said, *outcome.alarms) if note is not None and note.kind != "nak"]
    assert {note.kind for note in told} >= ({"offer", "quirk"} if file else {"refused"} if refused else {"offer", "inform"})
    for note in told:
        data = _event(note, one.mac, 0.0).data
        assert data["because"], note
        assert all(reason["code"] and reason["text"] and reason["source"] for reason in data["because"])
