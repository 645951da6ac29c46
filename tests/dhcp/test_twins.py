"""Answers from templates are, byte for byte, those of the long way; and so is all else that comes of a question."""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.dhcp.booting import Boots
from pxeserve.dhcp.exchange import Exchange
from pxeserve.dhcp.ledger import Ledger
from pxeserve.dhcp.loops import LIMIT
from pxeserve.dhcp.options import Code, pack
from pxeserve.dhcp.outcome import Encoded, Outcome, Reply
from pxeserve.dhcp.packet import Message, encode
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.quirks.make import typical
from pxeserve.dhcp.route import EVERYBODY, Arrival, Local, Ports
from pxeserve.dhcp.twins import KEPT, SEEN, Twins
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, installs, inventory, loaders, open_store

SERVER, RELAY = IPv4Address("10.77.0.1"), IPv4Address("10.88.0.1")
HERE, FAR = Arrival("eth0", IPv4Address(0), 68, EVERYBODY), Arrival("eth0", RELAY, 67, SERVER)
NOW = 1_000_000.0
BIOS = (
    (Code.VENDOR_CLASS, b"PXEClient:Arch:00000:UNDI:002001"),
    (Code.ARCH, b"\0\0"),
    (Code.PARAMETERS, bytes((1, 3, 43, 60, 66, 67, 97))),
)


def mac(number: int) -> bytes:
    return bytes((2, 0, 0, 0, number >> 8, number & 255))


def uuid(number: int) -> bytes:
    return b"\0" + bytes((number + at) % 256 for at in range(16))


def question(
    number: int,
    options: Iterable[tuple[int, bytes]] = BIOS,
    *,
    xid: int | None = None,
    secs: int = 0,
    flags: int = 0x8000,
    ciaddr: bytes = bytes(4),
    giaddr: bytes = bytes(4),
    chaddr: bytes | None = None,
    fields: bytes = bytes(192),
    identity: bool = True,
    end: bytes = b"\xff",
) -> bytes:
    """A DISCOVER of machine `number`, which tells its UUID and names itself by its MAC unless told otherwise."""
    chaddr = mac(number) if chaddr is None else chaddr
    own = ((Code.UUID, uuid(number)), (Code.CLIENT_ID, b"\1" + chaddr)) if identity else ()
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x1000 + number if xid is None else xid, secs, flags)
    area = b"".join(pack(code, value) for code, value in ((Code.MESSAGE_TYPE, b"\1"), *options, *own))
    return head + ciaddr + bytes(8) + giaddr + chaddr + bytes(10) + fields + b"\x63\x82\x53\x63" + area + end


class Record(Recorder):
    """Keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "none.sock", "dhcp")
        self.events: list[Any] = []
        self.counts: Counter[str] = Counter()

    def emit(self, event: Event) -> None:
        self.events.append(json.loads(event.encode()))

    def count(self, reason: str, by: int = 1) -> None:
        self.counts[reason] += by


@dataclass
class House:
    """One proxy with all that it asks, with templates or without."""

    store: Store
    boots: Boots
    proxy: Proxy
    twins: Twins | None
    exchange: Exchange
    record: Record

    def ask(self, *questions: bytes, arrival: Arrival = HERE, now: float = NOW) -> list[tuple[bytes, str, int]]:
        """The answers as they leave: bytes, address and port."""
        with self.store.site.still():
            leaving = self.exchange.take([(one, arrival) for one in questions], self.proxy.receive, now, None, self.twins)
        return [sent(one.reply) for one in leaving]

    def short(self, *questions: bytes, arrival: Arrival = HERE, now: float = NOW) -> list[bool]:
        """Whether each was answered from a template."""
        found = []
        for one in questions:
            leaving = self.exchange.take([(one, arrival)], self.proxy.receive, now, None, self.twins)
            found.append([isinstance(left.reply, Encoded) for left in leaving] == [True])
        return found

    def crowded(self) -> None:
        """Strangers have come in numbers: the next is not told."""
        while self.proxy._crowd.admit(NOW):
            pass

    def close(self) -> None:
        self.record.close()
        self.store.close()


def sent(reply: Reply | Encoded) -> tuple[bytes, str, int]:
    if isinstance(reply, Encoded):
        return reply
    return encode(reply.message, reply.limit), str(reply.destination.address), reply.destination.port


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a state that nothing was written to, to be copied: to make one takes half a second."""
    made = tmp_path_factory.mktemp("empty")
    open_store(made, migrate=True).close()
    return made


