"""`pxeserve dhcp leases` as people and programs see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pxeserve.cli.server import dhcp
from pxeserve.cli.terminal import session

LEASE = {
    "address": "10.77.0.100",
    "mac": "52:54:00:77:00:01",
    "host": "xen01",
    "hostname": "[red]vm01",
    "client_id": "",
    "state": "bound",
    "starts": 0.0,
    "expires": 3600.0,
    "relay": "",
}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the service answers, whatever it is asked."""
    said: dict[str, Any] = {"mode": "server", "leases": [LEASE]}

    @contextmanager
    def connected(_config: Path | None) -> Iterator[Any]:
        yield lambda _verb, _arguments: iter([{"result": said}])

    monkeypatch.setattr(session, "_connected", connected)
    return said


def run(*words: str) -> str:
    found = CliRunner().invoke(dhcp.app, ["leases", *words], env={"COLUMNS": "120"})
    assert found.exit_code == 0, found.output
    return found.output


def test_people_see_a_table(answer: dict[str, Any]) -> None:
    shown = run()
    for word in ("10.77.0.100", "52:54:00:77:00:01", "xen01", "[red]vm01", "bound", "1970-01-01"):
        assert word in shown


def test_programs_see_json(answer: dict[str, Any]) -> None:
    assert json.loads(run("--json")) == answer


def test_an_empty_list_says_why(answer: dict[str, Any]) -> None:
    answer["leases"] = []
    assert "no address is lent" in run()
    answer["mode"] = "proxy"
    assert "addresses are lent by another server" in run()
