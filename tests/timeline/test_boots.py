"""Which events are one boot: by session, by MAC, and by what lies between."""

from __future__ import annotations

from itertools import count

from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import group

MAC, OTHER = "52:54:00:77:00:01", "52:54:00:77:00:02"
_ids = count(1)


def event(kind: str, at: float, session: str | None = None, mac: str | None = MAC) -> EventRow:
    return EventRow(next(_ids), at, kind, "xen01", mac, session=session)


def kinds(*events: EventRow) -> list[list[str]]:
    return [[one.kind for one in boot.events] for boot in group(events).boots]


def test_a_boot_begins_with_the_discover_before_its_session() -> None:
    found = kinds(
        event("dhcp.discover", 0), event("dhcp.offer", 0.1, "s"), event("dhcp.request", 3), event("dhcp.ack", 3.1, "s"),
        event("tftp.transfer", 4, "s"),
    )  # fmt: skip
    assert found == [["dhcp.discover", "dhcp.offer", "dhcp.request", "dhcp.ack", "tftp.transfer"]]


def test_what_carries_no_session_belongs_to_the_boot_that_its_card_began_last() -> None:
    found = kinds(
        event("dhcp.offer", 0, "s"), event("dhcp.offer", 1, "o", OTHER), event("dhcp.discover", 20), event("dhcp.ack", 20.1),
        event("http.answerfile", 21), event("http.file", 21, mac=OTHER), event("install.answered", 22, mac=None),
    )  # fmt: skip
    assert found == [["dhcp.offer", "dhcp.discover", "dhcp.ack", "http.answerfile"], ["dhcp.offer", "http.file", "install.answered"]]


def test_the_next_session_is_the_next_boot() -> None:
    found = kinds(
        event("dhcp.discover", 0), event("dhcp.ack", 1, "one"), event("http.progress", 500), event("dhcp.discover", 600),
        event("dhcp.ack", 601, "two"), event("boot.menu", 602, "two"),
    )  # fmt: skip
    assert found == [["dhcp.discover", "dhcp.ack", "http.progress"], ["dhcp.discover", "dhcp.ack", "boot.menu"]]


def test_two_boots_within_one_second_are_two() -> None:
    found = kinds(
        event("dhcp.discover", 0.1), event("dhcp.offer", 0.2, "s"), event("dhcp.offer", 0.25, "s"), event("tftp.transfer", 0.3, "s"),
        event("dhcp.discover", 0.7), event("dhcp.offer", 0.8, "s"), event("tftp.transfer", 0.9, "s"),
    )  # fmt: skip
    assert found == [["dhcp.discover", "dhcp.offer", "dhcp.offer", "tftp.transfer"], ["dhcp.discover", "dhcp.offer", "tftp.transfer"]]


def test_a_discover_that_nobody_answered_is_a_boot_of_its_own() -> None:
    assert kinds(event("dhcp.discover", 0), event("dhcp.discover", 4)) == [["dhcp.discover", "dhcp.discover"]]
    later = kinds(event("dhcp.discover", 0), event("dhcp.discover", 500), event("dhcp.offer", 501, "s"))
    assert later == [["dhcp.discover"], ["dhcp.discover", "dhcp.offer"]]
    after = kinds(event("dhcp.offer", 0, "s"), event("dhcp.discover", 500))
    assert after == [["dhcp.offer"], ["dhcp.discover"]]


def test_a_machine_that_comes_without_dhcp_of_ours_has_boots_too() -> None:
    assert kinds(event("tftp.transfer", 0), event("http.file", 1)) == [["tftp.transfer", "http.file"]]


def test_what_people_do_lies_beside() -> None:
    asked = [event("install.armed", 0, mac=None), event("rehearsal.begun", 1), event("install.lapsed", 3)]
    found = group([*asked, event("dhcp.offer", 2, "s")])
    assert [one.kind for one in found.beside] == ["install.armed", "rehearsal.begun", "install.lapsed"]
    assert len(found.boots) == 1


def test_events_are_put_in_their_order_whatever_way_they_came() -> None:
    story = [event("dhcp.discover", 0), event("dhcp.ack", 1, "s"), event("tftp.transfer", 2, "s"), event("http.file", 3)]
    assert kinds(*reversed(story)) == kinds(*story)