@pytest.fixture
def data(empty: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty, tmp_path / "data")


def house(data: Path, *, short: bool = True) -> House:
    store = open_store(data)
    boots = Boots(store, SnapshotSource(store), Loaders(store, data, "proxy", "menu"), SessionIds(b"k" * 32), 8080)
    proxy = Proxy(boots, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))
    record = Record(data)
    return House(store, boots, proxy, proxy.twins(boots) if short else None, Exchange(Ledger(store.leases), record), record)


def imported(store: Store, name: str, at: float) -> None:
    with store.site.write() as connection:
        files = [loaders.LoaderFile(file, 1, "0" * 64) for file in ("pxelinux.0", "grubx64.efi", "pxeserve-x64.efi")]
        loaders.put(connection, name, "a test", at, files)


def known(store: Store, *numbers: int) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        for number in numbers:
            inventory.put_host(connection, Host(0, f"xen{number}", (mac(number).hex(":"),), "rack"))


@pytest.fixture
def one(data: Path) -> Iterator[House]:
    made = house(data)
    imported(made.store, "debian", 1.0)
    made.crowded()
    yield made
    made.close()


@pytest.fixture
def warm(one: House) -> House:
    """Two machines have asked before."""
    one.ask(question(1), question(2))
    return one


def test_the_third_of_a_kind_is_answered_from_a_template(one: House) -> None:
    assert one.short(*(question(number, secs=number) for number in range(1, 6))) == [False, False, True, True, True]
    assert one.record.counts == {"untold-discover": 5}
    assert one.record.events == []


def test_each_gets_its_own_and_nothing_of_the_others(warm: House) -> None:
    ((data, host, port),) = warm.ask(question(9, xid=0xDEADBEEF))
    assert (host, port) == ("255.255.255.255", 68)
    assert data[4:8] == b"\xde\xad\xbe\xef"
    assert data[28:34] == mac(9)
    assert pack(Code.UUID, uuid(9)) in data
    assert pack(Code.CLIENT_ID, b"\1" + mac(9)) in data
    session = warm.boots._open[mac(9).hex(":"), 0xDEADBEEF, 0]
    assert data.count(session.encode()) == 2, "in the field and in option 67"
    assert SessionIds(b"k" * 32).read(session).mac == mac(9).hex(":")
    assert mac(2) not in data
    assert uuid(2) not in data


@pytest.mark.parametrize(
    "changed",
    [
        question(9, (*BIOS[:2], (Code.PARAMETERS, b"\1\3"))),
        question(9, BIOS[::-1]),
        question(9, (*BIOS, (Code.HOST_NAME, b"a"))),
        question(9, flags=0),
        question(9, identity=False),
        question(9, giaddr=RELAY.packed),
        question(9, ciaddr=b"\x0a\x4d\0\x63"),
        question(9, fields=b"x" + bytes(191)),
        question(9, end=b"\xff\0"),
        question(9, end=b""),
        question(9)[:-20],
    ],
)
def test_any_other_byte_is_another_kind(warm: House, changed: bytes) -> None:
    assert warm.short(question(8), changed) == [True, False]


def test_another_way_in_is_another_kind(warm: House) -> None:
    assert warm.short(question(8), arrival=FAR) == [False]
    assert warm.short(question(8)) == [True]


@pytest.mark.parametrize("chaddr", [bytes(6), b"\1\0\0\0\0\1", b"\xff" * 6])
def test_who_is_no_station_gets_nothing(warm: House, chaddr: bytes) -> None:
    assert warm.ask(question(9, chaddr=chaddr)) == []
    assert warm.record.counts["not-a-station"] == 1


