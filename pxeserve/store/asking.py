"""Questions to the record, put into words once: what each explanation asks costs more to put together than to answer. Refuses to know
what is made of the rows.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, Text, bindparam, func, literal_column, select, type_coerce

from pxeserve.store import tables as t
from pxeserve.store.ready import Ready

EVENT = select(
    t.event.c.id, t.event.c.at, t.event.c.kind, t.event.c.host, t.event.c.mac, t.event.c.address, t.event.c.install, t.event.c.session,
    t.event.c.text, type_coerce(t.event.c.data, Text), t.event.c.steady,
)  # fmt: skip

NARROWS: dict[str, ColumnElement[bool]] = {
    "kind": (t.event.c.kind == bindparam("kind")) | t.event.c.kind.like(bindparam("kinds"), escape="/"),
    "host": t.event.c.host == bindparam("host"),
    "mac": t.event.c.mac == bindparam("mac"),
    "since": t.event.c.id > bindparam("since"),
    "install": t.event.c.install == bindparam("install"),
    "until": t.event.c.id < bindparam("until"),
    "from_time": t.event.c.at >= bindparam("from_time"),
    "to_time": t.event.c.at <= bindparam("to_time"),
}
"""A field of `Wanted` each."""
LIMIT = bindparam("most", type_=Integer)
FROM_FIRST = literal_column("0", Integer)
"""Said with each limit: SQLAlchemy would ask for a number of its own else."""
_ONE = literal_column("1", Integer)
ORDERS = {"asc": t.event.c.id.asc(), "desc": t.event.c.id.desc()}
OF_DOCTOR = Ready(EVENT.where(t.DOCTOR).order_by(t.event.c.id.desc()).limit(LIMIT).offset(FROM_FIRST), ["most"])
MENUS = Ready(
    EVENT.where(t.MENU, t.event.c.mac == bindparam("mac")).order_by(t.event.c.id.desc()).limit(LIMIT).offset(FROM_FIRST), ["mac", "most"]
)
NEWEST_ID = Ready(select(func.max(t.event.c.id)), [])
COUNTERS = Ready(
    select(t.counter).where(t.counter.c.minute >= bindparam("minute")).order_by(t.counter.c.minute, t.counter.c.source, t.counter.c.reason),
    ["minute"],
)


def _tails() -> Ready:
    of = func.json_each(bindparam("since", type_=Text)).table_valued("key", "value")
    older = t.event.alias()
    edge = select(older.c.id).where(older.c.mac == of.c.key).order_by(older.c.id.desc()).limit(_ONE).offset(LIMIT)
    query = EVENT.select_from(of.join(t.event, t.event.c.mac == of.c.key)).where(t.event.c.at >= of.c.value)
    first = func.coalesce(edge.correlate(of).scalar_subquery(), FROM_FIRST)
    return Ready(query.where(t.event.c.id >= first).order_by(t.event.c.id), ["since", "most"])


def _last_heard() -> Ready:
    of = func.json_each(bindparam("macs", type_=Text)).table_valued("value")
    newest = select(t.event.c.at).where(t.event.c.mac == of.c.value).order_by(t.event.c.id.desc()).limit(_ONE).offset(FROM_FIRST)
    return Ready(select(of.c.value, newest.correlate(of).scalar_subquery()), ["macs"])


TAILS, LAST_HEARD = _tails(), _last_heard()
