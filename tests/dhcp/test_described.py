"""What a machine says of itself reaches the record, harmless; whose UUID it says is told to whom it concerns, and installs nothing."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.dhcp.classify import classify
from pxeserve.dhcp.described import described
from pxeserve.dhcp.exchange import _event
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import NONE, Message, encode, parse
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.route import EVERYBODY, Arrival, Local, Ports
from pxeserve.domain.crowd import BURST
from pxeserve.domain.host import Host, Profile
from pxeserve.events.datagram import read
from pxeserve.events.discovering import seen
from pxeserve.events.record import Event
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, inventory
from tests.dhcp.conftest import Machine
from tests.dhcp.test_booting import SESSIONS, OneLoader

SERVER, RELAY = IPv4Address("10.77.0.1"), IPv4Address("10.88.0.1")
UUID = "7e57ab1e-0000-4000-8000-000000000001"
HOSTILE = b"\x1b[2J<script>alert(1)</script>\xe2\x80\xae[red]\0\xff" + b"A" * 180


def _heard(message: Message) -> Message:
    found = parse(encode(message))
    assert isinstance(found, Message)
    return found


def test_all_that_it_says_is_told(machine: Callable[..., Machine]) -> None:
    agent = b"\x01\x08eth1/0/7\x02\x06\x00\x1b\x21\xaa\xbb\xcc"
    message = _heard(machine(2, giaddr=RELAY, options={Code.RELAY_AGENT: agent, Code.HOST_NAME: b"oob-2"}).discover())
    assert described(message, classify(message)) == {
        "vendor_class": "PXEClient:Arch:00000:UNDI:002001",
        "xid": f"{message.xid:08x}",
        "arch": "0",
        "firmware": "bios",
        "uuid": UUID,
        "user_class": "iPXE",
        "hostname": "oob-2",
        "giaddr": "10.88.0.1",
        "circuit": "eth1/0/7",
        "remote": "001b21aabbcc",
    }


def test_an_ordinary_client_is_no_firmware(machine: Callable[..., Machine]) -> None:
    message = _heard(machine(2, plain=True).discover())
    assert set(described(message, classify(message))) == {"vendor_class", "xid"}


def _recorded(outcome: Any, mac: str) -> Event:
    found = read(_event(outcome.heard, mac, 1_800_000_000.0).encode())
    assert isinstance(found, Event)
    return found


@given(st.binary(max_size=120))
def test_bytes_from_the_wire_come_harmless_into_the_record(said: bytes) -> None:
    values = {Code.VENDOR_CLASS: b"PXEClient" + said, Code.USER_CLASS: said, Code.HOST_NAME: said}
    agent = bytes((1, len(said))) + said + bytes((2, len(said))) + said
    message = Machine("52:54:00:00:00:02", values | {Code.RELAY_AGENT: agent, Code.ARCH: bytes(2)}, giaddr=RELAY).discover()
    note = described(message, classify(message))
    event = Event("dhcp.discover", 1.0, mac=message.mac, data=note)
    [found] = seen({}, [event_read] if isinstance(event_read := read(event.encode()), Event) else [])
    for text in (found.vendor_class, found.user_class, found.hostname, found.circuit, found.remote):
        assert text.isprintable()
        assert len(text) <= 1000


def test_orders_for_terminals_and_browsers_are_text(world: Any, machine: Callable[..., Machine]) -> None:
    one = machine(3, options={Code.HOST_NAME: HOSTILE, Code.USER_CLASS: HOSTILE})
    [found] = seen({}, [_recorded(world.send(one.discover()), one.mac)])
    assert found.hostname.startswith("\\x1b[2J<script>alert(1)</script>")
    assert "\u202e" not in found.hostname
    assert len(found.hostname) < 200


@pytest.fixture
def proxy(store: Store, tmp_path: Path) -> Proxy:
    """Beside another server, with the real inventory: xen01 is known by another MAC, and by the UUID that test machines say."""
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "xen01", ("52:54:00:00:00:01",), "rack", UUID))
    from pxeserve.dhcp.booting import Boots

    boots = Boots(store, SnapshotSource(store), OneLoader(store, tmp_path), SESSIONS)
    return Proxy(boots, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))


def test_an_unknown_mac_with_a_hosts_uuid_is_told_to_the_host_and_boots_its_disk(proxy: Proxy, machine: Callable[..., Machine]) -> None:
    outcome = proxy.receive(_heard(machine(9).discover()), Arrival("eth0", NONE, 68, EVERYBODY), 0.0)
    [alarm] = outcome.alarms
    assert (alarm.kind, alarm.host) == ("other-card", "xen01")
    assert "discovered adopt 52:54:00:00:00:09 --name xen01" in alarm.text
    assert outcome.said is not None and outcome.said.boot is not None
    assert [reason.code for reason in outcome.said.boot.because] == ["loader", "unknown-host", "other-card"]
    assert outcome.said.boot.host is None


def test_a_flood_that_says_a_hosts_uuid_is_no_flood_of_alarms(proxy: Proxy, machine: Callable[..., Machine]) -> None:
    arrival = Arrival("eth0", NONE, 68, EVERYBODY)
    outcomes = [proxy.receive(_heard(machine(number).discover()), arrival, 0.0) for number in range(2, BURST + 12)]
    assert sum(len(outcome.alarms) for outcome in outcomes) == BURST
    assert all(outcome.untold for outcome in outcomes[BURST:])
