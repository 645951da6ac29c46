"""The sender spoken to packet by packet: what moves it on, what it must not react to, and how it ends."""

from __future__ import annotations

import itertools
import os
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.tftp.blocks import Blocks, ContentLost, PacketCache, octet
from pxeserve.tftp.options import Agreement, Limits
from pxeserve.tftp.outcome import Ended, Ignored, Outcome
from pxeserve.tftp.packet import Ack, Address, Data, Error, Mode, OptionAck, Packet, parse
from pxeserve.tftp.transfer import GIVE_UP, Transfer

CLIENT = Address("192.0.2.7", 2070)
STRANGER = Address("192.0.2.66", 4444)
BODY = bytes(range(256)) * 40
"""Twenty blocks of 512 and an empty one."""


def heard(transfer: Transfer, now: float = 0.0) -> list[Packet]:
    """What the client is sent."""
    return [parse(data) for burst in transfer.outgoing(now) if burst.address == CLIENT for data in burst.datagrams()]


def blocks_heard(transfer: Transfer, now: float = 0.0) -> list[int]:
    return [packet.block for packet in heard(transfer, now) if isinstance(packet, Data)]


def ack(transfer: Transfer, block: int, now: float = 0.0) -> list[int]:
    """Acknowledge, and tell which blocks come of it."""
    run = transfer.step(Ack(block).encode(), now)
    if run is not None:
        return [packet.block for packet in cut(run, transfer.stride)]
    transfer.receive(Ack(block).encode(), CLIENT, now)
    return blocks_heard(transfer, now)


def cut(run: memoryview, stride: int) -> list[Data]:
    packets = [parse(bytes(run[at : at + stride])) for at in range(0, len(run), stride)]
    assert all(isinstance(packet, Data) for packet in packets)
    return packets


def test_without_options_the_first_block_comes_at_once(sender) -> None:
    transfer = sender(BODY)
    assert heard(transfer) == [Data(1, BODY[:512])]
    assert ack(transfer, 1) == [2]
    assert ack(transfer, 2) == [3]


def test_options_are_answered_first_and_data_waits_for_their_ack(sender) -> None:
    transfer = sender(BODY, {"blksize": "1024", "tsize": "0"})
    assert heard(transfer) == [OptionAck((("blksize", "1024"), ("tsize", str(len(BODY)))))]
    assert ack(transfer, 1) == []
    assert transfer.events() == [Ignored("future-ack")]
    assert ack(transfer, 0) == [1]


def test_the_last_ack_ends_it(sender) -> None:
    transfer = sender(b"short")
    blocks_heard(transfer)
    assert ack(transfer, 1) == []
    assert transfer.events() == [Ended(Outcome.DONE)]
    assert transfer.next_timer() is None
    assert transfer.acknowledged == (1, 5)


def test_a_file_of_whole_blocks_ends_with_an_empty_one(sender) -> None:
    transfer = sender(BODY[:1024])
    blocks_heard(transfer)
    ack(transfer, 1)
    transfer.receive(Ack(2).encode(), CLIENT, 0)
    assert heard(transfer) == [Data(3, b"")]


def test_five_equal_acks_let_one_block_go(sender) -> None:
    transfer = sender(BODY)
    blocks_heard(transfer)
    assert ack(transfer, 1) == [2]
    deadline = transfer.next_timer()
    for moment in (0.01, 0.02, 0.03, 0.9):
        assert ack(transfer, 1, moment) == []
    assert transfer.next_timer() == deadline, "a repeated ACK must not put off our own resend"
    assert transfer.events() == [Ignored("repeated-ack")] * 4


def test_stale_and_future_acks_change_nothing(sender) -> None:
    transfer = sender(BODY)
    for block in range(1, 6):
        ack(transfer, block)
    assert ack(transfer, 3) == []
    assert ack(transfer, 7) == []
    assert ack(transfer, 0x8000) == []
    assert [event.reason for event in transfer.events()] == ["stale-ack", "future-ack", "future-ack"]
    assert ack(transfer, 6) == [7]


def test_a_window_goes_out_whole_and_moves_on_with_its_last_ack(sender) -> None:
    transfer = sender(BODY, {"windowsize": "4"})
    heard(transfer)
    assert ack(transfer, 0) == [1, 2, 3, 4]
    assert ack(transfer, 4) == [5, 6, 7, 8]


