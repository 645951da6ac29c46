"""A hall that comes back after a power cut: all machines ask at once, and the record has every step of every one of them."""

from __future__ import annotations

import json
import select
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.store import inventory, open_store
from tests.faults.fetching import http_get, tftp_get
from tests.faults.leasing import ACK, DISCOVER, OFFER, REQUEST, Answer, answer, mac, option, request, written
from tests.faults.service import Service, until
from tests.faults.space import Space

pytestmark = pytest.mark.netns
SERVER = "127.0.0.1"
MACHINES = 1000
AT_ONCE = 60
SIZE = 3000


def test_all_machines_boot_at_once_and_no_event_is_lost(furnish: Callable[..., Service], alone: Space, figure: Any) -> None:
    machines = MACHINES
    service = furnished(furnish, alone, machines)
    service.start()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        files = [pool.submit(fetch, alone, number) for number in range(machines)]  # beside those that ask for addresses
        addresses = lease(alone, machines)
        assert all(one.result() == SIZE for one in files)
    assert len(set(addresses)) == machines
    events = until(lambda: settled(service, machines), "everything is on record")
    assert lost(service) == {}
    kinds = Counter(event["kind"] for event in events)
    everybody = {f"host{number}" for number in range(machines)}
    for kind in ("dhcp.discover", "dhcp.offer", "dhcp.request", "dhcp.ack"):
        assert {event["host"] for event in events if event["kind"] == kind} == everybody, kind
    assert sum(event["data"]["bytes"] for event in events if event["kind"] == "http.boot") == machines // 2 * SIZE
    assert sum(event["data"]["bytes"] for event in events if event["kind"] == "tftp.transfer") == (machines - machines // 2) * SIZE
    assert service.health()
    figure(f"{machines} machines: {sum(kinds.values())} events on record, none lost")


def furnished(furnish: Callable[..., Service], where: Space, machines: int) -> Service:
    service = furnish(where)
    store = open_store(service.data)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("plain"))
        for number in range(machines):
            inventory.put_host(connection, Host(0, f"host{number}", (written(mac(number)),), "plain"))
    store.close()
    for folder in ("tftp", "files"):
        (service.data / folder / "small.bin").write_bytes(b"x" * SIZE)
    service.give()
    return service


def fetch(space: Space, number: int) -> int:
    """A file, by HTTP or by TFTP, from an address of its own; its size."""
    own = f"127.1.{number // 250}.{number % 250 + 1}"
    if number % 2:
        with space.tcp((SERVER, 80), own) as sock:
            status, body = http_get(sock, "/f/small.bin")
            assert status == 200
            return len(body)
    with space.udp(own) as sock:
        return len(tftp_get(sock, (SERVER, 69), "small.bin"))


def lease(space: Space, machines: int) -> list[str]:
    """All machines ask at once, take what they are offered at once, and have an address each."""
    with space.udp() as sock:
        offers = ask_together(sock, {number: request(DISCOVER, mac(number), number) for number in range(machines)})
        assert {one.kind for one in offers.values()} == {OFFER}
        takes = {
            number: request(REQUEST, mac(number), number, option(50, socket.inet_aton(one.address)), option(54, one.server))
            for number, one in offers.items()
        }
        taken = ask_together(sock, takes)
        assert {one.kind for one in taken.values()} == {ACK}
        return [one.address for one in taken.values()]


def ask_together(sock: socket.socket, messages: dict[int, bytes]) -> dict[int, Answer]:
    """Send each message, by xid, all in one go, and those that were not answered within a second again."""
    found: dict[int, Answer] = {}
    for _ in range(20):
        for xid in messages.keys() - found.keys():
            sock.sendto(messages[xid], (SERVER, 67))
        while messages.keys() - found.keys() and select.select([sock], [], [], 1.0)[0]:
            heard = answer(sock.recv(4096))
            found[heard.xid] = heard
    return found


def settled(service: Service, machines: int) -> list[dict[str, Any]]:
    """The events, once all that was served is among them; else none."""
    found = [json.loads(line) for line in service.command("events", "--json", "--limit", "10000").stdout.splitlines()]
    kinds = Counter(event["kind"] for event in found)
    whole = kinds["tftp.transfer"] >= machines - machines // 2 and kinds["http.boot"] >= machines // 2 and kinds["dhcp.ack"] >= machines
    return found if whole else []


def lost(service: Service) -> dict[str, int]:
    """What the counters say of events that nobody was told of."""
    counters = json.loads(service.command("events", "--ignored", "--json").stdout)
    untold = ("lost", "malformed", "untold")
    return {f"{one['source']} {one['reason']}": one["count"] for one in counters if one["reason"].startswith(untold)}
