"""The gate: nobody comes in who does not belong, and no route is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from pxeserve.console import csrf, gate
from pxeserve.domain.role import Role

PUBLIC_ROUTES = {"/static/<path:name>"}
"""The routes that answer strangers; one more has to be written here, by somebody who has thought about it."""


def test_the_first_page_and_the_first_api_route_answer_a_viewer(console: Any) -> None:
    page = console.as_role(Role.VIEWER).get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<h1>Overview</h1>" in page.text
    answer = console.as_token(Role.VIEWER).get("/api/v1/status")
    assert answer.status_code == 200
    assert answer.json["interface"] == "lo"


def test_no_route_answers_a_stranger_but_those_of_the_list(console: Any) -> None:
    public = {one.rule for one in console.app.url_map.iter_rules() if console.app.view_functions[one.endpoint].gate.who == gate.PUBLIC}
    assert public == PUBLIC_ROUTES
    for one, method in walk(console.app):
        if one not in PUBLIC_ROUTES:
            assert console.stranger().open(one, method=method).status_code == 401, (method, one)


def walk(app: Flask) -> list[tuple[str, str]]:
    """Every route with every method; what is variable in a path as it stands there."""
    return [(one.rule, method) for one in app.url_map.iter_rules() for method in sorted(one.methods or ())]


def test_a_route_without_a_role_stops_the_application() -> None:
    app = Flask("bare")
    app.add_url_rule("/bare", "bare", lambda: "")
    with pytest.raises(gate.UnguardedError, match="does not say who"):
        gate.rules_of(app)


def test_a_get_of_an_operation_that_changes_something_stops_it_too() -> None:
    app, blueprint = Flask("bare", static_folder=None), Blueprint("b", "b")
    gate.route(blueprint, "/arm", verb="host.install")(lambda: "")
    app.register_blueprint(blueprint)
    with pytest.raises(gate.UnguardedError, match=r"host\.install, which changes"):
        gate.rules_of(app)


def test_the_word_of_a_session_tells_nothing_of_it() -> None:
    assert csrf.word("a") != csrf.word("b")
    assert "a-session" not in csrf.word("a-session")
