"""A state of each older schema, with something in every table, comes to the newest one with all of it; and a newer one goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext

from pxeserve.errors import PxeserveError
from pxeserve.store import Database, Store, inventory, migrate, open_store
from pxeserve.store.database import HEADS
from pxeserve.store.engine import DataVersion, _engine

MAC = "52:54:00:77:00:01"
MEANT: dict[str, dict[str, Any]] = {
    "host": {"name": "xen01", "profile": "rack", "answers": {"hostname": "xen01"}, "tags": ["ceph"], "address": "10.77.0.11"},
    "host_mac": {"mac": MAC},
    "profile": {"name": "rack", "answers": {"primary-disk": "sda"}, "boot": {}, "parent": None},
    "medium": {"name": "disc", "state": "good", "boot": None, "repositories": ["packages.main"], "role": "main", "lies": "copied"},
    "install": {"state": "done", "mode": "fresh", "rehearsal_mac": None},
    "recovery": {"state": "done"},
}
"""What the later code reads as more than text and numbers; everything else is made up by its type."""


def older() -> Iterator[tuple[str, str]]:
    """Every schema that there was, but for the newest ones."""
    for group in HEADS:
        yield from ((group, one.revision) for one in migrate.scripts(group).walk_revisions() if one.revision != HEADS[group])


def made(state: Path, group: str, revision: str) -> Database:
    """A database as the release left it that knew `revision` as the newest."""
    state.mkdir(exist_ok=True)
    database = Database(group, _engine(state / f"{group}.db", group), DataVersion(state / f"{group}.db"))
    directory = migrate.scripts(group)
    with (
        database.write() as connection,
        EnvironmentContext(Config(), directory, fn=lambda now, _context: directory._upgrade_revs(revision, now)) as environment,
    ):
        environment.configure(
            connection=connection, version_table=f"alembic_version_{group}", render_as_batch=True, transactional_ddl=False
        )
        environment.run_migrations()
    return database


def filled(database: Database) -> dict[str, list[str]]:
    """A row in each table; the columns that there are in each."""
    known = sa.MetaData()
    with database.read() as connection:
        known.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    with database.write() as connection:
        for table in known.sorted_tables:
            if table.name.startswith(("alembic_version", "sqlite_")):
                continue
            row = rows[table.name] = {column.name: value(table.name, column, rows) for column in table.columns}
            connection.execute(table.insert().values(row))
    return {name: list(row) for name, row in rows.items()}


def value(table: str, column: sa.Column[Any], rows: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    if column.name in MEANT.get(table, {}):
        return MEANT[table][column.name]
    match column.type:
        case sa.JSON():
            return {}
        case sa.LargeBinary():
            return b"\0sealed"
        case sa.Boolean():
            return True
        case sa.Integer():
            return 1
        case sa.Float():
            return 1_790_000_000.5
    return f"{table}.{column.name}"


def told(database: Database, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.text(f'SELECT {", ".join(map(_quoted, those))} FROM "{name}"'))]
            for name, those in columns.items()
        }


def _quoted(name: str) -> str:
    return f'"{name}"'


@pytest.mark.parametrize(("group", "revision"), list(older()))
def test_all_that_was_in_an_older_state_is_in_it_after_an_upgrade(tmp_path: Path, group: str, revision: str) -> None:
    database = made(tmp_path / "state", group, revision)
    columns = filled(database)
    before = told(database, columns)
    database.engine.dispose()
    store = open_store(tmp_path, migrate=True)
    found: Database = getattr(store, group)
    assert len(before) >= {"site": 12, "leases": 1, "events": 2}[group]
    assert all(before.values())
    assert told(found, columns) == before
    with found.read() as connection:
        assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(sa.text(f"SELECT version_num FROM alembic_version_{group}")).scalar() == HEADS[group]
    if group == "site":
        as_it_is_read(store)
    store.close()


def as_it_is_read(store: Store) -> None:
    with store.site.read() as connection:
        (host,), (medium,) = inventory.hosts(connection), inventory.media(connection)
    assert (host.name, host.macs, host.profile, host.answers) == ("xen01", (MAC,), "rack", {"hostname": "xen01"})
    assert (medium.name, medium.repositories, str(medium.lies), str(medium.role)) == ("disc", ("packages.main",), "copied", "main")


@pytest.mark.parametrize("group", HEADS)
def test_a_newer_state_is_refused_unchanged_with_the_way_back(tmp_path: Path, group: str) -> None:
    store = open_store(tmp_path, migrate=True)
    with getattr(store, group).write() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version_{group} SET version_num = '{group}9999'"))
    store.close()
    path = tmp_path / "state" / f"{group}.db"
    before = path.read_bytes()
    with pytest.raises(PxeserveError, match=f"the {group} state was written by a newer release") as caught:
        open_store(tmp_path, migrate=True)
    assert "pxeserve site restore FILE" in caught.value.fix
    assert path.read_bytes() == before
