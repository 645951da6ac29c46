"""Hostile TFTP: whatever a datagram says, it gets an ERROR or nothing, and the service is as it was."""

from __future__ import annotations

import itertools
import select
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.faults.fetching import rrq, tftp_get
from tests.faults.service import Service
from tests.faults.space import Space, space
from tests.faults.watch import Watch, canary_beside, plant, traversals

pytestmark = pytest.mark.netns
SERVER = ("127.0.0.1", 69)
ACK0, ABORT = b"\0\4\0\0", b"\0\5\0\0no\0"
_turn = itertools.count()


@pytest.fixture(scope="module")
def planted(furnish_module: Callable[..., Service], body: bytes) -> Iterator[tuple[Watch, list[str]]]:
    """A service with traps in its TFTP root, and the names that must give nothing."""
    with space() as where:
        service = furnish_module(where)
        canary, words = canary_beside(service)
        names = plant(service.data / "tftp", canary) + traversals(canary, service.data)
        service.give()
        (service.data / "tftp" / "secret").chmod(0o000)
        service.start()
        watch = Watch(service, words, body)
        watch.begin()
        yield watch, names
        service.stop()


@pytest.fixture
def watch(planted: tuple[Watch, list[str]]) -> Watch:
    return planted[0]


def say(where: Space, datagrams: list[bytes], *, port: int = 0, patience: float = 0.6) -> dict[int, list[bytes]]:
    """Send each from a socket and an address of its own; what came back to each until all was silent. What looks like a beginning
    transfer is ended by an ERROR, as a client does."""
    heard: dict[int, list[bytes]] = {}
    for start in range(0, len(datagrams), 200):
        with ExitStack() as stack:
            socks = {}
            for number, data in enumerate(datagrams[start : start + 200], start):
                host = next(_turn)
                sock = stack.enter_context(where.udp(f"127.9.{host // 250 % 250}.{host % 250 + 1}", port))
                sock.setblocking(False)
                socks[sock] = number
                sock.sendto(data, SERVER)
            while ready := select.select(list(socks), [], [], patience)[0]:
                for sock in ready:
                    try:
                        said, sender = sock.recvfrom(65536)
                    except OSError:
                        continue
                    heard.setdefault(socks[sock], []).append(said)
                    if said[1] in (3, 6):
                        sock.sendto(ABORT, sender)
                        socks.pop(sock)
                if not socks:
                    break
    return heard


def opcodes(heard: dict[int, list[bytes]]) -> set[int]:
    return {said[1] for answers in heard.values() for said in answers}


@pytest.mark.parametrize("mode", ["octet", *(pytest.param(one, marks=pytest.mark.long) for one in ("netascii", "OCTET"))])
def test_no_name_leads_out_of_the_root_or_to_anything_but_a_plain_file(
    mode: str, planted: tuple[Watch, list[str]], figure: Callable[[str], None]
) -> None:
    watch, names = planted
    asked = [f"{slash}{name}" for slash in ("", "/", "//") for name in names]
    asked += [f"{before}{name}" for before in ("f/", "b/aaaa/debian/", "x/f/", "i/aaaa/f/", "m/none/") for name in names]
    datagrams = [rrq(name, mode=mode) for name in asked if len(name) < 400]
    began = time.monotonic()
    heard = say(watch.service.space, datagrams)
    watch.heard += [said for answers in heard.values() for said in answers]
    given = [datagrams[number] for number, answers in heard.items() if any(said[1] != 5 for said in answers)]
    odd = [name for name in given if b"body.bin\0" not in name]
    assert not odd  # a NUL ends a name: that is the good file's
    unanswered = len(datagrams) - len(heard)
    assert unanswered <= len(datagrams) // 100, "each name is answered at once, a FIFO too"
    figure(f"{len(datagrams)} names: 0 given out, {unanswered} unanswered, in {time.monotonic() - began:.1f} s; {watch.holds(mode)}")


def requests() -> list[bytes]:
    """Requests that no client sends, some of which are granted."""
    numbers = [
        "",
        "0",
        "-1",
        "1",
        "7",
        "8",
        "65464",
        "65465",
        "65535",
        "65536",
        "4294967296",
        "9" * 30,
        "1e3",
        "0x10",
        " 8",
        "8 ",
        "１２".encode().decode("latin-1"),
        "\x008",
    ]
    found = [
        rrq("body.bin", {name: value})
        for name in ("blksize", "windowsize", "tsize", "timeout", "rollover", "utimeout", "x")
        for value in numbers
    ]
    found += [rrq("body.bin", {"blksize": "65464", "windowsize": "65535"}), rrq("body.bin", {"BLKSIZE": "512", "blksize": "8"})]
    found += [rrq("body.bin") + b"blksize\x00512\x00" * count for count in (2, 20, 30)]
    found += [
        rrq("body.bin", {f"o{number}": "v" for number in range(60)}),
        rrq("body.bin") + b"blksize\0",
        rrq("body.bin") + b"blksize\x00512",
    ]
    found += [
        rrq("body.bin", mode=mode) for mode in ("", "mail", "binary", "octet ", "o" * 300, "\xff\xfe", "oc\ntet", "netasci", "octetx")
    ]
    found += [
        rrq(name) for name in ("", "a" * 495, "\xff\xfe", "\n", "\r\n", "a\nb", "%s%n%x", "$(id)", "`id`", "\x1b[31m", "\u00e9", " ", "|x")
    ]
    found += [rrq("body.bin")[:cut] for cut in range(2, 18)]
    found += [b"\0\2" + rest[2:] for rest in (rrq("new"), rrq("body.bin"), rrq("../new"), rrq("link"), rrq("zero"))]
    return found


