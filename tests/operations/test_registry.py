"""Who may ask what: the table says it, and the table is what refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import Store, open_store

WANT_A_PASSWORD = {
    "host.install-all", "host.password", "token.create", "backup.get",
    "user.init", "user.add", "user.set-role", "user.disable", "user.enable", "user.remove", "user.password", "tls.import", "tls.forget",
    "pool.secret", "pool.trust",
}  # fmt: skip
ONE_S_OWN = {"session.end", "session.end-all", "token.create", "token.revoke", "token.revoke-all", "job.cancel"}
"""What viewers may change: their own sessions, tokens and jobs."""
TOLD_ONCE_OR_ROOTED = {"host.log", "host.password", "script.show"}
"""What no viewer reads: a log that an installer wrote, a password, a script that may hold one."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, migrate=True)
    yield store
    store.close()


def asked(store: Store, actor: Actor, name: str, arguments: dict[str, Any]) -> Any:
    return registry.call(Context(Config(), store, actor, lambda _: None), name, arguments)


def test_what_viewers_may_ask_changes_nothing_but_their_own_keys() -> None:
    assert {one.name for one in registry.verbs().values() if one.role is Role.VIEWER and one.changes} == ONE_S_OWN


def test_what_wants_a_password_and_what_no_viewer_reads() -> None:
    table = registry.verbs()
    assert {one.name for one in table.values() if one.fresh} == WANT_A_PASSWORD
    assert {name for name in TOLD_ONCE_OR_ROOTED if table[name].role is Role.VIEWER} == set()


@pytest.mark.parametrize("role", list(Role))
def test_a_role_that_is_too_small_is_refused_before_an_argument_is_looked_at(store: Store, role: Role) -> None:
    actor = Actor("eve", role, "session")
    for one in registry.verbs().values():
        if role < one.role:
            with pytest.raises(RefusedError) as refused:
                asked(store, actor, one.name, {"no such": "argument"})
            assert refused.value.code == "forbidden"
            assert "eve" in refused.value.message


def test_a_stale_password_is_refused_and_a_fresh_one_is_not(store: Store) -> None:
    with pytest.raises(RefusedError) as refused:
        asked(store, Actor("eve", Role.OPERATOR, "session", fresh=False), "host.password", {"name": "xen01"})
    assert refused.value.code == "not-fresh"
    with pytest.raises(PxeserveError, match="no host xen01") as unknown:
        asked(store, Actor("eve", Role.OPERATOR, "session"), "host.password", {"name": "xen01"})
    assert unknown.value.code == "not-found"