def test_an_ack_inside_the_window_restarts_from_there(sender) -> None:
    transfer = sender(BODY, {"windowsize": "4"})
    heard(transfer)
    ack(transfer, 0)
    assert ack(transfer, 2) == [3, 4, 5, 6]
    assert transfer.resent == 2
    assert ack(transfer, 2) == []


def test_the_last_window_ends_with_the_file(sender) -> None:
    transfer = sender(BODY, {"windowsize": "16"})
    heard(transfer)
    assert ack(transfer, 0) == list(range(1, 17))
    assert ack(transfer, 16) == [17, 18, 19, 20, 21]
    assert ack(transfer, 19) == [20, 21]
    ack(transfer, 21)
    assert transfer.events() == [Ended(Outcome.DONE)]


@pytest.mark.parametrize(("rollover", "after"), [("0", 0), ("1", 1)])
def test_the_count_goes_on_past_65535(sender, rollover: str, after: int) -> None:
    body = os.urandom(8 * 65538 + 3)
    transfer = sender(body, {"blksize": "8", "rollover": rollover, "windowsize": "64"})
    heard(transfer)
    ack(transfer, 0)
    for block in range(64, 65472 + 1, 64):
        ack(transfer, block)
    for block in (65533, 65534, 65535, after, after + 1):
        got = ack(transfer, block)
        assert got[0] == {65533: 65534, 65534: 65535, 65535: after, after: after + 1, after + 1: after + 2}[block]
    ack(transfer, after + 2)
    ack(transfer, after + 3)
    assert transfer.events()[-1] == Ended(Outcome.DONE)
    assert transfer.acknowledged == (65539, len(body))


def test_a_silent_client_gets_six_packets_and_is_given_up_within_32_seconds(sender) -> None:
    for options in ({}, {"blksize": "1468"}, {"timeout": "1"}, {"timeout": "255"}, {"utimeout": "10000"}, {"windowsize": "64"}):
        transfer = sender(BODY, options)
        sent = len(heard(transfer))
        now = 0.0
        while (due := transfer.next_timer()) is not None:
            now = due
            transfer.on_timer(now)
            sent += len(heard(transfer, now))
        assert sent == 6, options
        assert now < 32, options
        assert transfer.events() == [Ended(Outcome.TIMEOUT)]


def test_waits_double_from_one_second_to_six(sender) -> None:
    transfer = sender(BODY)
    moments = [0.0]
    while (due := transfer.next_timer()) is not None:
        moments.append(due)
        transfer.on_timer(due)
    assert [after - before for before, after in itertools.pairwise(moments)] == [1, 2, 4, 6, 6, 6]


def test_a_timeout_that_the_client_asked_for_caps_the_wait(sender) -> None:
    transfer = sender(BODY, {"timeout": "2"})
    moments = [0.0]
    while (due := transfer.next_timer()) is not None:
        moments.append(due)
        transfer.on_timer(due)
    assert [after - before for before, after in itertools.pairwise(moments)] == [1, 2, 2, 2, 2, 2]


def test_the_wait_follows_the_clients_round_trips(sender) -> None:
    transfer = sender(BODY)
    now = 0.0
    for block in range(1, 10):
        now += 0.2
        ack(transfer, block, now)
    assert 0.2 < transfer.next_timer() - now < 0.4
    transfer = sender(BODY)
    ack(transfer, 1, 0.0001)
    assert transfer.next_timer() == pytest.approx(0.0501), "never less than 50 ms"


def test_the_round_trip_of_a_packet_sent_twice_teaches_nothing(sender) -> None:
    """Karn: nobody can tell which of the two the ACK is for."""
    transfer = sender(BODY)
    transfer.on_timer(1.0)
    ack(transfer, 1, 1.001)
    assert transfer.next_timer() == pytest.approx(2.001), "back to the first wait, not to a round trip of 1 ms"


