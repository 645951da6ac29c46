"""Who may begin: tokens by source, and room that the silent give up first."""

from __future__ import annotations

import pytest

from pxeserve.tftp.admission import Buckets, Full, Line, Quota, Room


def test_a_source_may_ask_64_times_at_once_and_20_times_a_second_from_then_on() -> None:
    buckets = Buckets(Quota())
    assert sum(buckets.take("10.0.0.1", 0.0) for _ in range(200)) == 64
    assert sum(buckets.take("10.0.0.1", 1.0) for _ in range(200)) == 20
    assert sum(buckets.take("10.0.0.2", 1.0) for _ in range(200)) == 64
    assert sum(buckets.take("10.0.0.1", 1000.0) for _ in range(200)) == 64


def test_a_token_comes_back_when_somebody_is_there() -> None:
    buckets = Buckets(Quota())
    for _ in range(1000):
        assert buckets.take("nat", 0.0)
        buckets.give_back("nat")
    assert sum(buckets.take("nat", 0.0) for _ in range(200)) == 64
    buckets.give_back("stranger")


def test_inventing_sources_costs_no_memory() -> None:
    buckets = Buckets(Quota())
    for number in range(20_000):
        assert buckets.take(str(number), 0.0)
    assert len(buckets._levels) <= 8192


def fill(room: Room[str], source: str, count: int) -> None:
    for number in range(count):
        assert room.victim(source, 0.0) is None
        room.enter(f"{source}/{number}", source, 0.0)


def test_the_seventeenth_silent_session_of_a_source_pushes_out_its_oldest_one() -> None:
    room: Room[str] = Room(Quota())
    fill(room, "a", 1)
    room.answered("a/0")
    fill(room, "a", 16)
    fill(room, "b", 3)
    assert room.victim("a", 0.3) == "a/0"
    room.leave("a/0", "a")
    assert room.victim("a", 0.3) is None


def test_nobody_is_pushed_out_before_having_had_time_to_answer() -> None:
    room: Room[str] = Room(Quota())
    fill(room, "a", 16)
    with pytest.raises(Full):
        room.victim("a", 0.2)
    assert room.victim("b", 0.2) is None


def test_machines_behind_one_address_that_all_answer_are_no_flood() -> None:
    room: Room[str] = Room(Quota(per_source=2, answered_per_source=4))
    for number in range(4):
        assert room.victim("nat", 0.0) is None
        room.enter(str(number), "nat", 0.0)
        room.answered(str(number))
    with pytest.raises(Full):
        room.victim("nat", 9.0)
    assert room.victim("other", 0.0) is None


def test_when_all_is_full_the_oldest_silent_session_of_anybody_gives_way() -> None:
    room: Room[str] = Room(Quota(overall=4))
    fill(room, "a", 2)
    fill(room, "b", 2)
    room.answered("a/0")
    assert room.victim("c", 1.0) == "a/1"
    for session in ("a/1", "b/0", "b/1"):
        room.answered(session)
    with pytest.raises(Full):
        room.victim("c", 1.0)
    room.leave("b/1", "b")
    assert room.victim("c", 1.0) is None


def test_the_newest_in_line_comes_first_and_a_repetition_takes_its_new_place() -> None:
    line: Line[int, str] = Line(Quota())
    for key in (1, 2, 3):
        assert line.put("a", key, f"request {key}", 0.0) == 0
    line.put("a", 1, "again", 0.1)
    assert line.newest("a") == (1, "again")
    line.drop("a", 1)
    assert line.newest("a") == (3, "request 3")
    assert "a" in line
    assert "b" not in line
    assert len(line) == 2


def test_a_line_is_bounded_by_source_altogether_and_in_time() -> None:
    line: Line[int, int] = Line(Quota(waiting=3, waiting_overall=5))
    assert [line.put("a", key, key, 0.0) for key in range(4)] == [0, 0, 0, 1]
    assert [line.put(f"s{key}", key, key, 1.0) for key in range(3)] == [0, 0, 1]
    assert len(line) == 5
    assert line.expire(3.0) == 2
    assert "a" not in line
    assert line.expire(4.0) == 3
    assert (len(line), line.sources()) == (0, [])
