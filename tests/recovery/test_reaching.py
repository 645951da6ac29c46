"""Where a host's toolstack is looked for once it is installed."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.pool import Member, Pool
from pxeserve.recovery.reaching import address_in, address_of
from pxeserve.store import Store, inventory, open_store

KEPT = IPv4Address("10.77.0.11")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path, migrate=True)
    yield made
    made.close()


def reached(store: Store, profile: dict[str, Any], own: dict[str, Any], address: IPv4Address | None) -> IPv4Address | None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack", answers=profile))
        host = Host(0, "xen01", ("52:54:00:77:00:01",), "rack", address=address, answers=own)
        inventory.put_host(connection, host)
        return address_of(connection, host)


STATIC = {"admin-interface": {"name": "eth0", "proto": "static", "subnet": "255.255.255.0"}}
OWN = {"admin-interface": {"ipaddr": "10.77.0.21"}}


def test_the_static_address_comes_before_the_one_that_is_kept_for_it(store: Store) -> None:
    assert reached(store, STATIC, OWN, KEPT) == IPv4Address("10.77.0.21")


def test_who_asks_for_an_address_is_where_one_is_kept_for_it(store: Store) -> None:
    assert reached(store, {"admin-interface": {"name": "eth0", "proto": "dhcp"}}, {}, KEPT) == KEPT


@pytest.mark.parametrize("own", [{}, {"admin-interface": {"proto": "dhcp"}}, {"admin-interface": None}])
def test_nowhere_while_nothing_says_where(store: Store, own: dict[str, Any]) -> None:
    assert reached(store, STATIC, own, None) is None


def test_what_the_pool_says_of_its_master_comes_before_the_masters_own_address(store: Store) -> None:
    said = IPv4Address("192.0.2.7")
    reached(store, {}, {}, KEPT)
    with store.site.read() as connection:
        pool = Pool("green", "xen01", (Member("xen01"), Member("xen02")))
        assert address_in(connection, pool, "xen01") == KEPT
        assert address_in(connection, replace(pool, address=said), "xen01") == said
        assert address_in(connection, replace(pool, address=said, master="xen02"), "xen01") == KEPT
        assert address_in(connection, pool, "xen02") is None


def test_a_host_whose_answers_cannot_be_put_together_is_where_one_is_kept_for_it(store: Store) -> None:
    assert reached(store, {}, {"nameservers": ["10.77.0.1"], "nameservers+": ["10.77.0.2"]}, KEPT) == KEPT
