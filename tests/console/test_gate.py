"""The gate: nobody comes in who does not belong, no page of a stranger comes in with somebody's cookie, and no route is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from pxeserve.console import csrf, gate, web
from pxeserve.domain.role import Role
from tests.console import people

PUBLIC_ROUTES = {"GET /static/<path:name>", "GET /login", "GET /setup", "POST /setup", "POST /session"}
"""The routes that answer strangers; one more has to be written here, by somebody who has thought about it."""

TOKENS_ALONE = {"POST /api/v1/verbs/<name>"}
"""The command line's own way in from elsewhere: no browser's."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
JSON = {"Content-Type": "application/json"}


class Begun(NamedTuple):
    """What is known of a stream when it has begun."""

    status_code: int
    json: Any
    text: str


def routes(app: Flask) -> Iterator[tuple[str, str, gate.Rule]]:
    """Every route with every method, but HEAD beside GET: `GET /hosts/<name>`, a path that it answers, and what it said of itself."""
    rules = gate.rules_of(app)
    for one in app.url_map.iter_rules():
        path = re.sub(r"<int:\w+>", "1", one.rule)
        path = re.sub(r"<[^>]+>", "x", path)
        for method in sorted((one.methods or set()) - {"HEAD"}):
            yield f"{method} {one.rule}", path, rules[one.endpoint]


def ask(client: FlaskClient, route: str, path: str, **more: Any) -> Any:
    method = route.split()[0]
    if route == "GET /live":
        with client.open(path, buffered=False, **more) as begun:  # a stream has no end
            return Begun(begun.status_code, begun.json if begun.mimetype == "application/problem+json" else None, begun.mimetype)
    return client.open(path, method=method, headers=JSON if method != "GET" else {}, **more)


def test_the_first_page_and_the_first_api_route_answer_a_viewer(console: Any) -> None:
    page = console.as_role(Role.VIEWER).get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<h1" in page.text
    answer = console.as_token(Role.VIEWER).get("/api/v1/status")
    assert answer.status_code == 200
    assert answer.json["interface"] == "lo"


def test_no_route_answers_a_stranger_but_those_of_the_list(console: Any) -> None:
    public = {route for route, _, rule in routes(console.app) if rule.who == gate.PUBLIC}
    assert public == PUBLIC_ROUTES
    stranger = console.stranger()
    for route, path, _ in routes(console.app):
        if route not in PUBLIC_ROUTES:
            assert ask(stranger, route, path).status_code == 401, route
    assert stranger.get("/no/such/place").status_code == 401


def test_every_route_refuses_those_with_less_than_its_role_and_nobody_else(console: Any) -> None:
    asked = 0
    for role in Role:
        clients = {enter: enter(role) for enter in (console.as_role, console.as_token)}
        for route, path, rule in routes(console.app):
            if rule.who == gate.PUBLIC:
                continue
            for enter in clients:
                answer = ask(clients[enter], route, path)
                if answer.status_code == 401:  # the route before ended the session, which is what it is for
                    clients[enter] = enter(role)
                    answer = ask(clients[enter], route, path)
                refused = answer.status_code in (401, 403) and (answer.json or {}).get("code") in ("forbidden", "unauthenticated")
                closed = route in TOKENS_ALONE and enter == console.as_role
                assert refused == (role < rule.who or closed), (role, route, answer.text)
                asked += 1
    assert asked > 0


