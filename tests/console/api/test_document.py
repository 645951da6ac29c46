"""The document itself, and the page that is drawn from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pxeserve.console.api.document import document
from pxeserve.console.api.page import page
from pxeserve.console.api.table import ROUTES
from pxeserve.console.gate import rules_of
from pxeserve.domain.role import Role
from tests.console.api.conftest import Api

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_page_is_drawn_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "pxeserve api page > docs/api.md"


def test_every_route_of_the_api_is_described_with_its_role_and_nothing_else(console: Any) -> None:
    rules = rules_of(console.app)
    served = {
        (re.sub("<(path:)?", "{", one.rule).replace(">", "}").removeprefix("/api/v1"), method.lower()): rules[one.endpoint].who
        for one in console.app.url_map.iter_rules() if one.rule.startswith("/api/v1")
        for method in (one.methods or set()) - {"HEAD", "OPTIONS"}
    }  # fmt: skip
    described = {(path, method): one["x-role"] for path, operations in document()["paths"].items() for method, one in operations.items()}
    assert described == {key: who.word for key, who in served.items() if isinstance(who, Role)}


def test_every_field_that_goes_in_says_what_it_is_or_is_called_so() -> None:
    """Names alone are enough where they are the site's own words. The editor has tests of its own."""
    silent = {"profile", "medium", "parent", "name", "rack", "tag", "host", "mac", "install", "mode", "interactive", "dialect", "over"}
    found = [
        (one.operation, name)
        for one in ROUTES for name, field in {**one.body.model_fields, **one.query.model_fields}.items()
        if not field.description and not any(getattr(part, "description", None) for part in field.metadata)
        and name not in silent and one.tag not in ("drafts", "history")
    ]  # fmt: skip
    known = {"set", "form", "dry_run", "file", "firmware", "reveal", "values", "state", "role", "user", "actor", "object", "key", "name"}
    assert [one for one in found if one[1] not in known] == []


def test_it_is_whole_and_names_nothing_that_is_not_there() -> None:
    drawn = document()
    schemas, text = drawn["components"]["schemas"], json.dumps(drawn)
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)
    assert not [name for name in schemas if "__" in name]
    operations = [one["operationId"] for operations in drawn["paths"].values() for one in operations.values()]
    assert len(operations) == len(set(operations))


def test_it_is_given_to_whoever_may_look(viewer: Api, console: Any) -> None:
    assert viewer.get("/openapi.json").json == json.loads(json.dumps(document()))
    assert console.stranger().get("/api/v1/openapi.json").status_code == 401


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_a_role_that_is_too_small_gets_no_further(viewer: Api, console: Any, route: Any) -> None:
    from pxeserve.operations import registry

    path = route.path.replace("{", "").replace("}", "")
    asked = registry.verbs()[route.verb]
    answer = Api(console.as_token(Role.OPERATOR) if asked.role is Role.ADMIN else console.as_token(Role.VIEWER)).ask(route.method, path)
    if asked.role > Role.VIEWER:
        assert answer.status_code == 403
    else:
        assert answer.status_code not in (401, 500)


def test_the_page_says_once_what_is_true_of_several_tables() -> None:
    sentences = [part for part in page().split("\n\n") if part in {tag["description"] for tag in document()["tags"]}]
    assert len(sentences) == len(set(sentences)) > 20
