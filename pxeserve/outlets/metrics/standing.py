"""Gauges: how things stand in the store at this moment. Hosts and media are counted, never named."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from prometheus_client.core import GaugeMetricFamily, Metric

from pxeserve import __version__
from pxeserve.config import Config
from pxeserve.config.model import SubnetConfig
from pxeserve.domain.install import InstallState
from pxeserve.domain.medium import MediumState
from pxeserve.store import Store, counting


class Standing:
    """Reads them anew for each scrape. `clock` gives epoch seconds."""

    def __init__(self, store: Store, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._config = config
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        build = GaugeMetricFamily("pxeserve_build_info", "What runs; always 1.", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield from self._site()
        yield from self._record()
        if self._config.dhcp.mode == "server":
            yield self._addresses()

    def _site(self) -> Iterator[Metric]:
        with self._store.site.read() as connection:
            hosts = counting.hosts_by_state(connection)
            media = counting.media_by_state(connection)
            waiting = counting.outbox(connection)
        by_state = GaugeMetricFamily("pxeserve_hosts", "Hosts by the state of their newest install.", labels=("state",))
        for state in ("idle", *InstallState):
            by_state.add_metric((str(state),), hosts.get(str(state), 0))
        yield by_state
        good = GaugeMetricFamily("pxeserve_media", "Media, good or damaged.", labels=("state",))
        for medium_state in MediumState:
            good.add_metric((str(medium_state),), media.get(str(medium_state), 0))
        yield good
        about = "Transitions of installs that wait to be taken over into the record."
        yield GaugeMetricFamily("pxeserve_record_waiting", about, value=waiting)

    def _record(self) -> Iterator[Metric]:
        with self._store.events.read() as connection:
            found = counting.record(connection)
        yield GaugeMetricFamily("pxeserve_record_events", "Events in the record.", value=found.events)
        yield GaugeMetricFamily("pxeserve_record_bytes", "What the record's file holds, in bytes.", value=found.bytes)
        if found.oldest is not None:
            about = "When the oldest event happened, in epoch seconds."
            yield GaugeMetricFamily("pxeserve_record_oldest_event_timestamp_seconds", about, value=found.oldest)

    def _addresses(self) -> Metric:
        with self._store.leases.read() as connection:
            lent = counting.lent(connection, self._clock())
        with self._store.site.read() as connection:
            reserved = counting.reserved(connection)
        about = "Addresses of a subnet's ranges: lent, or free for machines without a reservation."
        family = GaugeMetricFamily("pxeserve_dhcp_addresses", about, labels=("subnet", "state"))
        for subnet in self._config.dhcp.subnet:
            used, free = _within(subnet, lent, reserved)
            family.add_metric((str(subnet.network), "lent"), used)
            family.add_metric((str(subnet.network), "free"), free)
        return family


def _within(subnet: SubnetConfig, lent: set[IPv4Address], reserved: set[IPv4Address]) -> tuple[int, int]:
    """How many addresses of the ranges are lent, and how many neither lent nor reserved."""

    def inside(addresses: set[IPv4Address]) -> int:
        return sum(any(first <= one <= last for first, last in subnet.all_ranges) for one in addresses)

    size = sum(int(last) - int(first) + 1 for first, last in subnet.all_ranges)
    return inside(lent), max(size - inside(lent | reserved), 0)
