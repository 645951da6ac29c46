"""Addresses that are almost right: found by each way in which people get one wrong, and by no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.nearness import MOST, Neighbourhood

MINE = "52:54:0a:77:1f:04"
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))


@pytest.mark.parametrize(
    ("other", "how"),
    [
        ("52:54:0a:77:1f:05", "the board's other port, by its number"),
        ("52:54:0a:77:1f:03", "the board's other port, by its number"),
        ("52:54:0a:77:1f:07", "another port of the same board, by its number"),
        ("52:54:0a:77:f1:04", "two digits are the other way round"),
        ("25:54:0a:77:1f:04", "two digits are the other way round"),
        ("52:54:0a:77:1f:44", "one digit differs: 4 for 0"),
        ("62:54:0a:77:1f:04", "one digit differs: 6 for 5"),
        ("62:54:0a:77:1f:14", "two digits differ"),
        ("52:54:0a:00:00:00", "the same maker"),
    ],
)
def test_each_way_to_get_one_wrong(other: str, how: str) -> None:
    [found] = Neighbourhood([other, MINE, "00:16:3e:99:99:99"]).near(MINE)
    assert (found.mac, found.how) == (other, how)


def test_a_carry_is_still_the_next_port() -> None:
    assert [one.mac for one in Neighbourhood(["52:54:0a:77:20:00"]).near("52:54:0a:77:1f:ff")] == ["52:54:0a:77:20:00"]


def test_the_nearest_come_first_and_not_too_many() -> None:
    far = [f"52:54:0a:00:00:{last:02x}" for last in range(200)]
    found = Neighbourhood([*far, "52:54:0a:77:1f:44", "52:54:0a:77:1f:05"]).near(MINE)
    assert [one.mac for one in found[:2]] == ["52:54:0a:77:1f:05", "52:54:0a:77:1f:44"]
    assert len(found) == MOST


@given(macs, st.sets(st.integers(0, 11), min_size=1, max_size=2), st.integers(1, 15))
def test_whatever_two_digits_are_wrong_it_is_found(mac: str, places: set[int], by: int) -> None:
    digits = list(mac.replace(":", ""))
    for place in places:
        digits[place] = f"{int(digits[place], 16) ^ by:x}"
    wrong = bytes.fromhex("".join(digits)).hex(":")
    assert [one.mac for one in Neighbourhood([mac]).near(wrong)] == [mac]
    assert Neighbourhood([mac]).near(mac) == []
