"""One's own account: a password that is asked for again, tokens, sessions elsewhere, another password; and no secret stays anywhere."""

from __future__ import annotations

import re

import pytest

from pxeserve.accounts import tokens
from pxeserve.domain.role import Role
from pxeserve.store import accounts as stored
from tests.console.browsing import PAGE, PASSWORD, entered, known, send, word_of
from tests.console.conftest import Console


def test_a_stale_password_is_asked_for_and_the_same_page_goes_on(console: Console) -> None:
    known(console)
    client, word = entered(console)
    with console.store.site.write() as connection:
        [row] = stored.sessions(connection, "anna")
        stored.change_session(connection, row.id, {"confirmed": [0.0, "another start", 0.0]})
    wish = {"name": "ci", "role": "viewer"}
    stale = send(client, "/account/tokens", wish, word=word)
    assert (stale.status_code, stale.json["code"]) == (403, "not-fresh")
    assert send(client, "/session/confirm", {"password": "wrong wrong wrong"}, word=word).json["code"] == "wrong-password"
    again = send(client, "/session/confirm", {"password": PASSWORD}, word=word)
    assert (again.status_code, again.json["csrf"], "Set-Cookie" in again.headers) == (200, word, False)
    assert send(client, "/account/tokens", wish, word=word).status_code == 200  # the word that the page had


def test_a_token_is_shown_once_opens_the_api_and_is_revoked(console: Console) -> None:
    known(console)
    client, word = entered(console)
    wish = {"name": "ci <b>", "role": "operator", "days": "7", "hosts": "", "racks": "R1, R 2", "unattended": "true"}
    shown = send(client, "/account/tokens", wish, word=word)
    found = re.search(r"pxs_[a-z2-7]{8}_[A-Za-z0-9_-]{43}", shown.text)
    assert found is not None
    page = client.get("/account", headers=PAGE)
    assert found[0] not in page.text
    assert "R1, R 2" in page.text
    assert "<b>ci <b>" not in page.text
    token = console.stranger()
    token.environ_base.update({"HTTP_AUTHORIZATION": f"Bearer {found[0]}"})
    assert token.get("/api/v1/status").status_code == 200
    assert token.get("/account", headers=PAGE).status_code == 403  # of its own hosts and racks it may ask, and of nothing else
    gone = send(client, f"/account/tokens/{tokens.id_in(found[0])}/revoke", word=word)
    assert gone.headers["HX-Redirect"] == "/account"
    assert token.get("/api/v1/status").status_code == 401


def test_a_viewer_makes_no_token_of_more_and_for_nobody_else(console: Console) -> None:
    known(console, "vera", Role.VIEWER)
    client, word = entered(console, "vera")
    assert '<option value="operator"' not in client.get("/account", headers=PAGE).text
    assert send(client, "/account/tokens", {"name": "x", "role": "operator"}, word=word).status_code == 403
    assert send(client, "/account/tokens", {"name": "x", "role": "viewer", "user": "anna"}, word=word).status_code == 422


def test_sessions_elsewhere_are_seen_and_ended(console: Console) -> None:
    known(console)
    here, word = entered(console)
    there, _ = entered(console)
    page = here.get("/account", headers=PAGE).text
    [other] = re.findall(r"/account/sessions/([0-9a-f]{8})/end", page)
    assert send(here, f"/account/sessions/{other}/end", word=word).status_code == 200
    assert there.get("/api/v1/status").status_code == 401
    assert here.get("/api/v1/status").status_code == 200


def test_a_new_password_ends_the_others_and_goes_on_under_another_cookie(console: Console) -> None:
    known(console)
    here, word = entered(console)
    there, _ = entered(console)
    refused = send(here, "/session/password", {"password": PASSWORD, "new": "short"}, word=word)
    assert (refused.status_code, "12 characters" in refused.text) == (422, True)
    answer = send(here, "/session/password", {"password": PASSWORD, "new": "another pass phrase"}, word=word)
    assert answer.status_code == 200
    assert there.get("/api/v1/status").status_code == 401
    assert send(console.stranger(), "/session", {"name": "anna", "password": PASSWORD}).status_code == 401
    assert word_of(here.get("/account", headers=PAGE)) == answer.json["csrf"] != word


def test_what_was_planted_is_in_no_answer_no_log_and_no_file(console: Console, capfd: pytest.CaptureFixture[str]) -> None:
    known(console)
    client, word = entered(console)
    secret = client.get_cookie("__Host-sid", domain="127.0.0.1").value
    shown = send(client, "/account/tokens", {"name": "ci", "role": "admin", "unattended": "true"}, word=word)
    token = re.search(r"pxs_[a-z2-7]{8}_([A-Za-z0-9_-]{43})", shown.text)
    assert token is not None
    wrong = "a planted wrong password"
    answers = [send(client, "/session/confirm", {"password": wrong}, word=word).text]
    answers += [send(console.stranger(), "/session", {"name": wrong, "password": wrong}).text]
    answers += [client.get(path, headers=accept).text for path in ("/account", "/", "/api/v1/status", "/no") for accept in (PAGE, {})]
    console.app.extensions["reception"].tidy()
    console.store.close()
    kept = b"".join(path.read_bytes() for path in console.config.server.data.rglob("*") if path.is_file())
    logged = "".join(capfd.readouterr())
    for planted in (PASSWORD, wrong, secret, token[1]):
        assert planted.encode() not in kept
        assert planted not in logged
        assert [answer for answer in answers if planted in answer] == []
