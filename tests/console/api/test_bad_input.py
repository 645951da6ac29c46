"""What nobody should send: refused with a status that says what it is, and the field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.console.api.conftest import Api

HOST = {"name": "xen02", "profile": "rack", "mac": ["52:54:00:77:00:02"]}


def raw(api: Api, text: str | bytes, path: str = "/hosts", kind: str = "application/json") -> Any:
    return api.post(path, data=text, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1"),
        ("nonsense", "not JSON"),
        (b"\xff{}", "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        ('{"name": "a", "name": "b"}', "stands twice"),
        ('{"name": NaN}', "no number"),
        ('{"count": ' + "9" * 40 + "}", "digits"),
        ('{"a": ' * 40 + "1" + "}" * 40, "deep"),
        ("[" * 100_000, "deep"),
        ('{"name": "\\ud800"}', "Unicode"),
    ],
)
def test_what_is_no_json_of_ours_is_malformed(site: Api, text: str | bytes, said: str) -> None:
    answer = raw(site, text)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed")
    assert said in answer.json["detail"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"mac": "52:54:00:77:00:02"}, "mac"),
        ({"mac": ["52:54:00:77:00:02", 7]}, "mac.1"),
        ({"set": {"rack": "R2"}}, "set"),
        ({"set": [""]}, "set.0"),
        ({"profile": True}, "profile"),
    ],
)
def test_a_field_that_is_wrong_is_named(site: Api, changed: dict[str, Any], field: str) -> None:
    answer = site.post("/hosts", {**HOST, **changed})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert field in [one["field"] for one in answer.json["errors"]]
    assert site.get("/hosts/xen02").status_code == 404


def test_all_fields_that_are_wrong_are_named_at_once(site: Api) -> None:
    answer = site.post("/hosts", {"mac": [1], "nonsense": 1})
    assert {one["field"] for one in answer.json["errors"]} == {"name", "profile", "mac.0", "nonsense"}


@pytest.mark.parametrize("value", [[], "x", 1, None, True])
def test_a_body_is_an_object(site: Api, value: Any) -> None:
    assert raw(site, json.dumps(value)).status_code == 422


def test_a_body_that_is_too_long_is_not_read(site: Api) -> None:
    assert raw(site, b" " * ((1 << 20) + 1)).status_code == 413
    table = "name,mac\n" + "".join(f"h{number:06},\n" for number in range(150_000))  # a table of a site is longer than that
    assert site.post("/host-table", {"text": table, "form": "csv"}).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", ""])
def test_what_a_form_could_send_is_no_body(site: Api, kind: str) -> None:
    assert raw(site, json.dumps(HOST), kind=kind).status_code == 415


@pytest.mark.parametrize("name", ["..", "a%2Fb", "%00", "x" * 300, "%F0%9F%92%A9", "a%0d%0ab", "' OR 1=1"])
def test_a_name_in_a_path_is_a_name(site: Api, name: str) -> None:
    for path in (f"/hosts/{name}", f"/profiles/{name}", f"/media/{name}", f"/scripts/{name}", f"/jobs/{name}", f"/explain/{name}"):
        assert site.get(path).status_code in (404, 403, 422), path


def test_two_who_add_one_host_are_told_apart(site: Api) -> None:
    assert site.post("/hosts", HOST).status_code == 201
    again = site.post("/hosts", HOST)
    assert (again.status_code, again.json["code"]) == (409, "conflict")


def test_what_is_not_there_is_said_with_a_way_on(site: Api) -> None:
    answer = site.get("/hosts/nobody")
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")
    assert answer.json["fix"]
    assert site.get("/nonsense").status_code == 404
    assert site.ask("PUT", "/hosts").status_code == 405
