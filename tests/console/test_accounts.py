"""Coming in, one's own account, and going out again: as a browser does it, with the real accounts behind it."""

from __future__ import annotations

import re
import time
from http.cookies import SimpleCookie
from typing import Any

import pytest

from pxeserve.accounts import tokens
from pxeserve.accounts.delays import place_of
from pxeserve.accounts.first_run import FILE
from pxeserve.console import csrf
from pxeserve.domain.role import Role
from pxeserve.operations.people.users import hasher
from pxeserve.store import accounts as stored
from tests.console.conftest import PLACE, Console

PASSWORD = "correct horse battery"
ORIGIN = {"Origin": f"https://{PLACE}"}
PAGE = {"Accept": "text/html"}


def known(console: Console, name: str = "anna", role: Role = Role.ADMIN) -> None:
    with console.store.site.write() as connection:
        stored.add_user(connection, stored.UserRow(name, role, hasher().hashed(PASSWORD), 1.0, "root", 1.0))


def send(client: Any, path: str, body: dict[str, Any] | None = None, *, method: str = "POST", word: str = "") -> Any:
    return client.open(path, method=method, json=body or {}, headers={**ORIGIN, "X-CSRF": word})


def entered(console: Console, name: str = "anna") -> tuple[Any, str]:
    """A browser that has logged in, and the word that its pages send."""
    client = console.stranger()
    answer = send(client, "/session", {"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client, answer.json["csrf"]


def word_of(page: Any) -> str:
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', page.text)
    assert found is not None
    return found[1]


def test_the_cookie_is_as_strict_as_browsers_know_and_the_answer_tells_nothing_of_it(console: Console) -> None:
    known(console)
    answer = send(console.stranger(), "/session", {"name": "anna", "password": PASSWORD})
    [said] = answer.headers.getlist("Set-Cookie")
    cookie = SimpleCookie(said)["__Host-sid"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"], cookie["max-age"]) == (
        True, True, "Strict", "/", "", ""
    )  # fmt: skip
    assert cookie.value not in answer.text
    assert answer.json == {"user": "anna", "role": "admin", "csrf": csrf.word(cookie.value)}


def test_from_the_code_to_the_first_page(bare_console: Console) -> None:
    client = bare_console.stranger()
    assert client.get("/", headers=PAGE).headers["Location"] == "/setup"
    assert 'name="code"' in client.get("/setup", headers=PAGE).text
    bare_console.app.extensions["reception"].offer()
    file = bare_console.config.server.data / "state" / FILE
    wrong = send(client, "/setup", {"code": "A" * 26, "name": "admin", "password": PASSWORD})
    assert (wrong.status_code, wrong.json["code"]) == (409, "refused")
    answer = send(client, "/setup", {"code": file.read_text(), "name": "admin", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    page = client.get("/account", headers=PAGE)
    assert word_of(page) == answer.json["csrf"]
    assert not file.exists()
    assert client.get("/setup", headers=PAGE).headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "anna", "password": "wrong wrong wrong"}, 401),
        ({"name": "nobody", "password": PASSWORD}, 401),
        ({"name": "anna", "password": "x" * 5000}, 413),
        ({"name": "anna", "password": "x" * 100_000}, 413),
        ({"name": "anna"}, 422),
        ({"name": "anna", "password": PASSWORD, "more": 1}, 422),
        ({"name": ["anna"], "password": PASSWORD}, 422),
        ({"name": "anna", "password": None}, 422),
        ({"name": "anna", "password": {"$ne": ""}}, 422),
    ],
)
def test_who_is_not_let_in_gets_no_cookie_and_a_word_that_fits(console: Console, body: dict[str, Any], status: int) -> None:
    known(console)
    answer = send(console.stranger(), "/session", body)
    assert answer.status_code == status, answer.text
    assert "Set-Cookie" not in answer.headers
    assert PASSWORD not in answer.text
    assert "x" * 100 not in answer.text


def test_who_guesses_is_told_to_wait(console: Console) -> None:
    known(console)
    for _ in range(5):
        send(console.stranger(), "/session", {"name": "anna", "password": "wrong wrong wrong"})
    answer = send(console.stranger(), "/session", {"name": "anna", "password": PASSWORD})
    assert (answer.status_code, answer.json["code"]) == (429, "too-many")
    assert answer.headers["Retry-After"] == "1"


def test_who_has_guessed_for_long_is_told_how_long_to_wait(console: Console) -> None:
    known(console)
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    for number in range(12):  # a minute apart, the last of them 20 s ago: 40 s are left
        console.app.extensions["reception"]._delays.attempt("anna", place_of("127.0.0.1"), now - 20 - 60 * (11 - number))
    answer = send(console.stranger(), "/session", {"name": "anna", "password": PASSWORD})
    assert answer.status_code == 429
    assert 5 < int(answer.headers["Retry-After"]) <= 40
    assert answer.json["fix"] == f"try again in {answer.headers['Retry-After']} s"


def test_logging_in_gives_another_cookie_than_the_one_that_was_brought(console: Console) -> None:
    known(console)
    client, _ = entered(console)
    brought = client.get_cookie("__Host-sid", domain="127.0.0.1").value
    assert send(client, "/session", {"name": "anna", "password": PASSWORD}, word=csrf.word(brought)).status_code == 200
    after = client.get_cookie("__Host-sid", domain="127.0.0.1").value
    assert after != brought
    old = console.stranger()
    old.set_cookie(csrf.COOKIE, brought, domain="127.0.0.1", secure=True)
    assert old.get("/api/v1/status").status_code == 401


def test_logging_out_takes_the_cookie_back_and_makes_it_worth_nothing(console: Console) -> None:
    known(console)
    client, word = entered(console)
    kept = client.get_cookie("__Host-sid", domain="127.0.0.1").value
    answer = send(client, "/session", method="DELETE", word=word)
    assert answer.status_code == 204
    assert client.get_cookie("__Host-sid", domain="127.0.0.1") is None
    client.set_cookie(csrf.COOKIE, kept, domain="127.0.0.1", secure=True)
    assert client.get("/api/v1/status").status_code == 401


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
