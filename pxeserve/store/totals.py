"""Running totals: what the record came to in all, also of what it has forgotten since. Written by the worker, with what they count.

Refuses to know what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t

Total = tuple[str, tuple[str, ...]]
"""A metric and the values of its labels."""


def add(connection: Connection, increments: Mapping[Total, float]) -> None:
    """Add to the totals."""
    if not increments:
        return
    statement = insert(t.total)
    key = [t.total.c.metric, t.total.c.labels]
    summed = statement.on_conflict_do_update(index_elements=key, set_={"value": t.total.c.value + statement.excluded.value})
    rows = [{"metric": metric, "labels": _written(labels), "value": value} for (metric, labels), value in increments.items()]
    connection.execute(summed, rows)


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
