"""The server itself on loopback: who gets through, who gives way, what is answered and what never is, and the one event each."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest

from pxeserve.tftp.admission import Quota
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.desk import Bounds
from pxeserve.tftp.options import Limits
from pxeserve.tftp.packet import Ack, Data, Error, OptionAck
from tests.ports import free_ports

BODY = os.urandom(100_000)


def opened(path: Path, key: object = None) -> Content:
    """As the real source hands a file over."""
    fd = os.open(path, os.O_RDONLY)
    return Content(os.fstat(fd).st_size, "file", fd=fd, key=key)


def descriptors() -> set[str]:
    """What this process has open: numbers and what they lead to."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:
            continue
    return found


@pytest.fixture(params=[False, True], ids=["own ports", "single port"])
def single_port(request) -> bool:
    return request.param


def test_one_fetch_is_one_event(live, shelf, wire, single_port) -> None:
    content = Content(
        len(BODY), "medium: xcp83", data=BODY, session="s1", mac="52:54:00:77:00:01", host="xen01", install="i1", key="k"
    )
    server = live(shelf({"xen.gz": content}), single_port=single_port)
    client = wire(server.address)
    assert client.fetch("xen.gz", {"tsize": "0", "blksize": "1408", "multicast": "1"}) == BODY
    event = server.event()
    seconds = event["data"].pop("seconds")
    assert 0 <= seconds < 60
    assert event["kind"] == "tftp.transfer"
    assert (event["host"], event["mac"], event["install"], event["session"]) == ("xen01", "52:54:00:77:00:01", "i1", "s1")
    assert event["address"] == "127.0.0.1"
    assert event["text"].startswith("xen.gz: 100000 bytes in ")
    assert event["data"] == {
        "file": "xen.gz",
        "rule": "medium: xcp83",
        "operation": "RRQ",
        "mode": "octet",
        "asked": {"tsize": "0", "blksize": "1408", "multicast": "1"},
        "port": client.socket.getsockname()[1],
        "granted": {"tsize": "100000", "blksize": "1408"},
        "blksize": 1408,
        "windowsize": 1,
        "size": 100000,
        "outcome": "done",
        "bytes": 100000,
        "blocks": 72,
        "retransmits": 0,
        "detail": "",
    }


def test_a_transfer_comes_from_the_configured_ports_and_with_single_port_from_the_listening_one(live, shelf, wire, single_port) -> None:
    ports = free_ports(10)
    server = live(shelf({"a": b"a"}), single_port=single_port, ports=ports)
    client = wire(server.address)
    assert client.fetch("a") == b"a"
    assert client.tid[1] == server.port if single_port else client.tid[1] in ports


def test_the_answer_comes_from_the_address_that_was_asked(live, shelf, wire, single_port) -> None:
    """A machine with several addresses must answer from the one its client knows."""
    server = live(shelf({"a": b"a"}), single_port=single_port, bind="0.0.0.0")
    for address in ("127.0.0.1", "127.5.5.5"):
        client = wire((address, server.port))
        assert client.fetch("a") == b"a"
        assert client.tid[0] == address
        client.ask("missing")
        assert client.hear() == Error(1, "File not found")
        assert client.tid[0] == address


@pytest.mark.quirk("every-miss-answered")
def test_a_missing_file_is_said_at_once_with_what_the_screen_shows(live, shelf, wire) -> None:
    server = live(shelf({"secret": Refusal(2, "Access violation", "path: outside", mac="52:54:00:77:00:01")}))
    client = wire(server.address)
    client.ask("pxelinux.cfg/0A4D0034\x1b[2J")
    assert client.hear() == Error(1, "File not found")
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["screen"]) == ("refused:1", "PXE-E3B")
    assert "\x1b" not in event["text"] + event["data"]["file"]
    client.ask("secret")
    assert client.hear() == Error(2, "Access violation")
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["screen"], event["mac"]) == ("refused:2", "PXE-E3C", "52:54:00:77:00:01")


