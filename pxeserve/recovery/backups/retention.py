"""Which backups go: by number and by age, and never the newest good one of a kind, nor of a host. So a pool whose job has stopped keeps
what it comes back with.

The number alone would let whoever holds a token that only sends push everything out in an hour. So of each day its first and its newest
stay beside those that count, for as many days as backups are kept: what came before a token was stolen goes when it would have gone, and
so does what the pool's own job sends first on a day, or last. Damaged ones take nobody's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pxeserve.store.backups import DAMAGED, GOOD, REFUSED, BackupRow

_DAY = 86400.0


def surplus(rows: Sequence[BackupRow], keep: int, days: int, now: float) -> list[BackupRow]:
    """Of the backups of one pool, those that go. Of each kind and host the newest `keep` good ones stay, and of each of the last `keep`
    days (UTC) the first and the newest, unless they are older than `days` days; of refused ones the newest `keep`, likewise. Damaged ones
    go by age, and only where there is a good one."""
    gone: list[BackupRow] = []
    for kind, host in {(row.kind, row.host_id) for row in rows}:
        of = (row for row in rows if (row.kind, row.host_id) == (kind, host))
        ours = sorted(of, key=lambda row: row.taken_at, reverse=True)
        good, refused, damaged = ([row for row in ours if row.state == state] for state in (GOOD, REFUSED, DAMAGED))
        stay = {row.id for row in (*good[:keep], *_of_days(good, keep, now), *refused[:keep], *damaged)}
        late = [row for row in ours if row.id not in stay or now - row.taken_at > days * _DAY]
        gone += [row for row in late if not (row is good[0] if good else row.state == DAMAGED)]
    return sorted(gone, key=lambda row: row.taken_at)


def _of_days(good: Sequence[BackupRow], keep: int, now: float) -> Iterator[BackupRow]:
    """Of each of the last `keep` days the first and the newest of `good`, which are sorted, the newest first."""
    days: dict[float, list[BackupRow]] = {}
    for row in good:
        if now // _DAY - row.taken_at // _DAY < keep:
            days.setdefault(row.taken_at // _DAY, []).append(row)
    for ours in days.values():
        yield from (ours[0], ours[-1])
