"""Who may begin: tokens by source, and room that the silent give up first."""

from __future__ import annotations

import pytest

from pxeserve.tftp.admission import Buckets, Full, Quota, Room


def test_a_source_may_ask_64_times_at_once_and_20_times_a_second_from_then_on() -> None:
    buckets = Buckets(Quota())
    assert sum(buckets.take("10.0.0.1", 0.0) for _ in range(200)) == 64
    assert sum(buckets.take("10.0.0.1", 1.0) for _ in range(200)) == 20
    assert sum(buckets.take("10.0.0.2", 1.0) for _ in range(200)) == 64
    assert sum(buckets.take("10.0.0.1", 1000.0) for _ in range(200)) == 64


def test_inventing_sources_costs_no_memory() -> None:
    buckets = Buckets(Quota())
    for number in range(20_000):
        assert buckets.take(str(number), 0.0)
    assert len(buckets._levels) <= 8192


def fill(room: Room[str], source: str, count: int) -> None:
    for number in range(count):
        assert room.victim(source) is None
        room.enter(f"{source}/{number}", source)


def test_the_seventeenth_session_of_a_source_pushes_out_its_oldest_silent_one() -> None:
    room: Room[str] = Room(Quota())
    fill(room, "a", 16)
    fill(room, "b", 3)
    room.answered("a/0")
    assert room.victim("a") == "a/1"
    room.leave("a/1", "a")
    assert room.victim("a") is None


def test_machines_behind_one_address_that_all_answer_are_no_flood() -> None:
    room: Room[str] = Room(Quota(per_source=2, answered_per_source=4))
    for number in range(4):
        assert room.victim("nat") is None
        room.enter(str(number), "nat")
        room.answered(str(number))
    with pytest.raises(Full) as full:
        room.victim("nat")
    assert full.value.reason == "source-full"
    assert room.victim("other") is None


def test_when_all_is_full_the_oldest_silent_session_of_anybody_gives_way() -> None:
    room: Room[str] = Room(Quota(overall=4))
    fill(room, "a", 2)
    fill(room, "b", 2)
    room.answered("a/0")
    assert room.victim("c") == "a/1"
    for session in ("a/1", "b/0", "b/1"):
        room.answered(session)
    with pytest.raises(Full, match="full"):
        room.victim("c")
    room.leave("b/1", "b")
    assert room.victim("c") is None
