"""A list of a page: what is searched for, by what it is sorted and which part is shown, all of which stands in its address.

So every list can be linked, and the browser's way back works. Refuses to know what is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

SIZE = 100
"""Rows of a page."""
LONGEST = 400
"""Letters of a search."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown of a list at `path`. `sort` is a key, with `-` before it downwards, or empty; `kept` are other words of the address
    that stay; `total` is how many rows there are, once that is known."""

    path: str
    query: str = ""
    sort: str = ""
    page: int = 1
    kept: tuple[tuple[str, str], ...] = ()
    total: int = 0
    size: int = SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, one at least."""
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        """The number of the first row shown, counted from 1."""
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The number of the last one."""
        return min(self.page * self.size, self.total)

    @property
    def words(self) -> list[str]:
        """What is searched for, word by word."""
        return self.query.split()

    def url(self) -> str:
        """The address of just this."""
        given = [*self.kept, ("q", self.query), ("sort", self.sort), ("page", str(self.page) if self.page > 1 else "")]
        said = urlencode([(name, value) for name, value in given if value])
        return f"{self.path}?{said}" if said else self.path

    def at(self, page: int) -> str:
        """The address of another page of it."""
        return replace(self, page=page).url()

    def searched(self, query: str) -> str:
        """The address of another search."""
        return replace(self, query=query, page=1).url()

    def sorted_by(self, key: str) -> str:
        """The address of it by `key`: upwards, and downwards where it is by `key` already."""
        return replace(self, sort=f"-{key}" if self.sort == key else key, page=1).url()

    def way(self, key: str) -> str:
        """`ascending` or `descending` where it is sorted by `key`, else nothing."""
        if self.sort.removeprefix("-") != key:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def ordered(self, rows: Sequence[Row], by: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
        """`rows` in this order, as they come where none was asked for."""
        key = by.get(self.sort.removeprefix("-"))
        return sorted(rows, key=key, reverse=self.sort.startswith("-")) if key else list(rows)

    def shown(
        self, rows: Sequence[Row], by: Mapping[str, Callable[[Row], Any]], words: Callable[[Row], str]
    ) -> tuple[Listing, Sequence[Row]]:
        """`cut` of those that are `found`, in this order."""
        return self.cut(self.ordered(self.found(rows, words), by))

    def found(self, rows: Sequence[Row], words: Callable[[Row], str]) -> list[Row]:
        """The rows whose `words`, in small letters, hold all that is searched for."""
        wanted = self.query.lower().split()
        return [row for row in rows if all(word in words(row) for word in wanted)]

    def cut(self, rows: Sequence[Row]) -> tuple[Listing, Sequence[Row]]:
        """The rows of this page, or of the last one where there are not so many; and this, which then knows how many there are."""
        counted = replace(self, total=len(rows))
        found = replace(counted, page=min(self.page, counted.pages))
        return found, rows[found.first - 1 : found.last]


def listing(
    path: str, said: Mapping[str, str], sorts: Collection[str], kept: Collection[str] = (), *, sort: str = "", size: int = SIZE
) -> Listing:
    """What the words behind `?` ask for. `sorts` are the keys that there are, `sort` the one where none is said, `kept` the names of other
    words. What makes no sense is as if it were not said: an address that somebody was sent still shows the list."""
    wanted = said.get("sort", "")
    page = said.get("page", "1")
    return Listing(
        path,
        said.get("q", "").strip()[:LONGEST],
        wanted if wanted.removeprefix("-") in sorts else sort,
        int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 and int(page) else 1,
        tuple((name, said[name][:LONGEST]) for name in kept if said.get(name)),
        size=size,
    )
