"""The command line's own route: the words of the admin socket, over HTTPS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pxeserve.console.api import verbs as route
from pxeserve.console.limits import MOST_BODY
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
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


def test_one_token_has_so_many_at_work_and_no_more() -> None:
    """Each has a thread of the listener's, and one that follows has it for as long as the asker likes: nobody takes them all."""
    desk = route.AtWork()
    for _ in range(route.OF_ONE):
        desk.begin("one")
    with pytest.raises(PxeserveError, match="of one token"):
        desk.begin("one")
    for number in range(route.IN_ALL - route.OF_ONE):
        desk.begin(f"other {number}")
    with pytest.raises(PxeserveError, match="too many"):
        desk.begin("another")
    desk.end("one")
    desk.begin("another")


def test_a_verb_that_has_ended_makes_room(viewer: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "OF_ONE", 1)
    assert said(viewer, "counters")[-1].keys() == said(viewer, "counters")[-1].keys() == {"result"}
    monkeypatch.setattr(route, "OF_ONE", 0)
    assert viewer.post("/verbs/counters", {}).status_code == 429


def test_a_long_body_is_for_those_who_declare_a_site(viewer: Api, site: Api) -> None:
    long = {"arguments": {"name": "x" * MOST_BODY}}
    assert viewer.post("/verbs/host.show", long).status_code == 413
    assert site.post("/verbs/host.show", long).status_code == 413
    assert site.post("/verbs/apply", {"arguments": {"text": "x" * MOST_BODY, "dry_run": True}}).status_code == 200


def test_what_no_json_can_hold_is_not_asked_for_here(site: Api, console: Any) -> None:
    site.ask("PUT", "/uploads/a.iso", data=b"x" * 10, headers={
        "Content-Type": "application/octet-stream", "Content-Range": "bytes 0-9/20",
    })  # fmt: skip
    arguments = {"name": "a.iso", "stream": "text", "at": 0, "length": 1, "total": 1}
    answer = site.post("/verbs/upload.send", {"arguments": arguments})
    assert (answer.status_code, answer.json["fix"]) == (404, "it is PUT /api/v1/uploads/NAME")
    context = Context(console.config, console.store, Actor("root"), lambda _: None)
    with pytest.raises(PxeserveError, match="stream: Input should be an instance of Stream"):
        registry.call(context, "upload.send", arguments)
    assert site.get("/uploads/a.iso").json["bytes"] == 10
