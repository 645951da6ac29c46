"""Machines that are no hosts are gathered out of what DHCP tells; a flood neither fills the table nor drives out who keeps trying."""

from __future__ import annotations

from typing import Any

from pxeserve.domain.host import Host
from pxeserve.events.discovering import MOST, seen
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.store import discovered, inventory
from pxeserve.store.discovered import Machine

NOW = 1_800_000_000.0
STRANGER, HOSTS = "52:54:00:77:00:99", "52:54:00:77:00:01"
SAID = {
    "vendor_class": "PXEClient:Arch:00007:UNDI:003016", "arch": "7", "uuid": "7e57ab1e-0000-4000-8000-000000000009", "user_class": "iPXE",
    "hostname": "oob", "giaddr": "10.1.0.1", "circuit": "eth1/0/7", "remote": "sw1",
}  # fmt: skip


def asks(mac: str = STRANGER, at: float = NOW, **data: Any) -> Event:
    return Event("dhcp.discover", at, mac=mac, data=SAID | data)


def machines(room: Any) -> list[Machine]:
    with room.store.events.read() as connection:
        return discovered.machines(connection)


def test_a_stranger_is_kept_with_all_that_it_said(room: Any) -> None:
    Ledger(room.store).write([asks()])
    assert machines(room) == [
        Machine(STRANGER, NOW, NOW, 1, SAID["vendor_class"], 7, SAID["uuid"], "iPXE", "oob", "10.1.0.1", "eth1/0/7", "sw1")
    ]


def test_hosts_and_ordinary_clients_are_no_discoveries(room: Any) -> None:
    Ledger(room.store).write([asks(HOSTS), Event("dhcp.discover", NOW, mac=STRANGER, data={"vendor_class": "udhcp"})])
    assert machines(room) == []


def test_tries_of_one_boot_are_one_and_what_is_said_last_counts(room: Any) -> None:
    ledger = Ledger(room.store)
    ledger.write([asks(), asks(at=NOW + 8, arch="16"), asks(at=NOW + 40)])
    ledger.write([asks(at=NOW + 300, hostname="")])
    [machine] = machines(room)
    assert (machine.boots, machine.first_seen, machine.last_seen, machine.hostname, machine.arch) == (2, NOW, NOW + 300, "oob", 7)


def test_a_flood_is_bounded_and_whoever_keeps_trying_stays(room: Any) -> None:
    ledger = Ledger(room.store)
    ledger.write([asks()])
    ledger.write([asks(at=NOW + 100)])
    for first in range(0, MOST + 500, 500):
        ledger.write([asks(f"52:54:01:00:{n >> 8:02x}:{n & 255:02x}", NOW + 200 + n) for n in range(first, first + 500)])
    found = {machine.mac for machine in machines(room)}
    assert len(found) == MOST
    assert STRANGER in found
    assert "52:54:01:00:00:00" not in found


def test_who_becomes_a_host_or_is_forgotten_goes(room: Any) -> None:
    ledger = Ledger(room.store)
    ledger.write([asks(), asks("52:54:00:77:00:98")])
    ledger.write([Event("discovered.forgotten", NOW, mac="52:54:00:77:00:98")])
    assert [machine.mac for machine in machines(room)] == [STRANGER]
    with room.store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen09", (STRANGER,), "rack"))
    ledger.forget_hosts()
    assert machines(room) == []


def test_nonsense_in_an_event_is_passed_over() -> None:
    [machine] = seen({}, [asks(arch="x", uuid=7, giaddr=None, circuit=["a"])])
    assert (machine.arch, machine.uuid, machine.relay, machine.circuit) == (None, None, "", "")