def test_an_answer_is_cut_where_the_question_is_cut(warm: House) -> None:
    """A question that ends within its UUID has the same bytes left as one that ends right behind it."""
    ends = [
        question(number, (*BIOS, (Code.CLIENT_ID, b"\1" + mac(number)), (Code.UUID, uuid(number))), identity=False, end=b"")
        for number in range(3, 6)
    ]
    assert warm.short(*ends) == [False, False, True]
    for cut in range(1, 18):
        assert warm.ask(ends[2][:-cut]) == []
    assert warm.record.counts["option-cut-short"] == 17


def test_a_host_of_the_inventory_is_never_answered_from_one(warm: House) -> None:
    known(warm.store, 9)
    warm.ask(question(1), question(2))
    assert warm.short(question(8), question(9), question(9), question(9)) == [True, False, False, False]
    assert {found["event"]["mac"] for found in warm.record.events} == {mac(9).hex(":")}
    assert len(warm.record.events) == 6


def test_a_rehearsed_identity_is_never_answered_from_one(warm: House) -> None:
    known(warm.store, 7)
    with warm.store.site.write() as connection:
        host = inventory.hosts(connection)[0]
        installs.add_rehearsal(connection, mac(9).hex(":"), host.id, NOW + 60)
    warm.ask(question(1), question(2))
    assert warm.short(question(8), question(9)) == [True, False]


def test_a_commit_voids_them(warm: House) -> None:
    assert b"/debian/" in warm.ask(question(3))[0][0]
    imported(warm.store, "newer", 2.0)
    assert warm.short(question(4)) == [False]
    assert b"/newer/" in warm.ask(question(5))[0][0]
    assert warm.short(question(6)) == [True]


def test_what_is_told_takes_the_long_way(one: House) -> None:
    one.ask(question(1), question(2))
    assert one.short(question(3), now=NOW + 0.125) == [False], "two tokens by now"
    assert one.short(question(4), now=NOW + 0.125) == [False]
    assert one.short(question(5), now=NOW + 0.125) == [True]
    assert [found["event"]["kind"] for found in one.record.events] == ["dhcp.discover", "dhcp.offer"] * 2


def test_who_is_told_in_another_way_than_its_make_is_never_answered_from_one(warm: House) -> None:
    """It passed over two offers while there was time to watch it; then the flood came."""
    stranger, bypass = mac(9).hex(":"), b"\x2b\x04\x06\x01\x08\xff"
    ((usual, _, _),) = warm.ask(question(8))
    assert bypass in usual
    for now in (0.0, 4.0, 12.0):
        warm.proxy._observed.offering(stranger, typical(Firmware.BIOS).proxy, now)
    assert stranger in warm.proxy._observed.turned
    assert warm.short(question(9), question(10)) == [False, True]
    ((other, _, _),) = warm.ask(question(9, xid=7))
    assert bypass not in other


def test_a_loop_is_noticed_and_ended(warm: House) -> None:
    answers = [len(warm.ask(question(9, xid=xid))) for xid in range(LIMIT + 2)]
    assert answers == [1] * LIMIT + [0, 0]
    assert warm.record.counts["no-boot-file"] == 2


def test_a_repeated_question_has_the_same_session(warm: House) -> None:
    assert warm.ask(question(9), now=NOW) == warm.ask(question(9, secs=4), now=NOW + 0.01)


