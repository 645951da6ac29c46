"""The way in and out, as a browser goes it, with the real accounts behind it. One's own account is `test_accounts`."""

from __future__ import annotations

import time
from http.cookies import SimpleCookie
from typing import Any

import pytest

from pxeserve.accounts.delays import place_of
from pxeserve.accounts.first_run import FILE
from pxeserve.console import csrf
from pxeserve.domain.role import Role
from tests.console.browsing import ORIGIN, PAGE, PASSWORD, entered, known, send, word_of
from tests.console.conftest import Console


def code(console: Console) -> str:
    console.app.extensions["reception"].offer()
    return (console.config.server.data / "state" / FILE).read_text().strip()


def set_up(client: Any, console: Console, **change: Any) -> Any:
    return send(client, "/setup", {"code": change.get("code") or code(console), "name": "admin", "password": PASSWORD, **change})


def test_the_first_account_is_made_once_and_its_owner_is_in(bare_console: Console) -> None:
    client = bare_console.stranger()
    assert client.get("/", headers=PAGE).headers["Location"] == "/setup"
    assert 'name="code"' in client.get("/setup", headers=PAGE).text
    answer = set_up(client, bare_console)
    assert (answer.status_code, answer.json["role"]) == (200, "admin"), answer.text
    assert set(answer.headers["Set-Cookie"].split("; ")[1:]) == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
    assert client.get("/").status_code == 200
    assert word_of(client.get("/account", headers=PAGE)) == answer.json["csrf"]
    assert not (bare_console.config.server.data / "state" / FILE).exists()
    assert client.get("/setup", headers=PAGE).headers["Location"] == "/login"
    assert set_up(bare_console.stranger(), bare_console, code="A" * 26, name="other").status_code == 409


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"code": "A" * 26}, 409, "not the code"),
        ({"password": "short"}, 422, "password"),
        ({"name": "root"}, 422, "name"),
        ({"role": "admin"}, 422, "role"),
        ({"name": 5}, 422, "name"),
        ({"password": "x" * 1025}, 422, "password"),
        ({"password": "x" * 20_000}, 413, "body"),
    ],
)
def test_what_is_wrong_with_it_is_named(bare_console: Console, change: dict[str, Any], status: int, says: str) -> None:
    answer = set_up(bare_console.stranger(), bare_console, **change)
    assert answer.status_code == status, answer.text
    assert says in answer.json["detail"]
    assert not bare_console.app.extensions["reception"].is_set_up()
    assert "Set-Cookie" not in answer.headers


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


def test_who_is_in_is_led_on_from_where_one_logs_in(console: Console) -> None:
    known(console)
    assert "<h1>Log in</h1>" in console.stranger().get("/login?next=/hosts").text
    client, _ = entered(console)
    assert client.get("/login?next=/hosts").headers["Location"] == "/hosts"


@pytest.mark.parametrize("next_", ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "/a\r\nX: y"])
def test_after_log_in_nobody_is_sent_to_another_host(console: Console, next_: str) -> None:
    answer = console.as_role(Role.VIEWER).get("/login", query_string={"next": next_})
    assert answer.headers["Location"] == "/"


def test_a_stranger_is_shown_the_way_to_log_in_and_comes_back(console: Console) -> None:
    answer = console.stranger().get("/hosts?rack=a&x=%22%3E", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert 'url=/login?next=/hosts%3Frack%3Da%26x%3D%2522%253E"' in answer.text


def test_a_log_in_without_a_page_of_ours_is_refused(console: Console) -> None:
    asked = {"name": "admin", "password": PASSWORD}
    assert console.stranger().post("/session", json=asked).status_code == 403
    assert console.stranger().post("/session", json=asked, headers={"Origin": "https://evil.example"}).status_code == 403
    assert console.stranger().post("/session", data=asked, headers=ORIGIN).status_code == 415


def test_a_token_has_no_session_to_end(console: Console) -> None:
    assert console.as_token(Role.ADMIN).delete("/session").status_code == 409


def test_two_session_cookies_are_none(console: Console) -> None:
    browser = console.as_role(Role.VIEWER)
    mine = next(iter(browser._cookies.values())).value
    stranger = console.stranger()
    said = {"Cookie": f"{csrf.COOKIE}={mine}; {csrf.COOKIE}=other"}
    assert stranger.get("/", headers=said).status_code == 401