def test_odd_requests_are_granted_within_bounds_or_refused(watch: Watch, figure: Callable[[str], None]) -> None:
    datagrams = requests()
    heard = say(watch.service.space, datagrams)
    watch.heard += [said for answers in heard.values() for said in answers]
    assert opcodes(heard) <= {3, 5, 6}
    for number, answers in heard.items():
        if datagrams[number][:2] == b"\0\2":
            assert all(said[1] == 5 for said in answers), datagrams[number]
        assert all(len(said) <= 4 + 1468 for said in answers), datagrams[number]
    figure(f"{len(datagrams)} requests, {sum(map(len, heard.values()))} answers; {watch.holds('requests')}")


def test_what_is_no_request_starts_nothing_and_an_error_is_never_answered(watch: Watch, figure: Callable[[str], None]) -> None:
    odd = [bytes((high, low)) + rest for high in (0, 1, 255) for low in range(256) for rest in (b"", b"\0\1x\0octet\0")]
    odd = [data for data in odd if data[:2] not in (b"\0\1", b"\0\2")] + [b"", b"\0", b"\0\1", b"\xff" * 1472, bytes(1472), b"\0\4\0"]
    heard = say(watch.service.space, odd)
    assert opcodes(heard) <= {5}
    errors = [b"\0\5" + bytes((0, code)) + text for code in range(10) for text in (b"", b"\0", b"x\0", b"\xff" * 500)]
    assert not say(watch.service.space, errors)
    figure(f"{len(odd) + len(errors)} packets, {len(heard)} answered, none of the {len(errors)} ERRORs; {watch.holds('packets')}")


@pytest.mark.parametrize("port", [7, 19, 53, 69])
def test_a_request_from_the_port_of_a_server_is_not_answered(port: int, watch: Watch) -> None:
    assert not say(watch.service.space, [rrq("body.bin"), rrq("none"), b"\0\3\0\1x", b"nonsense", ACK0], port=port, patience=1.5)


def test_strangers_disturb_no_transfer(watch: Watch, figure: Callable[[str], None]) -> None:
    """Everything that can be sent to a transfer's port by somebody else, while the transfer runs."""
    where = watch.service.space
    stranger, errors = where.udp("127.0.0.66"), 0
    words = [
        ACK0,
        b"\0\4\0\1",
        b"\0\4\xff\xff",
        ABORT,
        b"\0\3\0\1x",
        rrq("body.bin"),
        b"",
        b"\0",
        bytes(1400),
        b"\0\6x\0",
        b"\0\4\0\1extra",
    ]
    chosen = itertools.cycle(words)

    def disturb() -> None:
        for port in range(40000, 40064):
            stranger.sendto(next(chosen), ("127.0.0.1", port))

    with where.udp("127.0.0.7") as sock:
        body = tftp_get(sock, SERVER, "body.bin", blksize=1408, pause=disturb)
    assert body == watch.body
    stranger.setblocking(False)
    while True:
        try:
            said = stranger.recv(65536)
        except BlockingIOError:
            break
        assert said[1] == 5, said
        errors += 1
    figure(f"{600_000 // 1408 * 64} datagrams of a stranger, {errors} of them answered, all ERROR; {watch.holds('strangers')}")


@pytest.mark.parametrize(
    ("options", "silence"), [({"timeout": "1"}, 3.0), pytest.param({}, 8.0, marks=pytest.mark.long)], ids=["its own second", "ours"]
)
def test_a_silent_client_gets_six_packets_and_repeated_acks_cause_none(
    watch: Watch, figure: Callable[[str], None], options: dict[str, str], silence: float
) -> None:
    """What a forged request can bring on its victim (threat T18), and the sorcerer's apprentice (T21)."""
    ask = rrq("body.bin", {"blksize": "1408", "windowsize": "64", **options})
    where = watch.service.space
    with where.udp("127.0.0.99") as silent, where.udp("127.0.0.98") as rude:
        silent.sendto(ask, SERVER)
        rude.sendto(rrq("body.bin"), SERVER)
        data, tid = rude.recvfrom(2048)
        assert data[:4] == b"\0\3\0\1"
        for word in [b"\0\4\0\1"] * 500 + [b"\0\4\0\0"] * 500 + [b"\0\4\0\x09"] * 500 + [b"\0\4\xff\xff"] * 500:
            rude.sendto(word, tid)
        came: list[bytes] = []
        while select.select([rude], [], [], 0.3)[0]:
            came.append(rude.recv(2048))
        assert {said[:4] for said in came} == {b"\0\3\0\2"}
        assert len(came) <= 4, "only time sends it again"
        rude.sendto(ABORT, tid)
        packets, size = 0, 0
        while select.select([silent], [], [], silence)[0]:
            packets, size = packets + 1, size + len(silent.recv(2048))
    assert packets <= 6
    more = f"{packets}, {size / len(ask):.1f} bytes a byte"
    figure(f"2000 pointless ACKs: {len(came)} packets; silent client: {more}; {watch.holds('silent')}")
