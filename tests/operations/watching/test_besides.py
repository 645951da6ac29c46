"""What is known of a network besides what one machine did."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations.watching.besides import known
from tests.operations.test_site import MAC, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.context.store.close()


def test_servers_of_others_are_known_by_the_doctor_and_by_whose_offers_were_taken(site: Site) -> None:
    def finding(kind: str, where: str, what: str) -> Event:
        data = {"check": "servers", "code": "second-server", "grade": "stops", "text": what, "where": where, "tell": "", "fix": ""}
        return Event(kind, time.time(), what, data=data)

    Ledger(site.context.store).write(
        [
            finding("doctor.finding", "eth0", "10.77.0.254 (52:54:00:aa:bb:cc, QEMU) lends addresses here too"),
            finding("doctor.finding", "eth1", "10.78.0.254 lends addresses here too"),
            finding("doctor.gone", "eth1", "10.78.0.254 lends addresses here too"),
            Event("dhcp.request", time.time(), mac=MAC, data={"server": "10.77.0.254"}),
            Event("dhcp.request", time.time(), mac=MAC, data={"server": "10.77.0.9"}),
        ]
    )
    assert known(site.context, None).others == ("10.77.0.254 (52:54:00:aa:bb:cc, QEMU)", "10.77.0.9")