def test_nothing_can_be_written(live, shelf, wire) -> None:
    resolver = shelf({})
    server = live(resolver)
    client = wire(server.address)
    client.send(b"\0\2passwd\0octet\0")
    answer = client.hear()
    assert (answer.code, answer.message.split(":")[0]) == (2, "Access violation")
    assert server.event()["data"]["outcome"] == "refused:2"
    assert resolver.asked == []


def test_the_resolver_is_given_every_byte_of_the_name(live, shelf, wire) -> None:
    resolver = shelf({})
    server = live(resolver)
    client = wire(server.address)
    client.send(b"\0\1b/\xff\xfe\\..\\x\0octet\0")
    assert client.hear().code == 1
    assert [path for path, _ in resolver.asked] == ["b/\udcff\udcfe\\..\\x"]


def test_errors_are_never_answered_and_other_strays_are(live, shelf, wire, single_port) -> None:
    server = live(shelf({"a": b"a"}), single_port=single_port)
    client = wire(server.address)
    for packet in (b"\0\5\0\0x\0", b"\0\5\0\4", b"\0\5", b"\0\5\0", b"\0", b""):
        client.send(packet, server.address)
    for packet in (b"\0\4\0\1", b"\0\3\0\1x", b"\0\x09", b"\0\1x\0mail\0"):
        client.send(packet, server.address)
    answers = [client.hear().code for _ in range(4)]
    assert answers == ([5, 5, 4, 4] if single_port else [4, 4, 4, 4])
    assert client.fetch("a") == b"a"
    assert client.silent()


def test_packets_from_ports_of_servers_that_answer_anything_are_dropped(live, shelf, wire) -> None:
    server = live(shelf({"a": b"a"}))
    try:
        echo = wire(server.address, source=("127.0.0.9", 7))
    except PermissionError:
        pytest.skip("port 7 needs root")
    echo.ask("a")
    echo.send(b"\0\4\0\1")
    assert wire(server.address).fetch("a") == b"a"
    assert echo.silent()
    assert server.end()["source-port"] == 2


def test_three_hundred_silent_clients_keep_nobody_from_booting(live, shelf, wire) -> None:
    """Threat T17: when all sessions are taken, the silent ones give way, oldest first. Who boots comes after those that wait in line, or
    before the last of them: that depends on how busy the machine is."""
    bounds = Bounds(quota=Quota(overall=100, longest_wait=60.0))
    server = live(shelf({"xen.gz": BODY}), bounds=bounds)
    silent = []
    for number in range(20):
        for _ in range(15):
            silent.append(wire(server.address, source=(f"127.0.1.{number}", 0)))
            silent[-1].ask("xen.gz", {"blksize": "1468"})
    assert wire(server.address).fetch("xen.gz", {"blksize": "1468"}) == BODY
    evicted, done = [], 0
    while not done or len(evicted) < 200:
        event = server.event()
        if event["data"]["outcome"] == "done":
            done += 1
        else:
            assert event["data"]["outcome"] == "evicted"
            evicted.append((event["address"], event["data"]["port"]))
    assert evicted[:100] == [client.socket.getsockname() for client in silent[:100]]


def test_a_source_that_asks_too_often_is_not_answered_and_others_are(live, shelf, wire) -> None:
    server = live(shelf({"a": b"a"}), bounds=Bounds(quota=Quota(rate=0.001, burst=3, waiting=0)))
    client = wire(server.address)
    for _ in range(10):
        client.ask("missing")
    assert [client.hear().code for _ in range(3)] == [1, 1, 1]
    assert wire(server.address, source=("127.0.0.2", 0)).fetch("a") == b"a"
    assert client.silent()
    assert server.end()["limited"] == 7


