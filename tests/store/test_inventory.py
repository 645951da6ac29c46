"""Hosts, profiles and media go into the store and come back as they were; every change raises the revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.domain.medium import BootFiles, Medium, MediumState
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import tables as t

ONE, TWO = "52:54:00:77:00:01", "52:54:00:77:00:02"
UUID = "7e57ab1e-0000-4000-8000-000000000001"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, migrate=True)


def test_a_host_comes_back_as_it_was_with_its_macs_in_order(store: Store) -> None:
    host = Host(0, "xen01", (TWO, ONE), "rack-a", UUID, "SN1", IPv4Address("10.77.0.11"), {"hostname": "xen01"}, "R2", ("a", "b"))
    with store.site.write() as connection:
        host_id = inventory.put_host(connection, host)
    with store.site.read() as connection:
        found = inventory.host(connection, "xen01")
        assert found == replace(host, id=host_id)
        assert inventory.host_by_id(connection, host_id) == inventory.host_by_mac(connection, ONE) == found
        assert inventory.hosts(connection) == [found]
        assert inventory.host(connection, "xen02") is inventory.host_by_id(connection, 99) is inventory.host_by_mac(connection, "x") is None


def test_a_host_that_is_rewritten_gives_its_old_mac_free(store: Store) -> None:
    with store.site.write() as connection:
        host_id = inventory.put_host(connection, Host(0, "xen01", (ONE,), "rack-a"))
        inventory.put_host(connection, Host(host_id, "xen01", (TWO,), "rack-b"))
        inventory.put_host(connection, Host(0, "xen02", (ONE,), "rack-a"))
    with store.site.read() as connection:
        assert [(host.name, host.macs, host.profile) for host in inventory.hosts(connection)] == [
            ("xen01", (TWO,), "rack-b"),
            ("xen02", (ONE,), "rack-a"),
        ]


RESERVED = IPv4Address("10.77.0.11")


@pytest.mark.parametrize(
    "rival", [Host(0, "xen01", (TWO,), "p"), Host(0, "xen02", (ONE,), "p"), Host(0, "xen02", (TWO,), "p", address=RESERVED)]
)
def test_two_hosts_never_share_name_mac_or_reservation(store: Store, rival: Host) -> None:
    with store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen01", (ONE,), "p", address=RESERVED))
    with pytest.raises(IntegrityError), store.site.write() as connection:
        inventory.put_host(connection, rival)
    with store.site.read() as connection:
        assert len(inventory.hosts(connection)) == 1


@pytest.mark.parametrize(
    "profile",
    [
        Profile("a"),
        Profile("a", medium="xs41", parent="base", answers={"primary-disk": "sda", "admin-interface": {"name": "eth0"}}),
        Profile("a", medium="xs41", words=BootWords("ttyS0,115200", "752M", "watchdog", "quiet")),
        Profile("a", plain=PlainBoot(kernel="vmlinuz", initrd="initrd.gz", args="quiet")),
        Profile("a", plain=PlainBoot(multiboot=("xen.gz dom0_mem=1G", "vmlinuz", "initrd.gz"))),
    ],
)
def test_a_profile_comes_back_as_it_was(store: Store, profile: Profile) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("a", medium="before"))
        inventory.put_profile(connection, profile)
    with store.site.read() as connection:
        assert inventory.profiles(connection) == [profile]


def test_a_medium_is_read_with_its_boot_files_and_its_state(store: Store) -> None:
    row = {
        "name": "xs41", "folder": "xs41-1", "format": "text", "product": "XenServer", "version": "4.1.0", "build": "7843", "dialect": "4.1",
        "revision": "r1", "boot": {"xen": "boot/xen.gz", "kernel": "boot/vmlinuz", "initrd": "install.img"},
        "repositories": ["packages.main"], "state": "damaged", "state_reason": "MD5 differs", "origin": "dvd", "imported_at": 1.0,
    }  # fmt: skip
    with store.site.write() as connection:
        connection.execute(insert(t.medium).values(row))
        connection.execute(insert(t.medium).values(row | {"name": "zz", "folder": "zz-1", "boot": None, "state": "good"}))
    with store.site.read() as connection:
        damaged, good = inventory.media(connection)
    assert damaged == Medium(
        "xs41", "xs41-1", "text", "XenServer", "4.1.0", "7843", "4.1", "r1", BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img"),
        ("packages.main",), MediumState.DAMAGED, "MD5 differs", False,
    )  # fmt: skip
    assert (good.boot, good.state) == (None, MediumState.GOOD)


def test_every_change_raises_the_revision_and_a_failed_one_does_not(store: Store) -> None:
    changes: list[Callable[[Connection], object]] = [
        lambda connection: inventory.put_profile(connection, Profile("a")),
        lambda connection: inventory.put_host(connection, Host(0, "xen01", (ONE,), "a")),
        lambda connection: inventory.remove_host(connection, 1),
        lambda connection: inventory.remove_profile(connection, "a"),
    ]
    for number, change in enumerate(changes, 1):
        with store.site.write() as connection:
            change(connection)
        with store.site.read() as connection:
            assert inventory.revision(connection) == number
    with pytest.raises(ZeroDivisionError), store.site.write() as connection:
        inventory.raise_revision(connection)
        raise ZeroDivisionError
    with store.site.read() as connection:
        assert inventory.revision(connection) == len(changes)
        assert inventory.hosts(connection) == inventory.profiles(connection) == []


def test_who_reads_hosts_again_finds_each_change_and_keeps_who_is_as_before(store: Store) -> None:
    """Whatever may differ in a host, and hosts that come and go: the second look agrees with a first one."""
    host = Host(0, "xen01", (ONE,), "rack-a", UUID, "SN1", RESERVED, {"hostname": "xen01"}, "R2", ("a",))
    with store.site.write() as connection:
        number = inventory.put_host(connection, host)
        inventory.put_host(connection, Host(0, "xen02", (TWO,), "rack-a"))
    again = inventory.Hosts()
    with store.site.read() as connection:
        before = again.read(connection)
    changes = [
        {"name": "xen03"}, {"macs": (ONE, "52:54:00:77:00:03")}, {"macs": ("52:54:00:77:00:03", ONE)}, {"profile": "rack-b"},
        {"uuid": None},
        {"serial": "SN2"}, {"address": None}, {"answers": {"hostname": "other"}}, {"rack": None}, {"tags": ()},
    ]  # fmt: skip
    for change in changes:
        with store.site.write() as connection:
            inventory.put_host(connection, replace(host, id=number, **change))
        with store.site.read() as connection:
            found = again.read(connection)
            assert found == inventory.hosts(connection) != before, change
        assert next(one for one in found if one.name == "xen02") is next(one for one in before if one.name == "xen02")
    with store.site.write() as connection:
        inventory.remove_host(connection, number)
        inventory.put_host(connection, Host(0, "xen00", (ONE,), "rack-a"))
    with store.site.read() as connection:
        assert [one.name for one in again.read(connection)] == ["xen00", "xen02"]
