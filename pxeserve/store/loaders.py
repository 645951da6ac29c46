"""Queries on loader sets: which boot loader files were imported, from where, with which checksums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from pxeserve.store import inventory
from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class LoaderFile:
    """One file of a set: `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LoaderSet:
    """Files that belong together, and where they came from; `imported_at` is epoch seconds."""

    name: str
    origin: str
    imported_at: float
    files: tuple[LoaderFile, ...]

    def has(self, file: str) -> bool:
        """Whether `file` is one of this set's."""
        return any(one.name == file for one in self.files)


def sets(connection: Connection) -> list[LoaderSet]:
    """All imported sets, the newest first."""
    files: dict[str, list[LoaderFile]] = {}
    for row in connection.execute(select(t.loader_file).order_by(t.loader_file.c.name)):
        files.setdefault(row.set, []).append(LoaderFile(row.name, row.size, row.sha256))
    rows = connection.execute(select(t.loader_set).order_by(t.loader_set.c.imported_at.desc(), t.loader_set.c.name))
    return [LoaderSet(row.name, row.origin, row.imported_at, tuple(files.get(row.name, ()))) for row in rows]


def put(connection: Connection, name: str, origin: str, at: float, files: Sequence[LoaderFile]) -> None:
    """Insert or replace a set; the serving processes notice by the inventory's revision."""
    connection.execute(delete(t.loader_set).where(t.loader_set.c.name == name))
    connection.execute(insert(t.loader_set).values(name=name, origin=origin, imported_at=at))
    rows = [{"set": name, "name": file.name, "size": file.size, "sha256": file.sha256} for file in files]
    connection.execute(insert(t.loader_file), rows)
    inventory.raise_revision(connection)
