"""The record a page at a time: nothing twice and nothing left out, whatever is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.events.record import Event
from tests.operations.record.conftest import MAC, NOW, OTHER, Room

MANY = 25


@pytest.fixture
def full(room: Room) -> Room:
    """An event a second, every fifth by a machine that is no host."""
    room.tell(*(Event(("tftp.transfer", "dhcp.ack")[number % 2], NOW + number, mac=MAC if number % 5 else OTHER) for number in range(MANY)))
    return room


def turned(room: Room, **asked: Any) -> list[float]:
    """The seconds of all that is found, page by page."""
    found: list[float] = []
    after = None
    for _ in range(MANY + 2):
        page = room.ask("event.page", after=after, limit=4, **asked)
        found += [one["at"] - NOW for one in page["items"]]
        if (after := page["next"]) is None:
            return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, lambda _: True),
        ({"kind": "dhcp"}, lambda number: number % 2),
        ({"host": "xen01"}, lambda number: number % 5),
        ({"mac": OTHER, "kind": "tftp"}, lambda number: not number % 5 and not number % 2),
        ({"from_time": NOW + 7.5}, lambda number: number >= 8),
        ({"from_time": NOW + 3, "to_time": NOW + 9}, lambda number: 3 <= number <= 9),
        ({"kind": "nothing"}, lambda _: False),
    ],
)
def test_pages_hold_all_that_is_wanted_the_newest_first(full: Room, asked: dict[str, Any], wanted: Any) -> None:
    assert turned(full, **asked) == [number for number in reversed(range(MANY)) if wanted(number)]


def test_an_empty_record_has_one_empty_page(room: Room) -> None:
    assert room.ask("event.page") == {"items": [], "next": None}
