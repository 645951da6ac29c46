"""What a machine says of itself in DHCP options comes into the record harmless (threat T32)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.dhcp.exchange import Exchange
from pxeserve.dhcp.ledger import Ledger
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import encode
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.store import Store, leases, open_store
from tests.dhcp.conftest import IPXE_OPTIONS, Machine, mac, make_world
from tests.dhcp.test_exchange import HERE, handled
from tests.hostile import obeyed, wires


class Record(Recorder):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"), "dhcp")
        self.told: list[dict[str, Any]] = []

    def emit(self, event: Event) -> None:
        self.told.append(json.loads(event.encode())["event"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    store = open_store(tmp_path_factory.mktemp("hostile"), migrate=True)
    yield store
    store.close()


@settings(max_examples=60)
@given(
    vendor=wires, host=wires, user=wires, uuid=st.binary(min_size=1, max_size=20), more=wires,
    other=st.sampled_from([43, 61, 66, 67, 81, 119]),
)  # fmt: skip
def test_options_come_into_the_record_harmless(
    kept: Store, vendor: bytes, host: bytes, user: bytes, uuid: bytes, other: int, more: bytes
) -> None:
    world, record = make_world(), Record()
    exchange = Exchange(Ledger(kept.leases), record, world.leases)
    options = {
        **IPXE_OPTIONS, Code.VENDOR_CLASS: (b"PXEClient" + vendor)[:255], 12: host[:255], Code.USER_CLASS: user[:255],
        Code.UUID: uuid, other: more[:255],
    }  # fmt: skip
    one = Machine(mac(1), options)
    for reply in handled(exchange, [(encode(one.discover()), HERE)], world.lender.receive, world.now):
        one.hear(reply.message)
    if one.offer is not None:
        handled(exchange, [(encode(one.select()), HERE)], world.lender.receive, world.now)
    assert record.told
    assert obeyed(record.told) == []
    with kept.leases.read() as connection:
        assert obeyed([row.hostname for row in leases.listed(connection)]) == []
