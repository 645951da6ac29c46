"""From configuration and inventory to what the cores know; and the clock that leases run by."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest

from pxeserve.config import SubnetConfig
from pxeserve.dhcp.clock import Clock
from pxeserve.dhcp.lending.pool import Pool
from pxeserve.dhcp.settings import networks
from pxeserve.errors import PxeserveError
from pxeserve.serving import Listener

LISTENER = Listener("eth0", IPv4Address("10.77.0.150"), IPv4Interface("10.77.0.1/24"))


def subnet(**more: object) -> SubnetConfig:
    return SubnetConfig.model_validate({"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.199"], **more})


def test_the_servers_own_addresses_are_never_lent() -> None:
    (found,) = networks([subnet(router="10.77.0.101", dns=["10.77.0.102", "9.9.9.9"])], [LISTENER]).subnets
    assert found.excluded == {IPv4Address(f"10.77.0.{host}") for host in (1, 101, 102, 150)}
    assert Pool(found).size == 97
    assert not found.lends(int(LISTENER.address))
    assert not found.may_reserve(int(IPv4Address("10.77.0.255")))


def test_ranges_that_overlap_are_one() -> None:
    (found,) = networks([subnet(ranges=[["10.77.0.10", "10.77.0.20"], ["10.77.0.150", "10.77.0.210"]])], []).subnets
    assert [(str(first), str(last)) for first, last in found.ranges] == [("10.77.0.10", "10.77.0.20"), ("10.77.0.100", "10.77.0.210")]


def test_further_options_are_text_or_hexadecimal() -> None:
    (found,) = networks([subnet(options={"209": "menu.cfg", "43": "hex:0102ff"})], []).subnets
    assert dict(found.options) == {209: b"menu.cfg", 43: b"\x01\x02\xff"}


def test_an_option_that_is_not_hexadecimal_is_named() -> None:
    with pytest.raises(PxeserveError, match=r"subnet 10\.77\.0\.0/24: option 43: 'hex:0' is not hexadecimal"):
        networks([subnet(options={"43": "hex:0"})], [])


def test_a_clock_that_was_set_is_told_from_one_that_runs() -> None:
    wall, steady = [1000.0], [5.0]
    clock = Clock(lambda: wall[0], lambda: steady[0])
    wall[0], steady[0] = 1100.0, 105.0
    assert clock.jump() == 0.0
    wall[0] = 1104.0
    assert clock.jump() == 0.0, "NTP may drift it a little"
    wall[0] = 87500.0
    assert clock.jump() == 86400.0
    assert clock.jump() == 0.0
    wall[0] = 0.0
    assert clock.jump() == -87500.0
    assert clock.now() == 0.0
