"""Which backups go when one more has come: by number and by age, and never a pool's newest good one. A pool whose job has stopped sends
nothing, so it loses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from pxeserve.store.backups import GOOD, BackupRow

_DAY = 86400.0


def surplus(rows: Sequence[BackupRow], keep: int, days: int, now: float) -> list[BackupRow]:
    """Of the backups of one pool and kind, those that go. The newest `keep` good ones stay unless they are older than `days` days; of
    refused ones likewise."""
    gone: list[BackupRow] = []
    for state in {row.state for row in rows}:
        ours = sorted((row for row in rows if row.state == state), key=lambda row: row.taken_at, reverse=True)
        late = [row for number, row in enumerate(ours) if number >= keep or now - row.taken_at > days * _DAY]
        gone += [row for row in late if not (state == GOOD and row is ours[0])]
    return sorted(gone, key=lambda row: row.taken_at)
