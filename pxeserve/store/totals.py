"""Running totals: what the record came to in all, also of what it has forgotten since. Written by the worker, with what they count.

Refuses to know what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t
from pxeserve.store.ready import Ready

Total = tuple[str, tuple[str, ...]]
"""A metric and the values of its labels."""


def add(connection: Connection, increments: Mapping[Total, float]) -> None:
    """Add to the totals."""
    _SUMS.put(connection, [(metric, _written(labels), value) for (metric, labels), value in increments.items()])


def every(connection: Connection) -> dict[Total, float]:
    """All totals."""
    rows = connection.execute(select(t.total.c.metric, t.total.c.labels, t.total.c.value))
    return {(metric, tuple(json.loads(labels))): value for metric, labels, value in rows}


def known(connection: Connection) -> dict[str, set[tuple[str, ...]]]:
    """The labels that there are, by metric."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for metric, labels in every(connection):
        found.setdefault(metric, set()).add(labels)
    return found


def _written(labels: tuple[str, ...]) -> str:
    return json.dumps(labels, separators=(",", ":"))


def _summed() -> Ready:
    statement = insert(t.total)
    key, value = [t.total.c.metric, t.total.c.labels], t.total.c.value + statement.excluded.value
    return Ready(statement.on_conflict_do_update(index_elements=key, set_={"value": value}), ["metric", "labels", "value"])


_SUMS = _summed()
