"""Metrics for Prometheus, on a listener of their own: the machines' network must not have them, and they need no log-in where only this
machine, or a network of the house, reaches them. What is measured; who may ask is `scraping`'s business.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric

from pxeserve.config import Config
from pxeserve.console.scraping import Door
from pxeserve.outlets.metrics.processes import Processes
from pxeserve.outlets.metrics.standing import Standing
from pxeserve.outlets.metrics.totals import Totals
from pxeserve.outlets.metrics.webhooks import Webhooks
from pxeserve.repo.exported import State
from pxeserve.store import Store


class Collector:
    """All figures, one scrape at a time."""

    def __init__(self, store: Store, config: Config, parent: int) -> None:
        self._config = config
        self._parts = (Totals(store), Standing(store, config), Webhooks(store, config), Processes(parent))
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Read everything anew. Raises SQLAlchemyError when the store cannot be read."""
        with self._lock:
            found = [metric for part in self._parts for metric in part.collect()]
        yield from found
        if self._config.nfs.keeps_ganesha:
            state = State.read(self._config.server.data)
            serving = state is not None and state.state == "serving"
            yield GaugeMetricFamily("pxeserve_nfs_serving", "Whether media are served over NFS.", value=int(serving))


def serve(sock: socket.socket, store: Store, config: Config) -> None:
    """Answer on the listening socket `sock` from now on, in a thread that ends with the process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(store, config, os.getppid()))
    door = Door(sock, registry, config.metrics.names)
    threading.Thread(target=door.serve_forever, name="metrics", daemon=True).start()