@pytest.mark.parametrize(("options", "patience"), [({}, 5.0), ({"timeout": "1"}, 1.0), ({"timeout": "2"}, 2.0), ({"timeout": "5"}, 5.0)])
def test_a_client_that_answers_no_repeat_is_left_alone_for_longer_than_it_waits_itself(sender, options, patience: float) -> None:
    """atftp acknowledges a repeated block once, and then only when it has heard nothing for 5 s: every repeat within them puts that off."""
    transfer = sender(BODY, options)
    if options:
        ack(transfer, 0, 0.005)
    ack(transfer, 1, 0.01)
    moments = [0.01]
    while len(moments) < 7:
        moments.append(transfer.next_timer())
        transfer.on_timer(moments[-1])
    assert moments[5] - moments[0] < 4.0, "five repeats come soon"
    assert moments[6] - moments[5] > patience
    ack(transfer, 2, moments[5] + patience)
    assert transfer.next_timer() - (moments[5] + patience) == pytest.approx(0.05)


def test_progress_ends_the_doubling(sender) -> None:
    transfer = sender(BODY)
    ack(transfer, 1, 0.01)
    for _ in range(4):
        transfer.on_timer(transfer.next_timer())
    now = transfer.next_timer()
    ack(transfer, 2, now)
    assert transfer.next_timer() - now == pytest.approx(0.05)


def test_a_client_that_falls_silent_half_way_is_given_up_after_thirty_seconds(sender) -> None:
    transfer = sender(BODY)
    ack(transfer, 1, 0.01)
    sent, now = 0, 0.01
    while (due := transfer.next_timer()) is not None:
        now = due
        transfer.on_timer(now)
        sent += len(heard(transfer, now))
    assert now == pytest.approx(0.01 + GIVE_UP)
    assert sent < 16
    assert transfer.events() == [Ended(Outcome.TIMEOUT)]


def test_a_client_that_comes_back_after_ten_seconds_goes_on(sender) -> None:
    transfer = sender(BODY)
    ack(transfer, 1, 0.01)
    while transfer.next_timer() < 10:
        transfer.on_timer(transfer.next_timer())
    blocks_heard(transfer)
    assert ack(transfer, 2, 10.0) == [3]
    assert transfer.next_timer() - 10 < 0.1


@pytest.mark.quirk("probe-abort")
def test_ovmf_asks_for_the_size_and_aborts(sender) -> None:
    transfer = sender(BODY, {"tsize": "0", "blksize": "1468", "windowsize": "4"})
    heard(transfer)
    transfer.receive(Error(8, "User aborted the transfer").encode(), CLIENT, 0.1)
    assert transfer.events() == [Ended(Outcome.ABORTED_PROBE, "error 8: User aborted the transfer")]
    assert heard(transfer) == []


def test_other_firmware_aborts_its_probe_with_error_0(sender) -> None:
    transfer = sender(BODY, {"tsize": "0"})
    transfer.receive(Error(0, "TFTP Aborted").encode(), CLIENT, 0.1)
    assert transfer.events()[-1].outcome is Outcome.ABORTED_PROBE


def test_an_error_after_data_began_is_the_clients_failure(sender) -> None:
    transfer = sender(BODY, {"tsize": "0"})
    ack(transfer, 0)
    transfer.receive(Error(3, "Disk full").encode(), CLIENT, 0.1)
    assert transfer.events() == [Ended(Outcome.CLIENT_ERROR, "error 3: Disk full")]


def test_a_stranger_is_told_so_once_a_second_and_the_transfer_goes_on(sender) -> None:
    transfer = sender(BODY)
    blocks_heard(transfer)
    answers = []
    for moment in (0.0, 0.1, 0.5, 1.1):
        transfer.receive(Ack(1).encode(), STRANGER, moment)
        answers += [(burst.address, parse(bytes(burst.data)).code) for burst in transfer.outgoing(moment)]
    assert answers == [(STRANGER, 5), (STRANGER, 5)]
    transfer.receive(Error(0, "die").encode(), STRANGER, 9.0)
    assert transfer.outgoing(9.0) == [], "an ERROR is never answered with an ERROR"
    assert ack(transfer, 1) == [2]


def test_what_has_no_place_in_a_transfer_is_ignored(sender) -> None:
    transfer = sender(BODY)
    blocks_heard(transfer)
    for data in (b"\0\3\0\1x", b"\0\1x\0octet\0", b"\0\6blksize\x008\0", b"\0\4", b"", b"\xff\xff", b"\0\4\0"):
        transfer.receive(data, CLIENT, 0.0)
    assert heard(transfer) == []
    assert [event.reason for event in transfer.events()] == [
        "unexpected", "unexpected", "unexpected", "ack-short", "short", "opcode", "ack-short",
    ]  # fmt: skip
    assert ack(transfer, 1) == [2]


