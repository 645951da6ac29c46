"""What may stand in a body: JSON that every program reads alike, and not too much of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Blueprint, Response, jsonify, request

from pxeserve.console import limits
from pxeserve.console.gate import PUBLIC, route
from pxeserve.console.limits import MalformedError, parsed
from pxeserve.errors import PxeserveError
from tests.console.people import PLACE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1, column 1"),
        ("{", "line 1, column 2"),
        ('{"a": 1,\n "a": 2}', '"a" stands twice'),
        ('{"b": {"a": 1, "a": 1}}', '"a" stands twice'),
        ("[" * 33 + "]" * 33, "more than 32 levels"),
        ('{"a":' * 33 + "1" + "}" * 33, "more than 32 levels"),
        ("[" * 200_000, "levels"),
        ('"]]]]"' + "[" * 33, "levels"),
        ('["]]","[",' * 12 + '["\\\\",' * 21, "levels"),
        ("1." + "1" * 1_000_000, "more than 100 characters"),
        ("1" * 21, "more than 20 digits"),
        ("-" + "1" * 21, "more than 20 digits"),
        ("1" * 5000, "more than 20 digits"),
        ("1e999", "too large"),
        ("NaN", "no number"),
        ("-Infinity", "no number"),
        ('"\\ud800"', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        (b"\xff\xfe\x00", "UTF-8|JSON"),
        ("'a'", "line 1"),
        ("1 2", "line 1, column 3"),
    ],
)
def test_what_is_read_differently_elsewhere_is_refused_with_its_place(text: str | bytes, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        parsed(text)


@pytest.mark.parametrize("value", [None, 1, "é", [], {"a": {"b": [1.5, True]}}, 2**63 - 1, -(2**63), "😀"])
def test_everything_else_is_what_it_says(value: Any) -> None:
    assert parsed(json.dumps(value)) == value
    assert parsed(json.dumps(value, ensure_ascii=False)) == value
    assert parsed("[" * 32 + "]" * 32)


TOO_MANY = {
    "objects": "[" + "{}," * 70_000 + "1]",
    "arrays": "[" + "[]," * 70_000 + "1]",
    "numbers": "[" + "1," * 210_000 + "1]",
    "names": "{" + ",".join(f'"{number:06}":1' for number in range(110_000)) + "}",
    "texts": '""' * 210_000,
}


@pytest.mark.parametrize("kind", TOO_MANY)
def test_what_is_too_much_is_refused_before_anything_is_made_of_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.json, "loads", lambda *_, **__: pytest.fail("it was made"))
    with pytest.raises(PxeserveError, match="more than 200,000 values and names") as refused:
        parsed(TOO_MANY[kind])
    assert refused.value.code == "too-large"


def test_a_text_that_does_not_end_is_looked_at_once() -> None:
    """A look from each of its quotation marks to the end would take hours."""
    with pytest.raises(MalformedError, match="line 1, column 1: Unterminated string"):
        parsed('"' + '\\"' * 1_000_000)


def test_one_long_text_counts_once_whatever_stands_in_it() -> None:
    text = '{"a": [1, 2], "b": \'x\'} \\ ' * 300_000
    assert parsed(json.dumps({"text": text})) == {"text": text}


@pytest.fixture
def echoing(console: Any) -> Any:
    """A console with one more route, which says what it was sent."""
    blueprint = Blueprint("echo", "echo")

    @route(blueprint, "/echo", methods=("POST",), role=PUBLIC)
    def echo() -> Response:
        return jsonify(request.get_json())

    @route(blueprint, "/large", methods=("PUT",), role=PUBLIC, body=3 << 20, kinds=("application/octet-stream",))
    def large() -> Response:
        return jsonify(len(request.get_data()))

    from pxeserve.console import gate, web

    found = [*web.blueprints(), blueprint]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web, "blueprints", lambda: iter(found))
        app = web.make_app(console.config, console.store, None)
    assert "echo.echo" in gate.rules_of(app)
    console.app = app
    client = console.stranger()
    client.environ_base["HTTP_ORIGIN"] = f"https://{PLACE}"
    return client


def test_a_body_is_bounded_by_what_the_route_takes_announced_or_not(echoing: Any) -> None:
    kind = {"Content-Type": "application/json"}
    fits = b'"' + b"x" * (limits.MOST_BODY - 2) + b'"'
    assert echoing.post("/echo", data=fits, headers=kind).status_code == 200
    answer = echoing.post("/echo", data=fits + b" ", headers=kind)
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    plain = {"Content-Type": "application/octet-stream"}
    assert echoing.put("/large", data=b"x" * (2 << 20), headers=plain).json == 2 << 20
    assert echoing.put("/large", data=b"x" * (4 << 20), headers=plain).status_code == 413


@pytest.mark.parametrize(("body", "status"), [(b'{"a":1,"a":2}', 400), (b"{", 400), (b"", 400), (b'"\xff"', 400), (b'{"a":1}', 200)])
def test_wrong_json_is_a_problem_with_its_place(echoing: Any, body: bytes, status: int) -> None:
    answer = echoing.post("/echo", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == "malformed"
        assert answer.json["request"] == answer.headers["X-Request-Id"]


def test_a_get_has_no_body(echoing: Any) -> None:
    assert echoing.get("/login", data=b"x").status_code == 400


def test_a_name_that_stands_twice_among_many_is_found_in_one_look() -> None:
    """Compared with each other, the names of a body of a megabyte would take minutes."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    names = [Name(number) for number in range(1000)]
    with pytest.raises(MalformedError, match='"999" stands twice'):
        limits._object([(name, None) for name in [*names, Name(999)]])
    assert compared < 10_000
