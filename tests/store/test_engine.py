"""The state opens: schema, durability, one writer at a time, and a clear word when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from pxeserve.errors import PxeserveError
from pxeserve.store import Database, Store, migrate, open_store
from pxeserve.store import tables as t
from pxeserve.store.database import HEADS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, migrate=True)


def databases(store: Store) -> list[Database]:
    return [store.site, store.leases, store.events]


def test_migrations_make_the_very_schema_of_the_tables(store: Store) -> None:
    for database in databases(store):
        with database.read() as connection:
            options = {"version_table": f"alembic_version_{database.group}", "compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, t.GROUPS[database.group]) == []


def test_the_heads_named_in_code_are_the_newest_scripts() -> None:
    assert {group: migrate.head(group) for group in HEADS} == HEADS


def test_an_open_with_the_schema_in_place_does_not_load_alembic(store: Store, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from pxeserve.store import open_store; open_store(Path(sys.argv[1]), migrate=True)"
    code += "; sys.exit(any(name.startswith('alembic') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


@pytest.mark.parametrize(("group", "level"), [("site", 2), ("leases", 2), ("events", 1)])
def test_each_group_has_the_durability_it_needs(store: Store, group: str, level: int) -> None:
    database: Database = getattr(store, group)
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == level
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_only_the_owner_may_read_the_state_whatever_the_umask(tmp_path: Path) -> None:
    """And nothing sets it meanwhile: that would be for all threads of the process."""
    before = os.umask(0)
    try:
        store = open_store(tmp_path, migrate=True)
        with store.site.read():
            assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
            files = list((tmp_path / "state").iterdir())
            assert {file.name for file in files} >= {"site.db", "leases.db", "events.db", "site.db-wal"}
            for file in files:
                assert file.stat().st_mode & 0o077 == 0, file.name
    finally:
        os.umask(before)


def test_a_block_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.site.write() as connection:
        connection.execute(t.meta.insert().values(key="a", value="1"))
        raise ZeroDivisionError
    with store.site.read() as connection:
        assert connection.execute(select(t.meta)).all() == []


def test_a_writer_holds_the_lock_before_it_reads(store: Store, tmp_path: Path) -> None:
    rival = sqlite3.connect(tmp_path / "state/site.db", timeout=0, isolation_level=None)
    with store.site.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        rival.execute("BEGIN IMMEDIATE")
    rival.close()


def test_a_reader_sees_one_moment_and_waits_for_nobody(store: Store) -> None:
    with store.site.read() as reader:
        assert reader.execute(select(t.meta)).all() == []
        with store.site.write() as writer:
            writer.execute(t.meta.insert().values(key="a", value="1"))
        assert reader.execute(select(t.meta)).all() == []


def test_groups_do_not_wait_for_each_other(store: Store) -> None:
    with store.site.write(), store.leases.write(), store.events.write() as connection:
        connection.execute(t.counter.insert().values(minute=1, source="a", reason="b", count=1))


def test_without_a_state_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PxeserveError, match=r"site\.db: there is no state here yet") as caught:
        open_store(tmp_path)
    assert "--data DIR" in caught.value.fix


@pytest.mark.parametrize("group", HEADS)
def test_a_file_that_is_no_database_is_named(store: Store, tmp_path: Path, group: str) -> None:
    store.close()
    for leftover in (tmp_path / "state").glob(f"{group}.db-*"):
        leftover.unlink()
    (tmp_path / f"state/{group}.db").write_bytes(b"no database at all " * 500)
    with pytest.raises(PxeserveError, match=rf"{group}\.db: cannot be used as state") as caught:
        open_store(tmp_path, migrate=True)
    assert "backup" in caught.value.fix


def test_a_newer_releases_state_is_left_alone(store: Store, tmp_path: Path) -> None:
    with store.site.write() as connection:
        connection.execute(text("UPDATE alembic_version_site SET version_num = 'site9999'"))
    store.close()
    with pytest.raises(PxeserveError, match="newer release"):
        open_store(tmp_path, migrate=True)
    with pytest.raises(PxeserveError, match="schema site9999 is not"):
        open_store(tmp_path)


def test_a_closed_store_opens_again_by_itself(store: Store) -> None:
    store.close()
    with store.site.read() as connection:
        assert connection.execute(select(t.meta)).all() == []


def test_one_live_install_a_host_is_the_schemas_own_word(store: Store) -> None:
    row = {
        "host_id": 1, "mode": "fresh", "interactive": False, "wants_answerfile": True, "version": 1, "armed_by": "root", "armed_at": 1.0,
        "armed_boot_id": "b", "armed_boottime": 1.0, "expires": 2.0,
    }  # fmt: skip
    with store.site.write() as connection:
        connection.execute(t.host.insert().values(id=1, name="xen01", profile="p", answers={}))
        connection.execute(t.install.insert().values(id="a", state="done", **row))
        connection.execute(t.install.insert().values(id="b", state="armed", **row))
        connection.execute(t.install.insert().values(id="r", state="armed", rehearsal_mac="02:00:00:00:00:01", **row))
    with pytest.raises(Exception, match="UNIQUE") as caught, store.site.write() as connection:
        connection.execute(t.install.insert().values(id="c", state="frozen", **row))
    assert not isinstance(caught.value, OperationalError)


def test_while_it_is_still_a_moment_stays_and_then_it_is_the_newest(store: Store) -> None:
    before = store.site.moment()
    with store.site.still():
        with store.site.write() as connection:
            connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
        assert store.site.moment() == before
    assert store.site.moment() != before