def test_a_role_is_wanted_of_the_route_itself(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    blueprint = Blueprint("steps", "steps")
    for role in Role:
        gate.route(blueprint, f"/{role.word}", role=role, endpoint=role.word)(lambda: "in")
    monkeypatch.setattr(web, "blueprints", lambda: (blueprint,))
    console.app = web.make_app(console.config, console.store, None)
    for mine in Role:
        for client in (console.as_role(mine), console.as_token(mine)):
            for wanted in Role:
                answer = client.get(f"/{wanted.word}")
                assert answer.status_code == (200 if mine >= wanted else 403)
                assert mine >= wanted or answer.json["code"] == "forbidden"


def test_a_route_without_a_role_stops_the_application() -> None:
    app = Flask("bare", static_folder=None)
    app.add_url_rule("/bare", "bare", lambda: "")
    with pytest.raises(gate.UnguardedError, match=r"/bare .* does not say who"):
        gate.rules_of(app)


@pytest.mark.parametrize(
    ("verb", "says"), [("host.install", r"host\.install, which changes"), ("host.no-such", r"no operation host\.no-such")]
)
def test_a_get_of_an_operation_that_changes_something_stops_it_too(verb: str, says: str) -> None:
    app, blueprint = Flask("bare", static_folder=None), Blueprint("b", "b")
    gate.route(blueprint, "/arm", verb=verb)(lambda: "")
    app.register_blueprint(blueprint)
    with pytest.raises(gate.UnguardedError, match=says):
        gate.rules_of(app)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8443.evil.example", '"><script>', "", "127.0.0.1:8443:1"]
)
def test_a_name_that_is_not_ours_is_misdirected(console: Any, host: str) -> None:
    answer = console.as_role(Role.ADMIN).get("/api/v1/status", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json["code"] == "misdirected"
    assert "script" not in answer.text


def test_a_session_and_a_token_at_once_are_refused(console: Any) -> None:
    token = people.token(console.store, Role.VIEWER)
    answer = console.as_role(Role.ADMIN).get("/api/v1/status", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "said",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic YWRtaW46", "bearer {token}", "Bearer {token}x", "Bearer \u00e9", "{token}", "Bearer null"],
)
def test_what_is_no_token_opens_nothing(console: Any, said: str) -> None:
    said = said.format(token=people.token(console.store, Role.VIEWER))
    assert console.stranger().get("/api/v1/status", headers={"Authorization": said}).status_code == 401


def test_a_thousand_wrong_tokens_give_nothing(console: Any) -> None:
    right = people.token(console.store, Role.VIEWER)
    stranger = console.stranger()
    for number in range(1000):
        wrong = f"{right[:-4]}{number:04}"
        answer = stranger.get("/api/v1/status", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401 or wrong == right
        assert "interface" not in answer.text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"HTTP_ORIGIN": "https://evil.example"}, 403),
        ({"HTTP_ORIGIN": "null"}, 403),
        ({"HTTP_ORIGIN": "http://127.0.0.1:8443"}, 403),
        ({"HTTP_ORIGIN": "https://127.0.0.1"}, 403),
        ({"HTTP_ORIGIN": None}, 403),
        ({"HTTP_ORIGIN": None, "HTTP_SEC_FETCH_SITE": "same-site"}, 403),
        ({"HTTP_ORIGIN": None, "HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({"HTTP_X_CSRF": None}, 403),
        ({"HTTP_X_CSRF": ""}, 403),
        ({"HTTP_X_CSRF": csrf.word("another session")}, 403),
        ({"HTTP_X_CSRF": "\u00e9"}, 403),
        ({"CONTENT_TYPE": "text/plain"}, 415),
        ({"CONTENT_TYPE": "application/x-www-form-urlencoded"}, 415),
        ({"CONTENT_TYPE": "multipart/form-data; boundary=a"}, 415),
        ({"CONTENT_TYPE": "text/plain; application/json"}, 415),
        ({"CONTENT_TYPE": None}, 415),
        ({}, 204),
        ({"HTTP_ORIGIN": None, "HTTP_SEC_FETCH_SITE": "same-origin"}, 204),
    ],
)
def test_a_request_that_no_page_of_ours_made_changes_nothing(console: Any, change: dict[str, str | None], status: int) -> None:
    browser = console.as_role(Role.VIEWER)
    environ = {**browser.environ_base, "CONTENT_TYPE": "application/json", **change}
    browser.environ_base = {}
    answer = browser.delete("/session", environ_overrides={key: value for key, value in environ.items() if value is not None})
    assert answer.status_code == status, answer.text
    browser.environ_base = {}
    assert browser.get("/api/v1/status").status_code == (200 if status != 204 else 401)


def test_before_there_is_an_account_only_the_way_to_the_first_one_is_open(bare_console: Any) -> None:
    stranger = bare_console.stranger()
    for route, path, rule in routes(bare_console.app):
        answer = ask(stranger, route, path)
        if rule.early:
            assert answer.status_code not in (303, 503), route
        elif path.startswith(("/api/", "/live")) or not route.startswith("GET "):
            assert (answer.status_code, answer.json["code"]) == (503, "not-set-up"), route
        else:
            assert (answer.status_code, answer.headers["Location"]) == (303, "/setup"), route


def test_every_answer_has_the_headers_that_keep_browsers_to_our_rules(console: Any) -> None:
    for client in (console.as_role(Role.VIEWER), console.stranger()):
        for path in ("/", "/api/v1/status", "/no/such/place", "/static/app.css", "/static/no", "/login"):
            for accept in ("text/html", "application/json"):
                answer = client.get(path, headers={"Accept": accept})
                assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
                assert "Access-Control-Allow-Origin" not in answer.headers
                assert "Strict-Transport-Security" not in answer.headers
                assert "'unsafe" not in answer.headers["Content-Security-Policy"]
                if not path.startswith("/static/"):
                    assert answer.headers["Cache-Control"] == "no-store"


def test_an_imported_certificate_is_kept_to(console: Any) -> None:
    from pxeserve.console.web import make_app

    app = make_app(console.config, console.store, None, imported=lambda: True)
    answer = app.test_client().get("/login", base_url="https://127.0.0.1:8443")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_was_not_foreseen_is_an_incident_and_tells_nothing(console: Any, plant: Any, capfd: pytest.CaptureFixture[str]) -> None:
    def explode(context: object) -> None:
        raise KeyError("a-secret-of-the-house")

    plant("status", explode)
    for accept in ("application/json", "text/html"):
        answer = console.as_role(Role.VIEWER).get("/", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "a-secret" not in answer.text
        assert "Traceback" not in answer.text
        incident = re.search(r"incident ([0-9a-f]{8})", answer.text)
        assert incident is not None
        logged = capfd.readouterr()
        assert incident[1] in logged.out + logged.err
        assert "a-secret-of-the-house" in logged.out + logged.err


def test_an_address_is_believed_of_a_trusted_proxy_alone() -> None:
    from ipaddress import ip_network

    from pxeserve.console.forwarded import peer

    trusted = (ip_network("10.0.0.0/24"),)
    assert peer("192.0.2.7", ["10.9.9.9"], trusted) == "192.0.2.7"
    assert peer("10.0.0.2", ["192.0.2.7"], trusted) == "192.0.2.7"
    assert peer("10.0.0.2", ["10.9.9.9, 192.0.2.7"], trusted) == "192.0.2.7"
    assert peer("10.0.0.2", ["192.0.2.7", "10.0.0.3"], trusted) == "192.0.2.7"
    assert peer("10.0.0.2", ["nonsense"], trusted) == "10.0.0.2"
    assert peer("10.0.0.2", [], trusted) == "10.0.0.2"
