"""A request that is sent twice is carried out once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from pxeserve.console.api import idempotency
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.store import tables as t
from tests.console.api.conftest import Api, a_host


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_second_is_given_the_firsts_answer_down_to_a_password(site: Api, console: Any) -> None:
    first = site.post("/hosts/xen01/install", {}, headers=keyed("one"))
    again = site.post("/hosts/xen01/install", {}, headers=keyed("one"))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json["root_password"] and again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    with console.store.site.read() as connection:
        assert len(connection.execute(t.install.select()).all()) == 1
        kept = connection.execute(select(t.idempotency.c.answer)).scalar()
    assert kept and first.json["root_password"].encode() not in kept


def test_what_was_told_to_one_token_is_not_told_to_another_that_may_ask_about_less(site: Api, console: Any) -> None:
    told = Api(console.as_token(Role.OPERATOR)).post("/hosts/xen01/install", {}, headers=keyed("one"))
    assert told.json["root_password"]
    less = Api(console.as_token(Role.OPERATOR, racks=("elsewhere",))).post("/hosts/xen01/install", {}, headers=keyed("one"))
    assert less.status_code == 403 and "root_password" not in less.json


def test_a_201_keeps_its_address(site: Api) -> None:
    host = a_host("xen02")
    first, again = (site.post("/hosts", host, headers=keyed("one")) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == again.headers["Location"] == "/api/v1/hosts/xen02"
    assert first.headers["ETag"] == again.headers["ETag"]


@pytest.mark.parametrize(("path", "body"), [("/hosts/xen01/install", {"reveal": "later"}), ("/hosts/xen01/cancel", {})])
def test_another_request_with_the_same_key_is_refused(site: Api, path: str, body: dict[str, Any]) -> None:
    site.post("/hosts/xen01/install", {}, headers=keyed("one"))
    refused = site.post(path, body, headers=keyed("one"))
    assert refused.status_code == 422
    assert "this key was used for another request" in refused.json["detail"]
    assert site.get("/hosts/xen01").json["state"] == "armed"


def test_what_was_refused_may_be_tried_again_with_the_same_key(site: Api) -> None:
    host = a_host("xen02", profile="none")
    assert site.post("/hosts", host, headers=keyed("one")).status_code == 404
    site.post("/profiles", {"name": "none"})
    assert site.post("/hosts", host, headers=keyed("one")).status_code == 201


def test_keys_are_each_askers_own(site: Api, admin: Api) -> None:
    site.post("/hosts", a_host("xen02"), headers=keyed("one"))
    assert admin.post("/hosts", a_host("xen03"), headers=keyed("one")).status_code == 201


def test_many_at_once_are_carried_out_once(site: Api, console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), []
    verbs = dict(registry.verbs())

    def slow(_context: Any, *, name: str) -> dict[str, Any]:
        calls.append(name)
        begun.set()
        assert go_on.wait(60)
        return {"host": name, "install": "i", "state": "cancelled"}

    verbs["host.cancel"] = registry.Verb("host.cancel", slow, Role.OPERATOR, False, True)
    monkeypatch.setattr(registry, "_verbs", verbs)

    def send() -> Any:
        return Api(console.as_token(Role.OPERATOR)).post("/hosts/xen01/cancel", headers=keyed("one"))

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send)
        assert begun.wait(60)
        others = [send() for _ in range(5)]
        go_on.set()
        assert first.result().status_code == 200
    assert [one.status_code for one in others] == [409] * 5
    assert "not answered yet" in others[0].json["detail"]
    assert send().json["state"] == "cancelled"
    assert calls == ["xen01"]


def test_one_that_was_broken_off_is_not_done_again(site: Api, monkeypatch: pytest.MonkeyPatch, console: Any) -> None:
    """The process ended between the act and its answer: nobody knows what was done, and that is said."""
    site.post("/hosts/xen01/install", {}, headers=keyed("one"))
    with console.store.site.write() as connection:
        connection.execute(update(t.idempotency).values(answer=None, run="an earlier life"))
    refused = site.post("/hosts/xen01/install", {}, headers=keyed("one"))
    assert refused.status_code == 409
    assert "broken off" in refused.json["detail"]


def test_a_key_lasts_for_a_day(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    host = a_host("xen02")
    site.post("/hosts", host, headers=keyed("one"))
    later = time.time() + idempotency.KEPT + 1
    monkeypatch.setattr(idempotency.time, "time", lambda: later)
    assert site.post("/hosts", host, headers=keyed("one")).status_code == 409  # there is already such a host


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb"])
def test_a_key_is_a_word(site: Api, key: str) -> None:
    refused = site.post("/hosts/xen01/cancel", headers={"Idempotency-Key": key})
    assert refused.status_code == 400
    assert refused.json["errors"][0]["field"] == "Idempotency-Key"