def test_what_4011_names_later_is_what_was_offered(warm: House) -> None:
    ((data, *_),) = warm.ask(question(9))
    request = question(9).replace(pack(Code.MESSAGE_TYPE, b"\1"), pack(Code.MESSAGE_TYPE, b"\3"))
    (ack,) = warm.exchange.take([(request, Arrival("eth0", IPv4Address("10.77.0.9"), 68, SERVER))], warm.proxy.receive_pxe, NOW + 9)
    assert isinstance(ack.reply, Reply)
    assert ack.reply.message.file == data[108:236].rstrip(b"\0")


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "two UUIDs": lambda n: question(n, (*BIOS, (Code.UUID, uuid(n)), (Code.UUID, uuid(n + 1))), identity=False),
    "the same UUID inside option 43": lambda n: question(n, (*BIOS, (Code.VENDOR, b"\x61\x11" + uuid(n)))),
    "UUID inside option 43 alone": lambda n: question(n, (*BIOS, (Code.VENDOR, b"\x61\x11" + uuid(n))), identity=False),
    "UUID inside option 82, echoed": lambda n: question(n, (*BIOS, (Code.RELAY_AGENT, b"\x61\x11" + uuid(n))), identity=False),
    "UUID that names the MAC": lambda n: question(n, (*BIOS, (Code.UUID, b"\0\x3d\7\1" + mac(n) + bytes(7))), identity=False),
    "short UUID": lambda n: question(n, (*BIOS, (Code.UUID, uuid(n)[:9])), identity=False),
    "empty UUID": lambda n: question(n, (*BIOS, (Code.UUID, b"")), identity=False),
    "UUID in two pieces": lambda n: question(n, (*BIOS, (Code.UUID, uuid(n)[:8]), (Code.UUID, uuid(n)[8:])), identity=False),
    "UUID behind the end": lambda n: question(n, identity=False, end=b"\xff" + pack(Code.UUID, uuid(n))),
    "UUID in file": lambda n: question(
        n, (*BIOS, (Code.OVERLOAD, b"\1")), fields=bytes(64) + pack(Code.UUID, uuid(n)) + b"\xff" + bytes(108), identity=False
    ),
    "UUID in both": lambda n: question(
        n, (*BIOS, (Code.OVERLOAD, b"\1")), fields=bytes(64) + pack(Code.UUID, uuid(n)) + b"\xff" + bytes(108)
    ),
    "identifier in two pieces": lambda n: question(n, (*BIOS, (Code.CLIENT_ID, b"\1" + mac(n)), (Code.CLIENT_ID, b"\2")), identity=False),
    "identifier inside option 43": lambda n: question(n, (*BIOS, (Code.VENDOR, b"\x3d\7\1" + mac(n))), identity=False),
    "identifier inside option 82": lambda n: question(n, (*BIOS, (Code.RELAY_AGENT, b"\x3d\7\1" + mac(n))), identity=False),
    "MAC in option 82": lambda n: question(n, (*BIOS, (Code.RELAY_AGENT, b"\1\6" + mac(n)))),
    "MAC that looks like a UUID": lambda n: question(n, chaddr=b"\2\x61\x11\0\0" + bytes((n,))),
    "MAC that looks like an identifier": lambda n: question(n, chaddr=b"\2\x3d\7\1\0" + bytes((n,))),
    "identifier of another": lambda n: question(n, (*BIOS, (Code.CLIENT_ID, b"\1" + mac(3))), identity=False),
    "xid in option 82": lambda n: question(n, (*BIOS, (Code.RELAY_AGENT, struct.pack("!BBI", 1, 4, 0x1000 + n)))),
    "a menu entry in option 43": lambda n: question(n, (*BIOS, (Code.VENDOR, b"\x47\4\0\0" + bytes((n, 0))))),
}


