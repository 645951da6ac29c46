"""Counters and histograms: the running totals of the record. They outlive the service, and begin at 0 with a new record only, which
Prometheus takes for a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from pxeserve.events import totals
from pxeserve.store import Store
from pxeserve.store import totals as stored
from pxeserve.store.totals import Total

_LOST = "lost-event"


@dataclass(frozen=True, slots=True)
class _Shown:
    """How one total is shown; `name` without what Prometheus adds."""

    total: str
    name: str
    about: str
    labels: tuple[str, ...] = ()


_COUNTERS = (
    _Shown(totals.EVENTS, "events", "Events written into the record.", ("kind",)),
    _Shown(totals.COUNTED, "counted", "What was ignored, refused or not told one by one, by who counted it.", ("source", "reason")),
    _Shown(totals.DHCP_MESSAGES, "dhcp_messages", "DHCP messages that were heard or sent.", ("type",)),
    _Shown(totals.TFTP_TRANSFERS, "tftp_transfers", "TFTP requests that have ended.", ("outcome",)),
    _Shown(totals.TFTP_BYTES, "tftp_sent_bytes", "Bytes of files that TFTP clients have acknowledged."),
    _Shown(totals.TFTP_RETRANSMITS, "tftp_retransmits", "Blocks that were sent again over TFTP."),
    _Shown(totals.HTTP_REQUESTS, "http_requests", "HTTP requests of machines that stand in the record.", ("kind", "outcome")),
    _Shown(totals.HTTP_BYTES, "http_sent_bytes", "Bytes sent to machines over HTTP.", ("kind",)),
    _Shown(totals.FTP_TRANSFERS, "ftp_transfers", "FTP transfers that have ended.", ("outcome",)),
    _Shown(totals.FTP_BYTES, "ftp_sent_bytes", "Bytes sent to machines over FTP."),
    _Shown(totals.INSTALLS, "installs", "States that installs have reached; rehearsals are not counted.", ("state",)),
)
_HISTOGRAMS = (
    _Shown(totals.TRANSFER_SECONDS, "transfer_seconds", "Seconds that whole transfers took.", ("protocol",)),
    _Shown(totals.STAGE_SECONDS, "install_stage_seconds", "Seconds that the stages of ended installations took.", ("stage",)),
    _Shown(totals.STATE_SECONDS, "install_state_seconds", "Seconds that installs were in a state before they left it.", ("state",)),
)


class Totals:
    """Reads them anew for each scrape."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """All of them, of one moment."""
        with self._store.events.read() as connection:
            found = stored.every(connection)
        for shown in _COUNTERS:
            yield _counter(shown, found)
        lost = CounterMetricFamily("pxeserve_events_lost", "Events that could not be handed over or written.", labels=("source",))
        for (metric, labels), value in sorted(found.items()):
            if metric == totals.COUNTED and labels[1:] == (_LOST,):
                lost.add_metric(labels[:1], value)
        yield lost
        for shown in _HISTOGRAMS:
            yield _histogram(shown, found)


def _counter(shown: _Shown, found: Mapping[Total, float]) -> Metric:
    family = CounterMetricFamily(f"pxeserve_{shown.name}", shown.about, labels=shown.labels)
    for (metric, labels), value in sorted(found.items()):
        if metric == shown.total and len(labels) == len(shown.labels):
            family.add_metric(labels, value)
    if not shown.labels and not family.samples:
        family.add_metric((), 0)
    return family


def _histogram(shown: _Shown, found: Mapping[Total, float]) -> Metric:
    family = HistogramMetricFamily(f"pxeserve_{shown.name}", shown.about, labels=shown.labels)
    bounds = [str(bound) for bound in totals.BOUNDS[shown.total]] + ["+Inf"]
    for (metric, labels), sum_value in sorted(found.items()):
        if metric != shown.total + totals.SUM:
            continue
        buckets, so_far = [], 0.0
        for bound in bounds:
            so_far += found.get((shown.total + totals.BUCKET, (*labels, bound)), 0.0)
            buckets.append((bound if bound == "+Inf" else str(float(bound)), so_far))
        family.add_metric(labels, buckets, sum_value)
    return family
