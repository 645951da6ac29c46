"""Which backups are let go, when, and that it is told: by the worker each day too, and never the newest good one of a kind or a host."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.pool import Member, Pool
from pxeserve.recovery.backups.daily import Daily
from pxeserve.recovery.backups.pruning import prune
from pxeserve.recovery.backups.retention import surplus
from pxeserve.recovery.backups.taking import vault_of
from pxeserve.recovery.backups.vault import new_id
from pxeserve.store import Store, audit, inventory, open_store, pools
from pxeserve.store import backups as stored
from pxeserve.store import tables as t
from pxeserve.store.backups import DAMAGED, GOOD, REFUSED, BackupRow

DAY, PATIENCE = 86_400.0, 60.0


def row(pool_id: int, days_ago: float, kind: str = "database", state: str = GOOD, host_id: int | None = None) -> BackupRow:
    return BackupRow(new_id(), pool_id, kind, time.time() - days_ago * DAY, 3, "", state, {}, "a test", host_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, migrate=True)
    with opened.site.write() as connection:
        inventory.put_profile(connection, Profile("rack", None, None, {}))
        for number in (1, 2):
            inventory.put_host(connection, Host(0, f"xen0{number}", (f"52:54:00:77:00:0{number}",), "rack"))
        pools.save(connection, Pool("rack-a", "xen01", (Member("xen01"), Member("xen02"))))
    yield opened
    opened.close()


def test_each_kind_and_each_host_keeps_its_newest_good_one() -> None:
    old = [row(1, 200), row(1, 200, "host", host_id=1), row(1, 200, "host", host_id=2)]
    older = [row(1, 201), row(1, 201, "host", host_id=1), row(1, 202, state=REFUSED)]
    assert {one.id for one in surplus([*older, *old], 30, 90, time.time())} == {one.id for one in older}


def test_more_than_are_kept_go_from_the_oldest_on_and_refused_ones_push_none_out() -> None:
    good, refused = [row(1, days) for days in (1, 2, 3, 4)], [row(1, days / 10, state=REFUSED) for days in (1, 2)]
    assert [one.id for one in surplus([*good, *refused], 2, 90, time.time())] == [good[3].id, good[2].id]


def test_a_token_that_only_sends_pushes_no_day_out_before_its_time() -> None:
    """A job sends each night at two. Its token is stolen one afternoon, and from then on a hundred come each afternoon."""
    midnight = 20_000 * DAY
    true = [BackupRow(new_id(), 1, "database", midnight + (2 / 24 - ago) * DAY, 3, "", GOOD, {}, "the job") for ago in range(60)]
    kept: list[BackupRow] = []
    for ago in range(59, 19, -1):  # as long as all is well
        kept = [*kept, true[ago]]
        gone = {one.id for one in surplus(kept, 30, 90, true[ago].taken_at)}
        kept = [one for one in kept if one.id not in gone]
    assert kept == true[49:19:-1]
    for ago in range(19, -1, -1):
        kept = [*kept, true[ago]]
        for number in range(100):
            now = midnight + (14 / 24 - ago) * DAY + number
            kept = [*kept, BackupRow(new_id(), 1, "database", now, 3, "", GOOD, {}, "the thief")]
            gone = {one.id for one in surplus(kept, 30, 90, now)}
            kept = [one for one in kept if one.id not in gone]
    assert [one for one in kept if one.by == "the job"] == true[29::-1], "thirty nights, as if there were no thief"
    assert len(kept) <= 90


def test_one_that_is_damaged_takes_no_place_and_goes_by_age_where_a_good_one_is_kept() -> None:
    good, damaged = [row(1, days) for days in (3, 4, 5)], [row(1, days / 10, state=DAMAGED) for days in (1, 2, 3)]
    assert [one.id for one in surplus([*good, *damaged], 2, 90, time.time())] == [good[2].id]
    assert surplus([*good[:2], *damaged], 2, 90, time.time()) == [], "and however many they are, they stay"
    old = [row(1, days, state=DAMAGED) for days in (100, 101)]
    assert surplus(old, 2, 90, time.time()) == [], "their files may come back"
    assert surplus([good[0], *old], 2, 90, time.time()) == old[::-1]


def test_a_kill_leaves_no_row_whose_file_has_gone(store: Store, tmp_path: Path) -> None:
    config = Config.model_validate({"server": {"data": str(tmp_path)}, "backups": {"days": 90}})
    vault, kept, gone = vault_of(config), row(1, 100), row(1, 101)
    for one in (kept, gone):
        vault.keep(one.id, io.BytesIO(b"abc"), 3, 10, len)
        with store.site.write() as connection:
            stored.add(connection, one)
    with pytest.raises(KeyboardInterrupt), store.site.write() as connection:
        assert [one.id for one in prune(connection, config, 1, "rack-a", time.time())] == [gone.id]
        raise KeyboardInterrupt  # killed before the commit
    assert _ids(store) == {kept.id, gone.id} and b"".join(vault.read(gone.id)) == b"abc"
    with store.site.write() as connection:
        prune(connection, config, 1, "rack-a", time.time())  # and here after it
    assert _ids(store) == {kept.id} and vault.place(gone.id).exists()
    os.utime(vault.place(gone.id), (0, 0))
    daily = Daily(config, first=0.0, every=3600.0)
    daily.start()
    try:
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while vault.place(gone.id).exists():
            assert time.monotonic() < deadline
            pause.wait(0.02)
    finally:
        daily.finish()
    assert [path.name for path in vault.folder.iterdir()] == [f"{kept.id}.enc"]


def test_the_worker_lets_old_ones_go_though_none_comes_and_tells_it(store: Store, tmp_path: Path) -> None:
    config = Config.model_validate({"server": {"data": str(tmp_path)}, "backups": {"days": 90}})
    vault, kept, gone = vault_of(config), row(1, 100), row(1, 101)
    for one in (kept, gone):
        vault.keep(one.id, io.BytesIO(b"abc"), 3, 10, len)
    left = vault.folder / f"{new_id()}.coming"
    left.write_bytes(b"of a service that was killed")
    with store.site.write() as connection:
        for one in (kept, gone):
            stored.add(connection, one)
    daily = Daily(config, first=0.0, every=3600.0)
    daily.start()
    try:
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while _ids(store) != {kept.id}:
            assert time.monotonic() < deadline, _ids(store)
            pause.wait(0.02)
    finally:
        daily.finish()
    assert [path.name for path in vault.folder.iterdir()] == [f"{kept.id}.enc"]
    with store.site.read() as connection:
        assert [(line["action"], line["object"]) for line in audit.lines(connection, audit.Wanted(), 9)] == [("backup.prune", gone.id)]
        events = connection.execute(t.install_event.select()).fetchall()
    assert [(one.kind, one.host_id, one.data["backup"]) for one in events] == [("backup.pruned", 1, gone.id)]


def _ids(store: Store) -> set[str]:
    with store.site.read() as connection:
        return {one.id for one in stored.backups(connection)}
