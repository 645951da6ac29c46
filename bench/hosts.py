"""Fills a store with hosts, as a large site has them."""

from __future__ import annotations

from pathlib import Path

from pxeserve.domain.host import Host, Profile
from pxeserve.store import inventory, open_store


def fill(data: Path, count: int) -> None:
    """`count` hosts with two MACs each in the store beneath `data`."""
    store = open_store(data, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("bench"))
        for number in range(count):
            tail = f"{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
            macs = (f"52:54:01:{tail}", f"52:54:02:{tail}")
            inventory.put_host(connection, Host(0, f"host-{number:05}", macs, "bench"))
    store.close()