@pytest.mark.parametrize("ask", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_looks_like_it_and_is_not_gets_the_long_ways_answer(data: Path, ask: Callable[[int], bytes]) -> None:
    quick, slow = house(data), house(data, short=False)
    imported(quick.store, "debian", 1.0)
    for each in (quick, slow):
        each.crowded()
    for number in (1, 2, 3, 4, 5, 3, 1, 6):
        assert quick.ask(ask(number)) == slow.ask(ask(number))
    assert quick.record.counts == slow.record.counts
    quick.close()
    slow.close()


def test_a_session_that_is_asked_for_by_name_is_not_mistaken_for_ones_own(data: Path) -> None:
    """Somebody puts a machine's session id, which he can tell beforehand but for its signature, into an option that is echoed."""
    quick, slow = house(data), house(data, short=False)
    imported(quick.store, "debian", 1.0)
    for each in (quick, slow):
        each.crowded()
    guessed = quick.boots._sessions.make(IPv4Address(0), mac(2).hex(":"), NOW).encode()
    for echoed in (guessed, guessed.translate(bytes.maketrans(b"0123456789abcdef", b"123456789abcdef0"))):
        asks = [question(number, (*BIOS, (Code.RELAY_AGENT, b"\1\x26" + echoed))) for number in (1, 2, 3, 2, 4)]
        assert [quick.ask(ask) for ask in asks] == [slow.ask(ask) for ask in asks]
    quick.close()
    slow.close()


def test_a_flood_of_ever_new_questions_makes_no_template(one: House) -> None:
    for number in range(SEEN + 50):
        one.ask(question(number, (*BIOS, (Code.HOST_NAME, str(number).encode()))))
    assert one.twins is not None
    assert (len(one.twins._known), len(one.twins._seen)) == (0, SEEN)


def test_few_are_kept_and_those_in_use_the_longest(warm: House) -> None:
    for number in range(KEPT + 10):
        kind = (*BIOS, (Code.HOST_NAME, str(number).encode()))
        assert warm.short(question(3), question(4, kind), question(5, kind)) == [True, False, False]
    assert warm.twins is not None
    assert len(warm.twins._known) == KEPT


def test_a_store_that_cannot_be_asked_is_said_by_the_long_way(warm: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(warm.store.site.moments), "now", lambda _self: 1 / 0)
    assert warm.exchange.take([(question(9), HERE)], warm.proxy.receive, NOW, None, warm.twins) == []
    assert warm.record.counts["internal-error"] == 1


def test_a_mistake_in_learning_is_counted_and_harms_no_other(one: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, data: bytes, arrival: Arrival, message: Message, outcome: Outcome) -> None:
        if message.mac == mac(2).hex(":"):
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Twins, "learn", broken)
    assert [data[28:34] for data, *_ in one.ask(question(1), question(2), question(3))] == [mac(1), mac(3)]
    assert one.record.counts["internal-error"] == 1


KINDS = st.lists(
    st.one_of(
        st.just((Code.VENDOR_CLASS, b"PXEClient:Arch:00000:UNDI:002001")),
        st.just((Code.VENDOR_CLASS, b"PXEClient:Arch:00007:UNDI:003000")),
        st.just((Code.VENDOR_CLASS, b"HTTPClient:Arch:00016:UNDI:003001")),
        st.sampled_from([(Code.ARCH, b"\0\0"), (Code.ARCH, b"\0\7"), (Code.ARCH, b"\0\x10"), (Code.ARCH, b"\0\x63")]),
        st.just((Code.USER_CLASS, b"iPXE")),
        st.just((Code.PARAMETERS, bytes((1, 3, 66, 67)))),
        st.sampled_from([(Code.MAX_SIZE, b"\2\x40"), (Code.MAX_SIZE, b"\5\xc0"), (Code.MAX_SIZE, b"\5")]),
        st.builds(lambda value: (Code.RELAY_AGENT, value), st.binary(max_size=250)),
        st.builds(lambda value: (Code.VENDOR, value), st.binary(max_size=30)),
        st.builds(lambda value: (Code.UUID, value), st.binary(max_size=18)),
        st.builds(lambda value: (Code.CLIENT_ID, value), st.binary(max_size=250)),
        st.builds(lambda code, value: (code, value), st.integers(1, 254), st.binary(max_size=8)),
    ),
    max_size=8,
)


@dataclass(frozen=True)
class Model:
    """Machines that ask alike."""

    options: tuple[tuple[int, bytes], ...]
    identity: bool
    flags: int
    giaddr: IPv4Address
    ciaddr: IPv4Address
    end: bytes

    def ask(self, number: int, xid: int, secs: int) -> bytes:
        return question(
            number, self.options, xid=xid, secs=secs, flags=self.flags, giaddr=self.giaddr.packed, ciaddr=self.ciaddr.packed,
            identity=self.identity, end=self.end,
        )  # fmt: skip