def test_a_file_lost_half_way_ends_with_an_error_and_never_looks_whole() -> None:
    reads = 0

    def read(_at: int, length: int) -> bytes:
        nonlocal reads
        reads += 1
        if reads > 1:
            raise ContentLost("it was cut short")
        return bytes(length)

    blocks = Blocks(octet(read, 400_000, 1468, 0, None, PacketCache()), 1468)
    transfer = Transfer(blocks, Agreement(blksize=1468), CLIENT, 0.0)
    block, packets = 0, heard(transfer)
    while isinstance(packets[-1], Data):
        assert len(packets[-1].payload) == 1468
        block += 1
        transfer.receive(Ack(block).encode(), CLIENT, 0.0)
        packets = heard(transfer)
    assert packets == [Error(0, "The file is no longer what it was")]
    assert transfer.events() == [Ended(Outcome.SOURCE_ERROR, "it was cut short")]


def test_our_own_end_has_a_last_word(sender) -> None:
    transfer = sender(BODY)
    heard(transfer)
    transfer.end(Outcome.STOPPED, Error(0, "The server is stopping"))
    assert heard(transfer) == [Error(0, "The server is stopping")]
    transfer.end(Outcome.EVICTED)
    assert transfer.events() == [Ended(Outcome.STOPPED, "The server is stopping")]
    assert ack(transfer, 1) == []


def test_a_closed_port_ends_it_once(sender) -> None:
    transfer = sender(BODY)
    transfer.peer_closed()
    transfer.peer_closed()
    assert transfer.events() == [Ended(Outcome.CLIENT_ERROR, "its port is closed")]


def test_one_ack_never_lets_go_of_more_than_a_mebibyte(sender) -> None:
    transfer = sender(bytes(3 << 20), {"blksize": "65464", "windowsize": "65535"}, limits=Limits(blksize=65464))
    heard(transfer)
    transfer.receive(Ack(0).encode(), CLIENT, 0.0)
    assert sum(len(burst.data) for burst in transfer.outgoing(0.0)) <= (1 << 20) + 64 * 4


wire_bytes = st.one_of(
    st.binary(max_size=80),
    st.integers(0, 65535).map(lambda block: Ack(block).encode()),
    st.integers(0, 30).map(lambda block: Ack(block).encode()),
    st.binary(max_size=6).map(lambda rest: b"\0\5" + rest),
)


@given(
    st.lists(st.tuples(wire_bytes, st.booleans(), st.floats(0, 5)), max_size=60),
    st.sampled_from([{}, {"blksize": "1468"}, {"windowsize": "16", "tsize": "0"}, {"rollover": "1", "blksize": "8"}]),
    st.sampled_from(Mode),
)
def test_whatever_anybody_sends_nothing_raises_and_it_ends_in_time(sender, packets, options, mode) -> None:
    transfer = sender(BODY, options, mode=mode)
    now = 0.0
    for data, stranger, wait in packets:
        now += wait
        transfer.receive(data, STRANGER if stranger else CLIENT, now)
        transfer.on_timer(now)
        for burst in transfer.outgoing(now):
            assert burst.address in (CLIENT, STRANGER)
            assert all(parse(datagram) for datagram in burst.datagrams())
    while (due := transfer.next_timer()) is not None:
        assert due <= now + GIVE_UP + 5
        transfer.on_timer(due)
        transfer.outgoing(due)
    outcomes = [one.outcome for one in transfer.events() if isinstance(one, Ended)]
    assert len(outcomes) == 1


