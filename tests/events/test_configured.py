"""What is another in the configuration is a line of the audit, by its keys and never by its values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from pxeserve.config import Config, load
from pxeserve.events.configured import note
from pxeserve.store import Store, audit, open_store
from pxeserve.store import tables as t

NOW = 1_800_000_000.0
SECRET = "https://chat.example.com/hooks/a-word-of-the-house"
"""An address whose path is what lets one in."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, migrate=True)
    yield store
    store.close()


def lines(store: Store) -> list[tuple[str, str, str, str]]:
    with store.site.read() as connection:
        assert audit.chain(connection).broken_at is None
        found = audit.lines(connection, audit.Wanted(), 100)
    return [(line["actor"], line["action"], line["object"], line["result"]) for line in reversed(found)]


def config(**said: Any) -> Config:
    return Config.model_validate(said)


def test_the_first_one_is_told_by_what_is_not_as_by_default_and_the_same_one_no_more(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "pxeserve.toml"
    file.write_text('[dhcp]\nmode = "off"\n[log]\nformat = "json"\n')
    read = load(file, env={"PXESERVE_HTTP__PORT": "8080"})
    assert note(store, read, NOW) == ["dhcp.mode", "http.port", "log.format"]
    assert note(store, read, NOW) == []
    assert lines(store) == [
        ("service", "configuration.changed", "dhcp.mode, http.port, log.format", f"said in {file}, PXESERVE_HTTP__PORT"),
        ("service", "dhcp.mode", "dhcp", "proxy to off"),
    ]


def test_a_key_that_went_back_to_its_default_is_told_too(store: Store) -> None:
    note(store, config(arming={"bind": "token"}), NOW)
    note(store, config(), NOW)
    assert lines(store)[1:] == [("service", "configuration.changed", "arming.bind", "as it is by default")]


def test_no_value_is_told_or_kept(store: Store, tmp_path: Path) -> None:
    hook = {"name": "chat", "url": SECRET, "secret_file": str(tmp_path / "secret")}
    assert note(store, config(webhook=[hook]), NOW) == ["webhook"]
    assert note(store, config(webhook=[hook | {"url": SECRET + "2"}]), NOW) == ["webhook"]
    with store.site.read() as connection:
        kept = [str(row) for table in (t.meta, t.audit) for row in connection.execute(select(table))]
    assert kept
    assert not [row for row in kept if "a-word-of-the-house" in row]


def test_a_key_of_a_new_release_is_told_only_when_it_is_said(store: Store) -> None:
    note(store, config(), NOW)
    with store.site.write() as connection:  # as an older release left it, which knew one key less
        row = json.loads(connection.execute(select(t.meta.c.value).where(t.meta.c.key == "configuration")).scalar_one())
        del row["sum"]["http.port"]
        connection.execute(update(t.meta).where(t.meta.c.key == "configuration").values(value=json.dumps(row)))
    assert note(store, config(), NOW) == []
    assert lines(store) == []