MODELS = st.builds(
    Model,
    st.one_of(KINDS.map(tuple), KINDS.map(lambda more: (*BIOS, *more)), st.permutations(BIOS).map(tuple)),
    st.booleans(),
    st.sampled_from([0, 0x8000]),
    st.sampled_from([IPv4Address(0), RELAY]),
    st.sampled_from([IPv4Address(0), IPv4Address("10.77.0.99")]),
    st.sampled_from([b"\xff", b"", b"\xff" + bytes(9), b"\0\xff"]),
)
QUESTIONS = st.tuples(st.integers(0, 1), st.integers(1, 6), st.integers(1, 5), st.integers(0, 2))
STEPS = st.lists(
    st.one_of(
        st.lists(QUESTIONS, min_size=1, max_size=8).map(lambda asked: ("ask", asked)),
        st.sampled_from([("wait", 0.001), ("wait", 0.02), ("wait", 0.07), ("wait", 61), ("back", 0.01), ("back", 5)]),
        st.sampled_from([("host", 3), ("no host", 3), ("rehearse", 4), ("import", 0)]),
    ),
    min_size=2,
    max_size=14,
).map(lambda steps: [("ask", [(0, 1, 1, 0), (0, 2, 1, 0), (0, 3, 1, 0)]), *steps])


@settings(max_examples=100, deadline=None)
@given(models=st.lists(MODELS, min_size=2, max_size=2), steps=STEPS)
def test_nobody_can_tell_which_way_an_answer_went(empty: Path, models: list[Model], steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = shutil.copytree(empty, Path(folder) / "data")
        quick, slow = house(data), house(data, short=False)
        imported(quick.store, "debian", 1.0)
        now = NOW
        for each in (quick, slow):
            each.crowded()
        for number, (kind, value) in enumerate(steps):
            if kind == "ask":
                asked = [models[which].ask(*more) for which, *more in value]
                arrival = FAR if models[0].giaddr == RELAY else HERE
                assert quick.ask(*asked, arrival=arrival, now=now) == slow.ask(*asked, arrival=arrival, now=now)
                _same_on_4011(quick, slow, asked, now)
            elif kind in ("wait", "back"):
                now += value if kind == "wait" else -value
            else:
                _change(quick.store, kind, value, number)
        assert quick.record.counts == slow.record.counts
        assert quick.record.events == slow.record.events
        assert quick.boots._open == slow.boots._open
        assert quick.boots._loops._named == slow.boots._loops._named
        assert vars(quick.proxy._crowd) == vars(slow.proxy._crowd)
        quick.close()
        slow.close()


def _same_on_4011(quick: House, slow: House, asked: list[bytes], now: float) -> None:
    arrival = Arrival("eth0", IPv4Address("10.77.0.9"), 68, SERVER)
    batch = [(one.replace(pack(Code.MESSAGE_TYPE, b"\1"), pack(Code.MESSAGE_TYPE, b"\3"), 1), arrival) for one in asked[:1]]
    answers = [[sent(one.reply) for one in each.exchange.take(batch, each.proxy.receive_pxe, now)] for each in (quick, slow)]
    assert answers[0] == answers[1]


def _change(store: Store, kind: str, value: int, number: int) -> None:
    if kind == "import":
        imported(store, f"set{number}", 2.0 + number)
        return
    with store.site.write() as connection:
        found = inventory.host(connection, "xen")
        if kind == "no host" and found is not None:
            inventory.remove_host(connection, found.id)
        if kind == "host" and found is None:
            inventory.put_profile(connection, Profile("rack"))
            inventory.put_host(connection, Host(0, "xen", (mac(value).hex(":"),), "rack"))
        if kind == "rehearse" and found is not None:
            installs.remove_rehearsal(connection, mac(value).hex(":"))
            installs.add_rehearsal(connection, mac(value).hex(":"), found.id, NOW + 1e9)


def test_what_is_answered_from_one_counts_in_the_crowds_measure(warm: House) -> None:
    assert warm.short(question(9), now=NOW + 0.02) == [True]
    assert warm.proxy._crowd._at == NOW + 0.02
    assert warm.short(question(8), now=NOW) == [True]
    assert warm.proxy._crowd._at == NOW, "a clock that was set back is taken as it is"
