"""A service with three accounts, whose verbs are asked by whom one likes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pxeserve.accounts import people
from pxeserve.accounts.reception import Reception
from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.people.entrance import Entrance
from pxeserve.operations.people.users import hasher
from pxeserve.store import Store, audit, open_store
from pxeserve.supervisor import prepare

PASSWORD, HERE = "correct horse battery", "10.0.0.5"
ROOT = Actor("root")


class House:
    """A service's verbs, asked by whom one likes."""

    def __init__(self, data: Path) -> None:
        prepare.fill(data)
        self.store: Store = open_store(data)
        self.config = Config.model_validate({"server": {"data": str(data)}})
        self.entrance = Entrance(Reception(self.store, data, hasher=hasher()))

    def ask(self, actor: Actor, verb: str, **arguments: Any) -> Any:
        return registry.call(Context(self.config, self.store, actor, lambda _: None, request="r1"), verb, arguments)

    def refused(self, actor: Actor, verb: str, **arguments: Any) -> str:
        with pytest.raises(PxeserveError) as error:
            self.ask(actor, verb, **arguments)
        return error.value.code

    def logged_in(self, name: str) -> Actor:
        actor = self.entrance.by_session(self.entrance.reception.log_in(name, PASSWORD, HERE, "Firefox").secret, HERE)
        assert actor is not None
        return actor

    def by_token(self, text: str) -> Actor:
        actor = self.entrance.by_token(text, HERE)
        assert actor is not None
        return actor

    def lines(self) -> list[dict[str, Any]]:
        with self.store.site.read() as connection:
            return list(reversed(audit.lines(connection, audit.Wanted(), 1000)))


@pytest.fixture
def house(tmp_path: Path) -> Any:
    house = House(tmp_path)
    hashed = hasher().hashed(PASSWORD)
    with house.store.site.write() as connection:
        for name, role in (("anna", Role.ADMIN), ("olga", Role.OPERATOR), ("vera", Role.VIEWER)):
            people.add(connection, people.new(name, role, hashed, "root", 1.0), "root", 1.0)
    yield house
    house.store.close()
