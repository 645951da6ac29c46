"""Who is waited for, and who is hung up on: the oldest of whoever holds too many places, and everybody whose time is over."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import pytest

from pxeserve.console.patience import Waiting


@dataclass
class Peer:
    address: str
    sock: socket.socket
    theirs: socket.socket

    @property
    def hung_up(self) -> bool:
        self.theirs.setblocking(False)
        try:
            return self.theirs.recv(1) == b""
        except BlockingIOError:
            return False


def peer(address: str = "10.0.0.1") -> Peer:
    ours, theirs = socket.socketpair()
    return Peer(address, ours, theirs)


def test_the_oldest_of_an_address_gives_way_and_others_stay() -> None:
    waiting = Waiting(2, 10)
    other, *same = peer("10.0.0.2"), peer(), peer(), peer(), peer()
    for one in (other, *same):
        waiting.begin(one, 10.0)
    assert [one.hung_up for one in (other, *same)] == [False, True, True, False, False]
    assert len(waiting) == 3


def test_the_oldest_of_all_gives_way_when_all_places_are_taken() -> None:
    waiting = Waiting(2, 3)
    peers = [peer(f"10.0.0.{number}") for number in range(5)]
    for one in peers:
        waiting.begin(one, 10.0)
    assert [one.hung_up for one in peers] == [True, True, False, False, False]


def test_time_is_over_at_its_end_and_not_for_those_who_are_done() -> None:
    waiting = Waiting(9, 9)
    slow, done, late = peer(), peer(), peer()
    waiting.begin(slow, 10.0)
    waiting.begin(done, 10.0)
    waiting.begin(late, 20.0)
    waiting.end(done)
    waiting.end(done)
    waiting.sweep(9.9)
    assert not slow.hung_up
    waiting.sweep(10.0)
    assert [one.hung_up for one in (slow, done, late)] == [True, False, False]
    assert len(waiting) == 1


def test_who_was_given_up_while_its_socket_was_in_other_hands_is_hung_up_on_later() -> None:
    waiting = Waiting(1, 9)
    one = peer()
    real, one.sock = one.sock, socket.socket()
    waiting.begin(one, 10.0)
    waiting.begin(peer(), 10.0)
    one.sock = real
    assert not one.hung_up
    waiting.sweep(0.0)
    assert one.hung_up


@pytest.mark.parametrize(("of_one", "in_all", "taken"), [(2, 9, [True, True, False]), (9, 1, [True, False, False])])
def test_a_place_that_is_taken_is_kept(of_one: int, in_all: int, taken: list[bool]) -> None:
    waiting = Waiting(of_one, in_all)
    peers = [peer(), peer(), peer()]
    assert [waiting.take(one, 10.0) for one in peers] == taken
    assert not any(one.hung_up for one in peers)
    waiting.end(peers[0])
    assert waiting.take(peers[0], 10.0)


def test_those_who_listen_for_long_give_way_when_there_are_too_many_and_not_before() -> None:
    waiting = Waiting(2, 3)
    same, others = [peer() for _ in range(4)], [peer(f"10.0.0.{number}") for number in (2, 3)]
    for number, one in enumerate((*same, *others)):
        waiting.let(one, 10.0 + number)
    waiting.thin(9.9)
    assert not any(one.hung_up for one in (*same, *others))
    waiting.thin(10.9)
    assert [one.hung_up for one in (*same, *others)] == [True, False, False, False, False, False]
    waiting.thin(99.0)
    assert [one.hung_up for one in (*same, *others)] == [True, True, True, False, False, False]
    waiting.thin(99.0)
    assert len(waiting) == 3
