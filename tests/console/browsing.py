"""What a browser does at the console's door, with the real accounts behind it."""

from __future__ import annotations

import re
from typing import Any

from pxeserve.domain.role import Role
from pxeserve.operations.people.users import hasher
from pxeserve.store import accounts as stored
from tests.console.conftest import PLACE, Console

PASSWORD = "correct horse battery"
ORIGIN = {"Origin": f"https://{PLACE}"}
PAGE = {"Accept": "text/html"}


def known(console: Console, name: str = "anna", role: Role = Role.ADMIN) -> None:
    """There is an account with that password."""
    with console.store.site.write() as connection:
        stored.add_user(connection, stored.UserRow(name, role, hasher().hashed(PASSWORD), 1.0, "root", 1.0))


def send(client: Any, path: str, body: dict[str, Any] | None = None, *, method: str = "POST", word: str = "") -> Any:
    """What a script of our pages sends."""
    return client.open(path, method=method, json=body or {}, headers={**ORIGIN, "X-CSRF": word})


def entered(console: Console, name: str = "anna") -> tuple[Any, str]:
    """A browser that has logged in, and the word that its pages send."""
    client = console.stranger()
    answer = send(client, "/session", {"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client, answer.json["csrf"]


def word_of(page: Any) -> str:
    """What a page gives its scripts to send along."""
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', page.text)
    assert found is not None
    return found[1]
