"""Which package of how many a file of a medium is, for the record: a person sees how far an installation has come."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Medium
from pxeserve.store import Store
from pxeserve.store import tables as t


class Packages:
    """Which package of how many a path is, in the order in which installers fetch them; read once for each revision of a medium."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[str, dict[str, int]]] = {}

    def number(self, medium: Medium, path: str) -> tuple[int, int] | None:
        """`(i, n)` when `path` is the i-th of n packages of `medium`, counted from 1; None when it is no package."""
        numbers = self.numbers(medium)
        found = numbers.get(path)
        return (found, len(numbers)) if found is not None else None

    def numbers(self, medium: Medium) -> Mapping[str, int]:
        """The number of each package of `medium`; nothing when the store cannot be asked."""
        revision, numbers = self._known.get(medium.name, ("", {}))
        if revision != medium.revision:
            files = t.medium_file
            rank = func.row_number().over(order_by=(files.c.position, files.c.path))
            query = select(files.c.path, rank).where(files.c.medium == medium.name, files.c.position >= 0)
            try:
                with self._store.site.read() as connection:
                    numbers = {row[0]: row[1] for row in connection.execute(query)}
            except SQLAlchemyError:
                return {}
            self._known[medium.name] = (medium.revision, numbers)
        return numbers
