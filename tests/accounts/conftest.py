"""A store of its own for each test, copied from one that was made once, and clocks that a test sets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pxeserve.accounts import people
from pxeserve.accounts.passwords import Hasher
from pxeserve.accounts.reception import Reception
from pxeserve.domain.role import Role
from pxeserve.moment import Moment
from pxeserve.store import Store, audit, open_store
from pxeserve.store import accounts as stored

PASSWORD = "correct horse battery"
HERE, THERE = "10.0.0.5", "10.9.0.5"


@dataclass(slots=True)
class Hands:
    """A clock whose hands a test turns: `pass_` lets time go by on both, `set` turns the wall clock alone."""

    moment: Moment = field(default_factory=lambda: Moment(1_800_000_000.0, "boot-1", 5000.0))

    def now(self) -> Moment:
        return self.moment

    def pass_(self, seconds: float) -> None:
        self.moment = replace(self.moment, wall=self.moment.wall + seconds, boottime=self.moment.boottime + seconds)

    def set(self, by: float) -> None:
        self.moment = replace(self.moment, wall=self.moment.wall + by)

    def start_anew(self, after: float) -> None:
        """The machine starts again, `after` seconds later by the wall."""
        self.moment = Moment(self.moment.wall + after, "boot-2", 20.0)


@dataclass(frozen=True, slots=True)
class House:
    """A service's accounts. anna administers, olga operates, vera looks; all have the same password."""

    data: Path
    store: Store
    clock: Hands
    reception: Reception

    def audit(self) -> list[tuple[str, str, str, str]]:
        with self.store.site.read() as connection:
            lines = audit.lines(connection, audit.Wanted(), 1000)
        return [(line["actor"], line["action"], line["object"], line["result"]) for line in reversed(lines)]

    def actions(self) -> list[str]:
        return [line[1] for line in self.audit()]

    def user(self, name: str) -> stored.UserRow:
        with self.store.site.read() as connection:
            return people.known(connection, name)


@pytest.fixture(scope="session")
def hasher() -> Hasher:
    return Hasher()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with nobody in it."""
    folder = tmp_path_factory.mktemp("made")
    open_store(folder, migrate=True).close()
    return folder


@pytest.fixture(scope="session")
def peopled(made: Path, hasher: Hasher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peopled") / "data"
    shutil.copytree(made, folder)
    store, hashed = open_store(folder), hasher.hashed(PASSWORD)
    with store.site.write() as connection:
        people.add_first(connection, people.new("anna", Role.ADMIN, hashed, "root", 1_799_000_000.0), "root", 1_799_000_000.0)
        for name, role in (("olga", Role.OPERATOR), ("vera", Role.VIEWER)):
            people.add(connection, people.new(name, role, hashed, "root", 1_799_000_000.0), "root", 1_799_000_000.0)
    store.close()
    return folder


def _opened(folder: Path, tmp_path: Path, hasher: Hasher) -> House:
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    store, clock = open_store(data), Hands()
    return House(data, store, clock, Reception(store, data, clock=clock, hasher=hasher))


@pytest.fixture
def house(peopled: Path, tmp_path: Path, hasher: Hasher) -> Iterator[House]:
    house = _opened(peopled, tmp_path, hasher)
    yield house
    house.store.close()


@pytest.fixture
def empty(made: Path, tmp_path: Path, hasher: Hasher) -> Iterator[House]:
    house = _opened(made, tmp_path, hasher)
    yield house
    house.store.close()
