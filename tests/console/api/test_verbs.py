"""The command line's own route: the words of the admin socket, over HTTPS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Context, Progress
from tests.console.api.conftest import Api


def said(api: Api, verb: str, **arguments: Any) -> list[dict[str, Any]]:
    answer = api.post(f"/verbs/{verb}", {"arguments": arguments})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines() if line]


def test_a_verb_says_its_result(site: Api) -> None:
    assert said(site, "host.show", name="xen01")[-1]["result"]["name"] == "xen01"


def test_what_it_refuses_is_told_with_its_code(site: Api) -> None:
    assert said(site, "host.show", name="nobody")[-1]["error"]["code"] == "not-found"
    assert said(site, "host.show", nonsense=1)[-1]["error"]["message"].startswith("host.show: ")


def test_items_and_progress_come_before_the_end(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def items(context: Context) -> Any:
        context.report(Progress(1, 2, "half"))
        yield from (1, 2)

    verbs = dict(registry.verbs())
    verbs["counters"] = registry.Verb("counters", items, Role.VIEWER, False, False)
    monkeypatch.setattr(registry, "_verbs", verbs)
    half = {"done": 1, "total": 2, "text": "half"}
    assert said(site, "counters") == [{"progress": half}, {"item": 1}, {"item": 2}, {"result": None}]


def test_what_is_not_foreseen_is_an_incident(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    verbs = dict(registry.verbs())
    verbs["counters"] = registry.Verb("counters", lambda _: 1 // 0, Role.VIEWER, False, False)
    monkeypatch.setattr(registry, "_verbs", verbs)
    (error,) = said(site, "counters")
    assert error["error"]["code"] == "internal" and "division" not in str(error)


def test_the_role_is_the_verbs(viewer: Api) -> None:
    assert said(viewer, "host.show", name="xen01")[-1]["result"]
    assert viewer.post("/verbs/host.remove", {"arguments": {"name": "xen01"}}).status_code == 403
    assert viewer.post("/verbs/host.nonsense", {}).status_code == 404


def test_a_browser_has_routes_of_its_own(console: Any) -> None:
    assert Api(console.as_role(Role.ADMIN)).post("/verbs/status", {}).status_code == 403


def test_a_session_that_is_not_fresh_and_a_limited_token_get_no_further_than_elsewhere(console: Any) -> None:
    limited = Api(console.as_token(Role.OPERATOR, hosts=("xen01",)))
    assert said(limited, "host.show", name="xen01")[-1]["result"]
    assert said(limited, "profile.list")[-1]["error"]["code"] == "forbidden"
