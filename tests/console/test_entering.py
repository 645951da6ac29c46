"""The way in and out, as a browser goes it."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from pxeserve.accounts import first_run
from pxeserve.accounts.first_run import FirstRun
from pxeserve.console import csrf
from pxeserve.domain.role import Role
from pxeserve.store import accounts
from tests.console.people import PLACE

OURS = {"Origin": f"https://{PLACE}"}
PASSWORD = "correct horse battery"


def code(console: Any) -> str:
    console.app.extensions["reception"].offer()
    return (console.config.server.data / "state" / first_run.FILE).read_text().strip()


def set_up(console: Any, **change: Any) -> Any:
    asked = {"code": change.get("code") or code(console), "name": "admin", "password": PASSWORD, **change}
    browser = console.stranger()
    return browser, browser.post("/setup", json=asked, headers=OURS)


def flags(answer: Any) -> set[str]:
    name, *rest = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-sid=")
    return set(rest)


def test_the_first_account_is_made_once_and_its_owner_is_in(bare_console: Any) -> None:
    assert "<h1>Set up</h1>" in bare_console.stranger().get("/setup").text
    browser, answer = set_up(bare_console)
    assert (answer.status_code, answer.json["role"]) == (200, "admin")
    assert flags(answer) == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
    assert browser.get("/").status_code == 200
    assert browser.get("/setup").headers["Location"] == "/login"
    assert set_up(bare_console, code="A" * 26, name="other")[1].status_code == 409


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
def test_what_is_wrong_with_it_is_named(bare_console: Any, change: dict[str, Any], status: int, says: str) -> None:
    _, answer = set_up(bare_console, **change)
    assert answer.status_code == status, answer.text
    assert says in answer.json["detail"]
    assert not bare_console.app.extensions["reception"].is_set_up()
    assert "Set-Cookie" not in answer.headers


def test_log_in_confirm_change_and_log_out(bare_console: Any) -> None:
    set_up(bare_console)
    browser = bare_console.stranger()
    assert "<h1>Log in</h1>" in browser.get("/login?next=/hosts").text
    wrong = browser.post("/session", json={"name": "admin", "password": "wrong horse battery"}, headers=OURS)
    assert (wrong.status_code, wrong.json["code"]) == (401, "wrong-password")
    entered = browser.post("/session", json={"name": "admin", "password": PASSWORD}, headers=OURS)
    assert flags(entered) == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
    assert PASSWORD not in entered.text
    assert browser.get("/login?next=/hosts").headers["Location"] == "/hosts"

    mine = {**OURS, "X-CSRF": entered.json["csrf"]}
    again = browser.post("/session/confirm", json={"password": PASSWORD}, headers=mine)
    assert again.status_code == 200
    assert again.json["csrf"] == entered.json["csrf"]  # what other windows of this browser send goes on being right
    assert "Set-Cookie" not in again.headers

    changed = browser.post("/session/password", json={"password": PASSWORD, "new": "another horse battery"}, headers=mine)
    assert changed.status_code == 200, changed.text
    mine = {**OURS, "X-CSRF": changed.json["csrf"]}
    gone = browser.delete("/session", json={}, headers=mine)
    assert gone.status_code == 204
    assert "Max-Age=0" in gone.headers["Set-Cookie"]
    assert browser.get("/").status_code == 401
    assert browser.post("/session", json={"name": "admin", "password": PASSWORD}, headers=OURS).status_code == 401


@pytest.mark.parametrize("next_", ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "/a\r\nX: y"])
def test_after_log_in_nobody_is_sent_to_another_host(console: Any, next_: str) -> None:
    answer = console.as_role(Role.VIEWER).get("/login", query_string={"next": next_})
    assert answer.headers["Location"] == "/"


def test_a_stranger_is_shown_the_way_to_log_in_and_comes_back(console: Any) -> None:
    answer = console.stranger().get("/hosts?rack=a&x=%22%3E", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert 'url=/login?next=/hosts%3Frack%3Da%26x%3D%2522%253E"' in answer.text


def test_a_log_in_without_a_page_of_ours_is_refused(console: Any) -> None:
    asked = {"name": "admin", "password": PASSWORD}
    assert console.stranger().post("/session", json=asked).status_code == 403
    assert console.stranger().post("/session", json=asked, headers={"Origin": "https://evil.example"}).status_code == 403
    assert console.stranger().post("/session", data=asked, headers=OURS).status_code == 415


def test_a_token_has_no_session_to_end(console: Any) -> None:
    assert console.as_token(Role.ADMIN).delete("/session").status_code == 409


def test_two_session_cookies_are_none(console: Any) -> None:
    browser = console.as_role(Role.VIEWER)
    mine = next(iter(browser._cookies.values())).value
    stranger = console.stranger()
    said = {"Cookie": f"{csrf.COOKIE}={mine}; {csrf.COOKIE}=other"}
    assert stranger.get("/", headers=said).status_code == 401


def test_of_two_who_set_up_at_once_by_one_code_one_is_let_in(bare_console: Any) -> None:
    """Both have the right code before either has an account."""
    said, ready = code(bare_console), threading.Barrier(2)
    fits = FirstRun.fits

    def both(self: FirstRun, spelled: str) -> bool:
        right = fits(self, spelled)
        ready.wait(30)
        return right

    answers: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FirstRun, "fits", both)

        def try_as(name: str) -> None:
            answers.append(set_up(bare_console, code=said, name=name)[1])

        pair = [threading.Thread(target=try_as, args=(name,)) for name in ("anna", "eve")]
        for one in pair:
            one.start()
        for one in pair:
            one.join(30)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sum("Set-Cookie" in answer.headers for answer in answers) == 1
    with bare_console.store.site.read() as connection:
        assert len(accounts.users(connection)) == 1


@pytest.mark.parametrize("brought", ["x" * 43, "", "a\"b", "\u00e9" * 20, "x" * 6000])
def test_a_session_that_somebody_else_has_chosen_is_never_used(bare_console: Any, brought: str) -> None:
    set_up(bare_console)
    asked = {"name": "admin", "password": PASSWORD}
    answer = bare_console.stranger().post("/session", json=asked, headers={**OURS, "Cookie": f"{csrf.COOKIE}={brought}"})
    assert answer.status_code == 200
    given = answer.headers["Set-Cookie"].partition(";")[0].removeprefix(f"{csrf.COOKIE}=")
    assert len(given) == 43 and given != brought


@pytest.mark.parametrize(
    "next_", ["/a%0d%0aSet-Cookie:x=y", "/%E2%80%A8evil", "/.//evil.example", "/%09/evil.example", "/%5Cevil.example", "/@evil"]
)
def test_after_log_in_no_header_is_added_and_no_host_is_changed(console: Any, next_: str) -> None:
    answer = console.as_role(Role.VIEWER).get(f"/login?next={next_}")
    place = answer.headers["Location"]
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    assert urlsplit(urljoin(f"https://{PLACE}/login", place)).netloc == PLACE
    assert place.isascii() and place.isprintable()
