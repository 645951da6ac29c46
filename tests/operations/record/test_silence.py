"""Who is silent, and which unknown machine's address is almost theirs."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from pxeserve.domain.host import Host
from pxeserve.events.record import Event
from pxeserve.operations.record.silence import nearest, never_heard, unheard_notes
from pxeserve.operations.record.tails import tails
from pxeserve.store import leases
from pxeserve.store.leases import LeaseRow, Sighting
from tests.operations.record.conftest import MAC, NOW, Room

LABEL, TYPED, BESIDE, FAR = "52:54:00:aa:10:02", "52:54:00:aa:10:82", "52:54:00:aa:10:03", "00:16:3e:5e:6c:01"
UUID = "7e57ab1e-0000-4000-8000-000000000001"


@pytest.fixture
def silent(room: Room) -> Host:
    """A host whose card's address somebody typed with one digit wrong."""
    return room.put(Host(0, "silent", (TYPED,), "rack-a"))


def test_a_host_is_heard_by_an_event_of_any_card(room: Room, silent: Host) -> None:
    assert never_heard(room.context, [silent]) == [silent]
    two = room.put(replace(silent, macs=(TYPED, FAR)))
    room.tell(Event("dhcp.discover", NOW, mac=FAR))
    assert never_heard(room.context, [silent, two]) == [silent]


@pytest.mark.parametrize("how", ["lease", "sighting"])
def test_a_host_is_heard_by_a_lease_and_by_what_it_asks_of_another_server(room: Room, silent: Host, how: str) -> None:
    address = IPv4Address("10.0.0.9")
    with room.store.leases.write() as connection:
        if how == "lease":
            leases.put(connection, [LeaseRow(address, TYPED, "", "", "bound", NOW, NOW + 60)])
        else:
            leases.put_sightings(connection, [Sighting(address, TYPED, NOW)])
    assert never_heard(room.context, [silent]) == []


def test_unknown_machines_are_near_and_hosts_are_not(room: Room, silent: Host) -> None:
    room.tell(*(Event("dhcp.discover", NOW, mac=mac, data={"vendor_class": "PXEClient", "arch": "0"}) for mac in (LABEL, FAR, MAC)))
    [(host, near)] = nearest(room.context, [silent])
    assert host == silent
    assert [one.partition(" ")[0] for one in near] == [LABEL]
    assert "one digit differs" in near[0] and "PXEClient" in near[0]
    room.put(Host(0, "other", (LABEL,), "rack-a"))
    assert list(nearest(room.context, [silent])) == [(silent, ())]


def test_a_machine_that_says_the_host_s_uuid_is_the_nearest(room: Room) -> None:
    blank = room.put(Host(0, "blank", (), "rack-a", uuid=UUID))
    room.tell(Event("dhcp.discover", NOW, mac=FAR, data={"vendor_class": "PXEClient", "arch": "0", "uuid": UUID}))
    [(_, near)] = nearest(room.context, [blank])
    assert f"{FAR} (it has this host's UUID" in near[0]
    assert "no card's MAC is known of it yet; heard and unknown: " in unheard_notes(room.context, [blank])["blank"]


def test_notes_are_of_those_alone_that_were_never_heard(room: Room, silent: Host) -> None:
    heard = room.put(Host(0, "heard", (FAR,), "rack-a"))
    room.tell(Event("dhcp.discover", NOW, mac=FAR))
    assert unheard_notes(room.context, [heard, silent]) == {
        "silent": f"{TYPED} was never heard here: compare it with what the machine's own screen says"
    }


def test_the_last_events_of_each_card_are_told_by_host(room: Room, silent: Host) -> None:
    two = room.put(replace(silent, macs=(TYPED, BESIDE)))
    room.tell(*(Event("dhcp.ack", NOW + number, mac=(TYPED, BESIDE)[number % 2]) for number in range(10)))
    found = tails(room.context, [two, Host(99, "nobody", (FAR,), "rack-a")], 2)
    assert [event.at - NOW for event in found["silent"]] == [6, 7, 8, 9]
    assert found["nobody"] == []
