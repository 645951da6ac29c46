"""Which backups go: by number and by age, and never the newest good one of a kind, nor of a host. So a pool whose job has stopped keeps
what it comes back with."""

from __future__ import annotations

from collections.abc import Sequence

from pxeserve.store.backups import GOOD, BackupRow

_DAY = 86400.0


def surplus(rows: Sequence[BackupRow], keep: int, days: int, now: float) -> list[BackupRow]:
    """Of the backups of one pool, those that go. Of each kind and host the newest `keep` good ones stay unless they are older than `days`
    days; of refused ones likewise."""
    gone: list[BackupRow] = []
    for state, kind, host in {(row.state, row.kind, row.host_id) for row in rows}:
        of = (row for row in rows if (row.state, row.kind, row.host_id) == (state, kind, host))
        ours = sorted(of, key=lambda row: row.taken_at, reverse=True)
        late = [row for number, row in enumerate(ours) if number >= keep or now - row.taken_at > days * _DAY]
        gone += [row for row in late if not (state == GOOD and row is ours[0])]
    return sorted(gone, key=lambda row: row.taken_at)
