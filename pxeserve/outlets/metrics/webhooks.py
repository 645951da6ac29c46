"""How webhooks fare: what waits for each, for how long, and what became of the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pxeserve.config import Config
from pxeserve.store import Store
from pxeserve.store import webhooks as stored


class Webhooks:
    """Reads them anew for each scrape; none where none is configured. `clock` gives epoch seconds."""

    def __init__(self, store: Store, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._hooks = config.webhook
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """All of them. Their names are words of the configuration."""
        if not self._hooks:
            return
        about = "Attempts to deliver an event, by what became of them."
        attempts = CounterMetricFamily("pxeserve_webhook_attempts", about, labels=("webhook", "outcome"))
        dropped = CounterMetricFamily("pxeserve_webhook_dropped_events", "Events that were given up.", labels=("webhook",))
        waiting = GaugeMetricFamily("pxeserve_webhook_waiting_events", "Events that are not delivered yet.", labels=("webhook",))
        lag = GaugeMetricFamily("pxeserve_webhook_lag_seconds", "Age of the oldest event that is not delivered yet.", labels=("webhook",))
        with self._store.events.read() as connection:
            for hook in self._hooks:
                row = stored.find(connection, hook.name)
                if row is None:
                    continue
                attempts.add_metric((hook.name, "delivered"), row.delivered)
                attempts.add_metric((hook.name, "refused"), row.refused)
                dropped.add_metric((hook.name,), row.dropped)
                found = stored.waiting(connection, hook.events, row.cursor)
                waiting.add_metric((hook.name,), found.count)
                lag.add_metric((hook.name,), max(self._clock() - found.oldest, 0.0) if found.oldest is not None else 0.0)
        yield from (attempts, dropped, waiting, lag)