def test_the_oldest_silent_session_of_a_source_gives_way(live, shelf, wire) -> None:
    server = live(shelf({"a": BODY}), bounds=Bounds(quota=Quota(per_source=2)))
    clients = [wire(server.address) for _ in range(3)]
    for client in clients:
        client.ask("a", {"blksize": "1024"})
        assert isinstance(client.hear(), OptionAck)
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["screen"]) == ("evicted", "PXE-E32")
    assert event["data"]["port"] == clients[0].socket.getsockname()[1]


def test_whoever_answered_while_nobody_looked_does_not_give_way(live, shelf, wire) -> None:
    """A busy machine: the server stands still for longer than its clients are given to answer, more of them wait in line, and the answers
    of those that have begun lie in their sockets unheard."""
    now, entered, left = [0.0], threading.Event(), threading.Event()

    def slow() -> Refusal:
        entered.set()
        assert left.wait(60)
        return Refusal(1, "File not found", "shelf")

    server = live(shelf({"a": b"a", "slow": slow}), bounds=Bounds(quota=Quota(per_source=4)), clock=lambda: now[0])
    begun, late = ([wire(server.address) for _ in range(4)] for _ in range(2))
    for client in (*begun, *late):
        client.ask("a", {"blksize": "1024"})
    for client in begun:
        assert isinstance(client.hear(), OptionAck)
    wire(server.address, source=("127.0.0.2", 0)).ask("slow")
    assert entered.wait(60)
    for client in begun:
        client.send(Ack(0).encode())
    now[0] = 1.0
    left.set()
    for client in (*begun, *late):
        while isinstance(heard := client.hear(), OptionAck):
            client.send(Ack(0).encode())
        assert heard == Data(1, b"a")
        client.send(Ack(1).encode())
    outcomes = Counter(server.event()["data"]["outcome"] for _ in range(9))
    assert outcomes == {"done": 8, "refused:1": 1}


def test_a_repeated_request_joins_the_transfer_that_waits(live, shelf, wire, single_port) -> None:
    resolver = shelf({"a": b"a"})
    server = live(resolver, single_port=single_port)
    client = wire(server.address)
    for _ in range(3):
        client.ask("a")
    assert client.hear() == Data(1, b"a")
    later = wire(server.address)
    later.ask("missing")
    assert later.hear() == Error(1, "File not found")  # so the three have been read
    assert server.event()["data"]["outcome"] == "refused:1"
    client.send(Ack(1).encode())
    assert server.event()["data"]["outcome"] == "done"
    assert [path for path, _ in resolver.asked] == ["a", "missing"]
    assert server.end()["repeated-request"] == 2


def test_who_asks_anew_in_the_same_moment_as_the_last_ack_is_answered(live, shelf, wire) -> None:
    """A client that uses its port again: its request and the ACK before it lie in two sockets, and may be seen in either order."""
    server = live(shelf({"a": b"a"}))
    client = wire(server.address)
    client.ask("a")
    assert client.hear() == Data(1, b"a")
    for _ in range(200):
        client.send(Ack(1).encode())
        client.ask("a")
        assert client.hear() == Data(1, b"a")
    client.send(Ack(1).encode())
    for _ in range(201):
        assert server.event()["data"]["outcome"] == "done"
    assert "repeated-request" not in server.end()


def test_a_stranger_is_told_and_the_transfer_is_unharmed(live, shelf, wire) -> None:
    server = live(shelf({"a": BODY}))
    client, stranger = wire(server.address), wire(server.address, source=("127.0.0.66", 0))
    client.ask("a")
    assert client.hear() == Data(1, BODY[:512])
    stranger.send(b"\0\5\0\0die\0", client.tid)
    stranger.send(Ack(1).encode(), client.tid)
    assert stranger.hear() == Error(5, "Unknown transfer ID")
    assert stranger.tid == client.tid
    client.send(Ack(1).encode())
    assert client.hear() == Data(2, BODY[512:1024])


