"""Two people who change one thing: nobody's change is lost without a word."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pxeserve.domain.role import Role
from tests.console.api.conftest import Api


def test_the_second_of_two_editors_hears_what_the_first_has_changed(site: Api, console: Any) -> None:
    other = Api(console.as_role(Role.OPERATOR))
    mine, theirs = site.get("/hosts/xen01").headers["ETag"], other.get("/hosts/xen01").headers["ETag"]
    assert mine == theirs
    assert other.patch("/hosts/xen01", {"set": ["rack=R2", "timezone=UTC"]}, theirs).status_code == 200
    refused = site.patch("/hosts/xen01", {"set": ["rack=R3"]}, mine)
    assert refused.status_code == 412
    assert refused.json["code"] == "stale"
    assert refused.json["changed"] == ["answerfile.timezone", "rack"]
    assert "host xen01 was changed by somebody else since you read it: answerfile.timezone, rack" in refused.json["detail"]
    assert site.get("/hosts/xen01").json["rack"] == "R2"


def test_who_changes_a_thing_may_go_on_with_the_etag_that_came_back(site: Api) -> None:
    tag = site.get("/hosts/xen01").headers["ETag"]
    for rack in ("R2", "R3"):
        answer = site.patch("/hosts/xen01", {"set": [f"rack={rack}"]}, tag)
        assert answer.status_code == 200
        tag = answer.headers["ETag"]
    assert site.get("/hosts/xen01").json["rack"] == "R3"


def test_of_many_at_once_one_is_taken(site: Api, console: Any) -> None:
    tag = site.get("/profiles/rack").headers["ETag"]

    def change(number: int) -> int:
        client = Api(console.as_token(Role.OPERATOR))
        return client.patch("/profiles/rack", {"set": [f"boot.xen_args=dom0_max_vcpus={number}"]}, tag).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(1, 9))) == [200, *[412] * 7]


def test_a_change_without_if_match_is_refused_and_a_star_takes_what_there_is(site: Api) -> None:
    refused = site.patch("/hosts/xen01", {"set": ["rack=R2"]}, None)
    assert refused.status_code == 428
    assert "If-Match" in refused.json["detail"] and "*" in refused.json["fix"]
    assert site.patch("/hosts/xen01", {"set": ["rack=R2"]}, "*").status_code == 200


@pytest.mark.parametrize(
    ("match", "status"),
    [('W/"a.b"', 400), ('"a", "b"', 400), ('"a b"', 400), ("a", 400), ('"nothing.of.ours"', 412), ('""', 412), ('"AAAAAAAAAA.1"', 412)],
)
def test_what_is_no_tag_of_ours_changes_nothing(site: Api, match: str, status: int) -> None:
    assert site.patch("/hosts/xen01", {"set": ["rack=R2"]}, match).status_code == status
    assert site.get("/hosts/xen01").json["rack"] is None


def test_an_install_changes_the_answer_and_not_what_people_edit(site: Api) -> None:
    """Whoever edits is not disturbed by a machine that boots; whoever asks whether anything is new is told."""
    before = site.get("/hosts/xen01").headers["ETag"]
    assert site.get("/hosts/xen01", headers={"If-None-Match": before}).status_code == 304
    site.post("/hosts/xen01/install", {})
    assert site.get("/hosts/xen01", headers={"If-None-Match": before}).status_code == 200
    assert site.patch("/hosts/xen01", {"set": ["tags=a"]}, before).status_code == 200


def test_a_password_counts_too_though_nobody_sees_it(site: Api) -> None:
    tag = site.get("/hosts/xen01").headers["ETag"]
    hashed = "$6$rounds=656000$saltsaltsaltsalt$" + "a" * 86
    assert site.patch("/hosts/xen01", {"set": [f"root-password.hash={hashed}"]}).status_code == 200
    assert hashed not in site.get("/hosts/xen01").text
    assert site.patch("/hosts/xen01", {"set": ["tags=a"]}, tag).json["changed"] == ["answerfile.root-password"]


def _script(text: str) -> dict[str, str]:
    return {"content": base64.b64encode(f"#!/bin/sh\n{text}\n".encode()).decode()}


REMOVED: list[tuple[str, Callable[[Api], Any]]] = [
    ("/hosts/xen01", lambda api: api.patch("/hosts/xen01", {"set": ["tags=a"]})),
    ("/profiles/other", lambda api: api.patch("/profiles/other", {"set": ["timezone=UTC"]})),
    ("/scripts/a.sh", lambda api: api.ask("PUT", "/scripts/a.sh", json=_script("true"), headers={"If-Match": "*"})),
]


@pytest.mark.parametrize(("path", "change"), REMOVED, ids=lambda one: one if isinstance(one, str) else "")
def test_a_removal_may_say_what_it_means_and_then_is_held_to_it(site: Api, path: str, change: Callable[[Api], Any]) -> None:
    site.post("/profiles", {"name": "other"})
    site.post("/scripts", {"name": "a.sh", **_script("exit 0")})
    tag = site.get(path).headers["ETag"]
    assert change(site).status_code == 200
    assert site.ask("DELETE", path, headers={"If-Match": tag}).status_code == 412
    assert site.ask("DELETE", path).status_code == 200
    assert site.get(path).status_code == 404


def test_an_etag_is_of_this_service_alone(site: Api, tmp_path: Any) -> None:
    """It is made with the service's key, so that nobody can find out a secret by guessing."""
    from pxeserve.operations.words.revisions import revision_of

    fields = {"answerfile": {"root-password": {"plain": "secret"}}}
    assert revision_of(tmp_path / "a", fields) != revision_of(tmp_path / "b", fields)
