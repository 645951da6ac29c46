"""A console of its own for one test, with a way to its verbs beside it."""

from __future__ import annotations

from typing import Any

from pxeserve.console import csrf
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from tests.console.served import Served


class Room:
    """What a browser asks at `address`, and what is asked of the same service by its verbs."""

    def __init__(self, console: Served) -> None:
        self.console, self.store, self.address = console, console.store, f"https://127.0.0.1:{console.port}"

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(Context(self.console.config, self.store, Actor("tester"), lambda _progress: None), verb, arguments)

    def cookie(self, role: Role) -> dict[str, Any]:
        """What a browser of somebody with that role holds."""
        return {"name": csrf.COOKIE, "value": self.console.session(role), "url": self.address, "secure": True}