def test_an_aborted_probe_and_a_failed_client_are_told_apart(live, shelf, wire, single_port) -> None:
    server = live(shelf({"a": BODY}), single_port=single_port)
    client = wire(server.address)
    client.ask("a", {"tsize": "0", "blksize": "1468", "windowsize": "4"})
    assert isinstance(client.hear(), OptionAck)
    client.send(Error(8, "User aborted the transfer").encode())
    assert server.event()["data"]["outcome"] == "aborted-probe"
    client.ask("a")
    assert isinstance(client.hear(), Data)
    client.send(Error(3, "Disk full").encode())
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["detail"]) == ("client-error", "error 3: Disk full")


def test_a_client_whose_program_ended_is_noticed(live, shelf, wire) -> None:
    server = live(shelf({"a": BODY}))
    client = wire(server.address)
    client.ask("a")
    client.hear()
    client.socket.close()
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["detail"]) == ("client-error", "its port is closed")


def test_a_window_comes_as_plain_datagrams(live, shelf, wire, single_port) -> None:
    """Segmentation offload is the kernel's business: the client sees one datagram a block."""
    server = live(shelf({"a": BODY}), single_port=single_port)
    client = wire(server.address)
    client.ask("a", {"blksize": "1468", "windowsize": "64"})
    assert isinstance(client.hear(), OptionAck)
    client.send(Ack(0).encode())
    body = b"".join(client.hear().payload for _ in range(64))
    client.send(Ack(64).encode())
    body += b"".join(client.hear().payload for _ in range(69 - 64))
    client.send(Ack(69).encode())
    assert body == BODY
    assert server.event()["data"]["outcome"] == "done"


def test_blocks_that_need_several_calls_a_window_arrive_too(live, shelf, wire) -> None:
    body = os.urandom(1 << 20)
    server = live(shelf({"a": body}), bounds=Bounds(Limits(blksize=8192)))
    client = wire(server.address)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    client.ask("a", {"blksize": "8192", "windowsize": "12"})
    client.hear()
    client.send(Ack(0).encode())
    assert b"".join(client.hear().payload for _ in range(12)) == body[: 12 * 8192]


def test_delivered_is_called_once_with_the_last_ack_and_never_before(live, shelf, wire) -> None:
    calls = []
    server = live(shelf({"install.img": lambda: Content(600, "test", data=BODY[:600], delivered=lambda: calls.append(1))}))
    client = wire(server.address)
    client.ask("install.img")
    client.hear()
    client.send(Ack(1).encode())
    assert client.hear() == Data(2, BODY[512:600])
    assert calls == []
    client.send(Error(0, "no").encode())
    assert server.event()["data"]["outcome"] == "client-error"
    assert calls == []
    assert client.fetch("install.img") == BODY[:600]
    assert server.event()["data"]["outcome"] == "done"
    assert calls == [1]


def test_trouble_behind_a_name_is_an_error_and_an_event_and_the_server_goes_on(live, shelf, wire) -> None:
    def trouble() -> Content:
        raise RuntimeError("the store is on fire")

    server = live(shelf({"bad": trouble, "after": lambda: Content(1, "test", data=b"x", delivered=trouble), "good": b"good"}))
    client = wire(server.address)
    client.ask("bad")
    assert client.hear().code == 0
    event = server.event()
    assert (event["kind"], "on fire" in event["text"]) == ("tftp.trouble", True)
    assert server.event()["data"]["outcome"] == "refused:0"
    assert client.fetch("after") == b"x"
    assert server.event()["kind"] == "tftp.trouble"
    assert client.fetch("good") == b"good"


