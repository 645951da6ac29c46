"""Leases on the disk: what is written is read back, and what is broken stops nobody."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from sqlalchemy import text

from pxeserve.config import load
from pxeserve.domain.host import Host, Profile
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.server.leases import list_leases
from pxeserve.store import Store, inventory, leases

ADDRESS = IPv4Address("10.77.0.100")
LEASE = leases.LeaseRow(ADDRESS, "52:54:00:77:00:01", "ff0001", "vm01", "bound", 10.0, 20.0, "10.88.0.1 706f7274")


def test_what_is_put_is_found_by_address_and_by_mac(store: Store) -> None:
    newer = leases.LeaseRow(IPv4Address("10.77.0.9"), LEASE.mac, "", "", "bound", 15.0, 25.0)
    with store.leases.write() as connection:
        leases.put(connection, [LEASE])
        leases.put(connection, [LEASE, newer])
    with store.leases.read() as connection:
        assert leases.by_address(connection, ADDRESS) == LEASE
        assert leases.by_address(connection, IPv4Address("10.77.0.1")) is None
        assert leases.by_mac(connection, LEASE.mac) == [newer, LEASE]
        assert leases.listed(connection) == [newer, LEASE]
        assert leases.listed(connection, 22.0) == [newer]
        assert set(leases.load(connection).leases) == {newer, LEASE}
    with store.leases.write() as connection:
        leases.remove(connection, [ADDRESS])
        leases.remove(connection, [])
    with store.leases.read() as connection:
        assert leases.by_mac(connection, LEASE.mac) == [newer]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("address", "'not an address'"),
        ("address", "x'ff'"),
        ("mac", "'01:00:00:00:00:00'"),
        ("mac", "x'fffe'"),
        ("client_id", "'xyz'"),
        ("hostname", "x'ff'"),
        ("hostname", "hex(zeroblob(4000))"),
        ("state", "'offered'"),
        ("starts", "'soon'"),
        ("expires", "9e999"),
        ("relay", "x'c3'"),
    ],
)
def test_a_bad_record_is_skipped_and_counted(store: Store, column: str, value: str) -> None:
    """Threat T24: nothing that lies there stops the start or hides another lease."""
    bad = leases.LeaseRow(IPv4Address("10.77.0.50"), LEASE.mac, "", "", "bound", 10.0, 20.0)
    with store.leases.write() as connection:
        leases.put(connection, [bad, LEASE])
        connection.execute(text(f"UPDATE lease SET {column} = {value} WHERE address = '10.77.0.50'"))
    with store.leases.read() as connection:
        assert leases.load(connection) == leases.Loaded((LEASE,), 1)


def test_the_last_sighting_of_an_address_counts_and_old_ones_go(store: Store) -> None:
    with store.leases.write() as connection:
        leases.put_sightings(connection, [leases.Sighting(ADDRESS, "52:54:00:77:00:01", 10.0)])
        leases.put_sightings(connection, [leases.Sighting(ADDRESS, "52:54:00:77:00:02", 20.0)])
    with store.leases.write() as connection:
        assert leases.sighting(connection, ADDRESS) == leases.Sighting(ADDRESS, "52:54:00:77:00:02", 20.0)
        assert leases.prune_sightings(connection, 15.0) == 0
        assert leases.prune_sightings(connection, 25.0) == 1
        assert leases.sighting(connection, ADDRESS) is None


def test_the_list_names_hosts_and_leaves_ended_leases_out(store: Store, tmp_path: Path) -> None:
    now = time.time()
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "xen01", (LEASE.mac,), "rack"))
    with store.leases.write() as connection:
        leases.put(connection, [LEASE, leases.LeaseRow(IPv4Address("10.77.0.9"), LEASE.mac, "", "vm", "bound", now, now + 600)])
    context = Context(load(None, {}, {"server": {"data": str(tmp_path)}}), store, Actor("root"), lambda _progress: None)
    shown = list_leases(context)
    assert [(lease["address"], lease["host"], lease["state"]) for lease in shown["leases"]] == [("10.77.0.9", "xen01", "bound")]
    states = {lease["address"]: lease["state"] for lease in list_leases(context, ended=True)["leases"]}
    assert states == {"10.77.0.9": "bound", "10.77.0.100": "expired"}
