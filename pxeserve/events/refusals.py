"""Answerfiles that were asked for by a token that opens nothing: counted in the record, and every ten minutes a line of the audit when
there were any, since whoever does that guesses, or plays back what he heard.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from pxeserve.store import Store, audit, events
from pxeserve.store import tables as t

EVERY = 600.0
"""Seconds."""

_REASON = "answerfile-404"
_KEY = "audit.answerfile-404"


def tell(store: Store, now: float) -> int:
    """Write down how many there were in whole minutes since this was done last; how many. The first time it only begins."""
    minute = int(now) // 60
    with store.site.read() as connection:
        kept = connection.execute(select(t.meta.c.value).where(t.meta.c.key == _KEY)).scalar()
    since = min(int(kept), minute) if kept is not None else minute   # a clock that was set back begins anew
    with store.events.read() as connection:
        count = sum(one[3] for one in events.counters(connection, since) if one[0] < minute and one[2] == _REASON)
    if not count and kept is not None and int(kept) <= minute:
        return 0
    with store.site.write() as connection:
        connection.execute(delete(t.meta).where(t.meta.c.key == _KEY))
        connection.execute(insert(t.meta).values(key=_KEY, value=str(minute)))
        if count:
            said = f"{count} times in {minute - since} minutes, by a token that opens nothing"
            audit.append(connection, now, "nobody", "answerfile.refused", "answerfiles", said)
    return count
