"""A host's timeline, as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event
from tests.operations.record.conftest import MAC, NOW, Room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "data")
    yield made
    made.store.close()


def test_a_hosts_timeline_is_its_boots(room: Room) -> None:
    room.tell(Event("dhcp.discover", NOW, mac=MAC))
    timeline = room.ask("timeline", host="xen01")
    assert (timeline["host"], timeline["state"], timeline["beside"]) == ("xen01", "idle", [])
    (boot,) = timeline["boots"]
    assert (boot["mac"], boot["began"], boot["reached"]) == (MAC, NOW, "asks")
    assert boot["lines"][0]["offset"] == 0.0
    assert boot["next"]["expected"]


def test_a_host_that_is_none_has_no_timeline(room: Room) -> None:
    with pytest.raises(PxeserveError, match="there is no host xen99"):
        room.ask("timeline", host="xen99")
