"""The pages of answerfiles, and the API that the editor lives on, as a browser and a program ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from tests.console.conftest import Console
from tests.media_samples import make

HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86
API = "/api/v1"


@pytest.fixture
def furnished(console: Console, tmp_path: Path) -> Iterator[Console]:
    context = Context(console.config, console.store, Actor("tester"), lambda _progress: None)

    def ask(verb: str, **arguments: Any) -> None:
        registry.call(context, verb, arguments)

    ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp83")
    ask("profile.add", name="rack-a", medium="xcp83", set=["primary-disk=sda", f"root-password.hash={HASH}"])
    ask("profile.add", name="rack-b", parent="rack-a")
    ask("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack-a")
    yield console


def test_without_a_profile_the_page_says_how_to_begin(console: Console) -> None:
    page = console.as_role(Role.OPERATOR).get("/answerfiles").text
    assert "No profile yet" in page and "New profile" in page
    assert "New profile" not in console.as_role(Role.VIEWER).get("/answerfiles").text


def test_profiles_are_found_by_name_medium_and_parent(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    assert "/answerfiles/profiles/rack-b" in client.get("/answerfiles").text
    found = client.get("/answerfiles?q=rack-b").text
    assert "/answerfiles/profiles/rack-b" in found and 'profiles/rack-a"><b>' not in found
    assert "No profile is like that" in client.get("/answerfiles?q=nowhere").text
    assert HASH not in client.get("/answerfiles").text


def test_a_profile_is_made_and_its_editor_is_next(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    made = client.post("/answerfiles", json={"name": "rack-c", "medium": "xcp83", "parent": ""})
    assert (made.status_code, made.headers["HX-Redirect"]) == (200, "/answerfiles/profiles/rack-c")
    assert client.post("/answerfiles", json={"name": "rack-c"}).status_code == 409
    assert "there is no such field" in client.post("/answerfiles", json={"nmae": "x"}).text
    assert furnished.as_role(Role.VIEWER).post("/answerfiles", json={"name": "rack-d"}).status_code == 403


@pytest.mark.parametrize("path", ["/answerfiles/site", "/answerfiles/profiles/rack-a", "/answerfiles/hosts/xen01", "/answerfiles/file"])
def test_the_editors_frame_holds_no_secret_and_a_viewers_no_way_to_save(furnished: Console, path: str) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        page = furnished.as_role(role).get(path).text
        assert HASH not in page and 'id="editor"' in page
        assert ('id="save"' in page) == (role is Role.OPERATOR and path != "/answerfiles/file")
    assert furnished.stranger().get(path).status_code in (302, 303, 401)


def test_what_is_not_there_is_said_and_a_host_is_led_to_its_own_editor(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    assert client.get("/answerfiles/profiles/nowhere").status_code == 404
    assert client.get("/answerfiles?host=xen01").headers["Location"] == "/answerfiles/hosts/xen01"


def _draft(client: FlaskClient, path: str, **body: Any) -> Any:
    return client.post(f"{API}/drafts/{path}", json=body)


def test_a_program_reads_writes_and_saves_over_the_api(furnished: Console) -> None:
    client = furnished.as_token(Role.OPERATOR)
    opened = client.get(f"{API}/drafts/open?what=profile&name=rack-a").json
    answers = {**opened["answers"], "keymap": "uk"}
    made = _draft(client, "write", draft={"answers": answers}, dialect="xcp-8.3", medium="xcp83").json
    assert "<keymap>uk</keymap>" in made["text"] and "********" in made["text"]
    back = _draft(client, "read", text=made["text"], dialect="xcp-8.3", medium="xcp83", before={"answers": answers}).json
    assert back["draft"]["answers"] == answers
    saved = _draft(client, "save", what="profile", name="rack-a", answers=answers, revision=opened["revision"], note="by a program")
    assert saved.status_code == 200 and saved.json["own"]["keymap"] == "uk"
    stale = _draft(client, "save", what="profile", name="rack-a", answers=answers, revision=opened["revision"])
    assert stale.status_code == 412 and "keymap" in stale.text
    first = client.get(f"{API}/history?what=profile&name=rack-a").json[-1]
    assert client.post(f"{API}/history/{first['id']}/restore", json={}).json["changes"] == "~ profile rack-a: keymap: uk -> nothing"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("read", {"dialect": "8.2"}, "text"),
        ("read", {"text": "<a/>", "dialect": "8.2", "bofore": {}}, "bofore"),
        ("write", {"draft": {"answers": [], "mode": "fresh"}, "dialect": "8.2"}, "answers"),
        ("write", {"draft": {"answers": {}, "mode": "now"}, "dialect": "8.2"}, "mode"),
        ("save", {"what": "rack", "answers": {}, "revision": None}, "what"),
        ("fix", {"text": "<a/>", "dialect": "8.2", "line": "one"}, "line"),
    ],
)
def test_a_wrong_body_is_refused_with_the_fields_name(furnished: Console, path: str, body: dict[str, Any], field: str) -> None:
    answer = _draft(furnished.as_token(Role.OPERATOR), path, **body)
    assert answer.status_code in (400, 422) and field in answer.text


def test_viewers_save_and_restore_nothing_over_the_api(furnished: Console) -> None:
    client = furnished.as_token(Role.VIEWER)
    assert _draft(client, "save", what="site", answers={}, revision=None).status_code == 403
    assert client.post(f"{API}/history/1/restore", json={}).status_code == 403
    assert "admin-interface is missing" in _draft(client, "preview", host="xen01").text
    assert HASH not in client.get(f"{API}/drafts/open?what=profile&name=rack-a").text


def test_a_preview_hides_the_password_and_every_token(furnished: Console) -> None:
    answers = {"primary-disk": "sda", "admin-interface": {"name": "eth0", "proto": "dhcp"}}
    told = _draft(furnished.as_token(Role.VIEWER), "preview", host="xen01", what="host", name="xen01", answers=answers)
    assert told.status_code == 200, told.text
    assert HASH not in told.text and "/s/TOKEN/" in told.text
