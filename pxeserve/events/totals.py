"""What is summed up of the record while it is written: a few numbers with a few labels, which live on when the events are forgotten.

No label says who a machine is, and none comes from the wire: they are words of this house, and each number has a bounded many of them.
Refuses to know how totals are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pxeserve.domain.install import InstallState
from pxeserve.events.datagram import Count
from pxeserve.events.record import Event
from pxeserve.store.totals import Total

EVENTS = "events"                        # by kind
COUNTED = "counted"                      # by source and reason
DHCP_MESSAGES = "dhcp_messages"          # by type
TFTP_TRANSFERS = "tftp_transfers"        # by outcome
TFTP_BYTES = "tftp_bytes"
TFTP_RETRANSMITS = "tftp_retransmits"
HTTP_REQUESTS = "http_requests"          # by kind and outcome
HTTP_BYTES = "http_bytes"                # by kind
FTP_TRANSFERS = "ftp_transfers"          # by outcome
FTP_BYTES = "ftp_bytes"
INSTALLS = "installs"                    # by the state that was reached; rehearsals are not counted
TRANSFER_SECONDS = "transfer_seconds"    # histogram by protocol
STATE_SECONDS = "state_seconds"          # histogram by the state that was left
STAGE_SECONDS = "stage_seconds"          # histogram by the stage of an installation that has ended

BUCKET, SUM = ".bucket", ".sum"
"""What is put behind a histogram's name: its counts by upper bound, each value counted once, and the sum of its values."""

BOUNDS: Mapping[str, tuple[float, ...]] = {
    TRANSFER_SECONDS: (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300),
    STATE_SECONDS: (1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600),
    STAGE_SECONDS: (1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600),
}
"""Upper bounds in seconds; a value beyond the last one counts as `+Inf`."""

MOST = 100
"""Sets of labels of one number; whatever is new beyond them is counted as `other`."""

_TYPES = frozenset({"discover", "offer", "request", "ack", "nak", "decline", "release", "inform"})
_STATES = frozenset(InstallState)
_UNTOLD = "untold-"

Add = Callable[[str, tuple[str, ...], float], None]


class Tally:
    """What a batch adds to the totals. `known` are those that there are, by metric."""

    def __init__(self, known: Mapping[str, set[tuple[str, ...]]]) -> None:
        self._known = {metric: set(labels) for metric, labels in known.items()}
        self.increments: dict[Total, float] = {}

    def add(self, metric: str, labels: tuple[str, ...], value: float) -> None:
        """Add `value`."""
        known = self._known.setdefault(metric, set())
        if labels not in known:
            if len(known) >= MOST:
                labels = ("other",) * len(labels)
            known.add(labels)
        key = (metric, labels)
        self.increments[key] = self.increments.get(key, 0) + value


def sum_up(batch: Iterable[Event | Count], add: Add) -> None:
    """Add what `batch` comes to."""
    for one in batch:
        if isinstance(one, Count):
            _count(one, add)
        else:
            _event(one, add)


def observe(metric: str, labels: tuple[str, ...], value: float, add: Add) -> None:
    """One value of the histogram `metric`."""
    bound = next((str(bound) for bound in BOUNDS[metric] if value <= bound), "+Inf")
    add(metric + BUCKET, (*labels, bound), 1)
    add(metric + SUM, labels, max(value, 0.0))


def _count(one: Count, add: Add) -> None:
    add(COUNTED, (one.source, one.reason), one.count)
    if one.source == "dhcp" and one.reason.removeprefix(_UNTOLD) in _TYPES:
        add(DHCP_MESSAGES, (one.reason.removeprefix(_UNTOLD),), one.count)
    if one.source == "tftp":
        match one.reason:
            case "untold-transfer":
                add(TFTP_TRANSFERS, ("untold",), one.count)
            case "untold-refusal":
                add(TFTP_TRANSFERS, ("untold-refusal",), one.count)
            case "untold-bytes":
                add(TFTP_BYTES, (), one.count)


def _event(event: Event, add: Add) -> None:
    add(EVENTS, (event.kind,), 1)
    room, _, rest = event.kind.partition(".")
    data = event.data
    match room:
        case "dhcp" if rest in _TYPES:
            add(DHCP_MESSAGES, (rest,), 1)
        case "tftp" if rest == "transfer":
            add(TFTP_TRANSFERS, (_word(data, "outcome"),), 1)
            add(TFTP_BYTES, (), _number(data, "bytes"))
            add(TFTP_RETRANSMITS, (), _number(data, "retransmits"))
            _took(data, "tftp", add)
        case "http" if rest in ("file", "boot", "answerfile", "script", "progress"):
            outcome = _word(data, "outcome") if "outcome" in data else "done"
            add(HTTP_REQUESTS, (rest, outcome), _number(data, "times") or 1)
            add(HTTP_BYTES, (rest,), _number(data, "bytes"))
            if "times" not in data:
                _took(data, "http", add)
        case "ftp" if rest == "file":
            add(FTP_TRANSFERS, (_word(data, "outcome"),), 1)
            add(FTP_BYTES, (), _number(data, "bytes"))
            _took(data, "ftp", add)
        case "install" if rest in _STATES and not data.get("rehearsal"):
            add(INSTALLS, (rest,), 1)


def _took(data: Mapping[str, Any], protocol: str, add: Add) -> None:
    """The seconds of a transfer that came to its end."""
    if data.get("outcome") == "done" and "seconds" in data:
        observe(TRANSFER_SECONDS, (protocol,), _number(data, "seconds"), add)


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else "unknown"


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