class Twin:
    """One transfer that takes the short way wherever there is one, and one that never does."""

    def __init__(self, make, options: dict[str, str], blocks_a_chunk: int = 1024) -> None:
        with patch("pxeserve.tftp.blocks._MOST_BLOCKS", blocks_a_chunk):
            self.short, self.long = make(BODY * 3, options), make(BODY * 3, options)
        self.short_cuts = 0

    def receive(self, data: bytes, addr: Address, now: float) -> None:
        run = self.short.step(data, now) if addr == CLIENT else None
        if run is not None:
            self.short_cuts += 1
        else:
            self.short.receive(data, addr, now)
        self.long.receive(data, addr, now)
        assert (cut(run, self.short.stride) if run is not None else heard(self.short, now)) == heard(self.long, now)
        assert self.short.events() == self.long.events()
        assert self.short.ended == self.long.ended

    def on_timer(self, now: float) -> None:
        """Both send again; round trips are measured less often on the short way, so each has its own moment."""
        for one in (self.short, self.long):
            due = one.next_timer()
            one.on_timer(now if due is None else max(now, due))
        assert heard(self.short, now) == heard(self.long, now)
        assert self.short.events() == self.long.events()


MOVES = st.one_of(
    st.just("next"), st.just("next"), st.just("next"), st.just("timer"), st.just("stranger"), st.just("look"), st.integers(0, 130)
)


@given(
    st.lists(MOVES, max_size=120),
    st.sampled_from([{}, {"blksize": "512"}, {"windowsize": "4"}, {"windowsize": "7", "blksize": "99"}, {"rollover": "1", "blksize": "8"}]),
    st.sampled_from([4, 7, 16, 1024]),
)
def test_the_short_way_does_what_the_long_one_does(sender, moves: list[object], options: dict[str, str], blocks_a_chunk: int) -> None:
    twin = Twin(sender, options, blocks_a_chunk)
    heard(twin.short), heard(twin.long)
    now = 0.0
    for move in moves:
        now += 0.001
        match move:
            case "timer":
                twin.on_timer(now)
            case "stranger":
                twin.receive(Ack(1).encode(), STRANGER, now)
            case "look":
                assert twin.short.acknowledged == twin.long.acknowledged
            case "next":
                blocks, _ = twin.long.acknowledged
                window = int(options.get("windowsize", 1))
                twin.receive(Ack(0 if blocks == 0 and options and not twin.long.answered else blocks + window).encode(), CLIENT, now)
            case int(block):
                twin.receive(Ack(block).encode(), CLIENT, now)
    assert twin.short.acknowledged == twin.long.acknowledged
    assert twin.short.resent == twin.long.resent


def test_the_short_way_is_taken_for_nearly_all_blocks(sender) -> None:
    for options, short_cuts, blocks_a_chunk in (({}, 50, 1024), ({}, 40, 16), ({"windowsize": "4"}, 9, 1024), ({"windowsize": "4"}, 8, 16)):
        twin = Twin(sender, options, blocks_a_chunk)
        heard(twin.short), heard(twin.long)
        for block in range(0 if options else 1, 70, int(options.get("windowsize", 1))):
            twin.receive(Ack(min(block, 61)).encode(), CLIENT, 0.01)
        assert twin.short_cuts > short_cuts
        assert twin.short.ended


@pytest.mark.parametrize("windowsize", [1, 3, 4, 7, 16])
@pytest.mark.parametrize("blocks_a_chunk", [4, 7, 16, 20])
def test_every_packet_is_right_where_windows_and_chunks_do_and_do_not_fit(sender, windowsize: int, blocks_a_chunk: int) -> None:
    twin = Twin(sender, {"windowsize": str(windowsize), "blksize": "99"}, blocks_a_chunk)
    heard(twin.short), heard(twin.long)
    final = len(BODY) * 3 // 99 + 1
    for block in [*range(0, final, windowsize), final]:
        twin.receive(Ack(block).encode(), CLIENT, 0.01)
    assert twin.short.ended
    assert twin.short.acknowledged == twin.long.acknowledged == (final, len(BODY) * 3)


def test_the_wait_after_a_loss_is_that_of_the_last_round_trips(sender) -> None:
    """What was measured at first, while the machine was busy, must not be the wait for each loss of a long transfer."""
    transfer = sender(BODY * 3)
    now = 0.0
    for block in range(1, 50):
        now += 0.4 if block < 8 else 0.001
        if transfer.step(Ack(block).encode(), now) is None:
            transfer.receive(Ack(block).encode(), CLIENT, now)
        transfer.outgoing(now)
    transfer.on_timer(transfer.next_timer())
    assert transfer.outgoing(now)
    transfer.receive(Ack(50).encode(), CLIENT, now)
    assert transfer.next_timer() - now < 0.3