def test_a_file_cut_short_under_way_ends_in_an_error(live, shelf, wire, tmp_path) -> None:
    path = tmp_path / "vmlinuz"
    path.write_bytes(os.urandom(400_000))
    server = live(shelf({"vmlinuz": lambda: opened(path)}))
    client = wire(server.address)
    client.ask("vmlinuz", {"blksize": "1468"})
    client.hear()
    client.send(Ack(0).encode())
    packet = client.hear()
    os.truncate(path, 200_000)
    while isinstance(packet, Data):
        assert len(packet.payload) == 1468, "a short block would look like the end"
        client.send(Ack(packet.block).encode())
        packet = client.hear()
    assert packet == Error(0, "The file is no longer what it was")
    event = server.event()
    assert (event["data"]["outcome"], event["data"]["screen"]) == ("source-error", "PXE-E36")


def test_descriptors_are_given_back_however_a_transfer_ends(live, shelf, wire, tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    stale = lambda: Content(len(BODY) + 1, "test", fd=os.open(path, os.O_RDONLY))  # noqa: E731
    server = live(shelf({"file": lambda: opened(path, "key"), "stale": stale}), ports=free_ports(1))
    client = wire(server.address)
    assert client.fetch("file") == BODY
    server.event()
    before = descriptors()
    for _ in range(3):
        assert client.fetch("file", {"blksize": "1024"}) == BODY
        client.ask("stale")
        assert client.hear().code == 0
        client.ask("file")
        client.hear()
        client.send(Error(0, "enough").encode())
        assert [server.event()["data"]["outcome"] for _ in range(3)] == ["done", "refused:0", "client-error"]
    assert len(descriptors()) <= len(before) + 4, "sockets of other transfers are kept for the next"
    assert not [one for one in descriptors() if str(path) in one]


def test_sockets_are_used_again_and_what_lies_in_them_is_not(live, shelf, wire) -> None:
    """A hundred clients fetch, and go on sending into the ports they had: later clients are given those and notice nothing."""
    server = live(shelf({"windows": BODY, "plain": BODY}))
    former = []
    for number in range(200):
        client = wire(server.address, source=(f"127.0.3.{number}", 0))
        if number % 2:
            client.ask("windows", {"blksize": "700", "windowsize": "4"})
            client.hear()
            client.send(Ack(0).encode())
            assert [client.hear().block for _ in range(4)] == [1, 2, 3, 4]
            client.send(Error(0, "enough").encode())
        else:
            assert client.fetch("plain") == BODY
        former.append(client)
    before = descriptors()
    ports = {client.tid[1] for client in former}
    assert 50 <= len(ports) < 200  # which of the idle ones is drawn is chance: 64 lie ready
    for number in range(100):
        for old in former[number::50]:
            old.send(Ack(1).encode())
            old.send(Error(0, "go away").encode())
        client = wire(server.address, source=(f"127.0.4.{number}", 0))
        assert client.fetch("plain", {"blksize": "1468"}) == BODY
        assert client.tid[1] in ports
    assert len(descriptors()) <= len(before) + 100, "each wire of this test has one"
    outcomes = Counter(server.event()["data"]["outcome"] for _ in range(300))
    assert outcomes == {"done": 200, "client-error": 100}


def test_more_clients_than_ports_share_them(live, shelf, wire) -> None:
    server = live(shelf({"a": BODY}), ports=free_ports(2))
    clients = [wire(server.address, source=(f"127.0.2.{number}", 0)) for number in range(8)]
    for client in clients:
        client.ask("a")
        assert client.hear() == Data(1, BODY[:512])
    for client in clients:
        client.send(Ack(1).encode())
        assert client.hear() == Data(2, BODY[512:1024])


def go_on(client, blocks: range) -> None:
    """Acknowledge each of `blocks` and hear the next. A hundred of them tell that the server has taken several turns meanwhile."""
    for block in blocks:
        client.send(Ack(block).encode())
        assert client.hear() == Data(block + 1, BODY[block * 512 : block * 512 + 512])


def test_stop_takes_no_new_clients_and_lets_the_running_ones_end(live, shelf, wire, single_port) -> None:
    server = live(shelf({"a": BODY[:55_000]}), single_port=single_port)
    client, late = wire(server.address), wire(server.address)
    client.ask("a")
    client.hear()
    server.order("H")
    server.order("T")
    go_on(client, range(1, 101))
    late.ask("a")
    go_on(client, range(101, 107))
    client.send(Ack(107).encode())
    assert client.hear() == Data(108, BODY[107 * 512 : 55_000])
    client.send(Ack(108).encode())
    server.wait()
    assert server.event()["data"]["outcome"] == "done"
    assert server.end()["stopping"] == 1
    assert late.silent()


def test_what_has_not_ended_ten_seconds_after_stop_is_told(live, shelf, wire) -> None:
    clock = [1000.0]
    server = live(shelf({"a": BODY}), clock=lambda: clock[0])
    client = wire(server.address)
    client.ask("a")
    assert client.hear() == Data(1, BODY[:512])
    server.order("T")
    go_on(client, range(1, 101))
    clock[0] += 10.5
    while isinstance(answer := client.hear(), Data):
        continue
    assert answer == Error(0, "The server is stopping")
    server.wait()
    assert server.event()["data"]["outcome"] == "stopped"


def test_when_the_parent_is_gone_the_clients_hear_so(live, shelf, wire, single_port) -> None:
    server = live(shelf({"a": BODY}), single_port=single_port)
    client = wire(server.address)
    client.ask("a")
    assert client.hear() == Data(1, BODY[:512])
    server.end()
    assert client.hear() == Error(0, "The server is stopping")


@pytest.mark.quirk("same-port-again")
def test_a_client_that_begins_anew_on_the_same_port_is_served(live, shelf, wire, single_port) -> None:
    server = live(shelf({"a": BODY, "b": b"b"}), single_port=single_port)
    client = wire(server.address)
    client.ask("a")
    assert client.hear() == Data(1, BODY[:512])
    assert client.fetch("b") == b"b"
    outcomes = [server.event()["data"]["outcome"] for _ in range(1 + single_port)]
    assert outcomes == (["superseded", "done"] if single_port else ["done"])


def test_many_machines_behind_one_address_are_all_served_and_none_asks_twice(live, shelf, wire) -> None:
    """A rack behind a router: all ask within one moment, more of them than a forger of requests is allowed."""
    server = live(shelf({"menu": b"label\n" * 100}))
    clients = [wire(server.address) for _ in range(200)]
    for client in clients:
        client.ask("menu", {"blksize": "1468"})
    bodies = {}
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client.socket, selectors.EVENT_READ, client)
        while len(bodies) < len(clients):
            heard = [key.data for key, _ in waiting.select(60)]
            assert heard
            for client in heard:
                match client.packet():
                    case OptionAck():
                        client.send(Ack(0).encode())
                    case Data(1, payload):
                        client.send(Ack(1).encode())
                        bodies[client] = payload
    assert set(bodies.values()) == {b"label\n" * 100}
    assert "limited" not in server.end()


def test_a_flood_of_strangers_is_counted_and_a_host_is_told_of(live, shelf, wire, monkeypatch) -> None:
    monkeypatch.setattr("pxeserve.tftp.telling.AT_ONCE", 3)
    monkeypatch.setattr("pxeserve.tftp.telling.A_SECOND", 0.0)
    server = live(shelf({"a": b"abc", "b": lambda: Content(2, "shelf", data=b"of", host="xen01")}))
    for name, times in (("a", 5), ("missing", 2), ("b", 1)):
        for _ in range(times):
            client = wire(server.address)
            client.ask(name)
            if isinstance(client.hear(), Data):
                client.send(Ack(1).encode())
            if name == "b":
                break
    told = [server.event() for _ in range(4)]
    assert [(one["data"]["file"], one["host"]) for one in told] == [("a", None)] * 3 + [("b", "xen01")]
    counts = server.end()
    assert (counts["untold-transfer"], counts["untold-bytes"], counts["untold-refusal"]) == (2, 6, 2)
