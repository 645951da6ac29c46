"""The tables: everything that can be asked of the service can be asked over the API, with all its arguments and no others."""

from __future__ import annotations

import inspect

import pytest

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.table import ROUTES, WITHOUT
from pxeserve.operations import registry

OF_THE_ANSWER = {
    Way.LIST: {"limit", "cursor", "q"}, Way.PAGES: {"limit", "cursor"}, Way.JOB: {"wait"},
}  # fmt: skip
"""What a query says of the answer, and not to the verb."""
OF_THE_WAY = {Way.EDIT: {"revision"}, Way.REMOVE: {"revision"}, Way.PAGES: {"limit"}}
"""What the way itself says to the verb."""


def test_every_verb_has_a_route_or_a_reason_why_not() -> None:
    asked = {route.verb for route in ROUTES}
    assert asked | WITHOUT.keys() == set(registry.verbs())
    assert not asked & WITHOUT.keys()


def named(route: Route) -> str:
    return route.operation


def arguments(route: Route) -> set[str]:
    """What the verb takes."""
    function = inspect.unwrap(registry.verbs()[route.verb].function)
    return {name for name, one in inspect.signature(function).parameters.items() if one.kind is inspect.Parameter.KEYWORD_ONLY}


ELSEWHERE = {
    "get_hosts_host_timeline": {"install"}, "get_installs_install_timeline": {"host"}, "get_installs_install_log": {"name"},
    "get_hosts_name_log": {"install"}, "post_media_verify": {"name"}, "post_media_name_verify": {"everything"},
}  # fmt: skip
"""Arguments that stand for another route of the same verb."""


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_route_says_all_that_its_verb_takes(route: Route) -> None:
    said = {*route.names, *route.query.model_fields, *route.body.model_fields, *route.given} - {"follow"}
    said = said - OF_THE_ANSWER.get(route.way, set()) | OF_THE_WAY.get(route.way, set())
    said |= {route.onwards} if route.way is Way.PAGES else set()
    assert said == arguments(route) - ELSEWHERE.get(route.operation, set())


def test_no_two_routes_are_called_alike() -> None:
    assert len({route.operation for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_a_get_asks_for_nothing_that_changes_anything() -> None:
    assert [route.verb for route in ROUTES if route.method == "GET" and registry.verbs()[route.verb].changes] == []
