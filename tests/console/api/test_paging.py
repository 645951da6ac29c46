"""Lists a page at a time: whole, in order, also while they change; and cursors that nobody handed out."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import insert

from pxeserve.console.api import paging
from pxeserve.console.api.route import BASE, Way
from pxeserve.console.api.table import ROUTES
from pxeserve.store import tables as t
from tests.console.api.conftest import Api, a_host

HOSTS = [f"r{number:02}" for number in range(23)]


@pytest.fixture
def many(site: Api) -> Api:
    site.ask("DELETE", "/hosts/xen01")
    for name in HOSTS:
        rack = "R1" if int(name[1:]) % 2 else "R2"
        assert site.post("/hosts", a_host(name, set=[f"rack={rack}"])).status_code == 201
    return site


def walked(api: Api, path: str, key: str = "name") -> list[Any]:
    """All that is told, by the addresses in `Link`."""
    found: list[Any] = []
    for _ in range(100):
        answer = api.get(path)
        assert answer.status_code == 200, answer.text
        found += [item[key] for item in answer.json["items"]]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json["next"] is None)
        if link is None:
            return found
        address, _, rel = link.partition(">; ")
        assert rel == 'rel="next"'
        path = address.removeprefix("<").removeprefix(BASE)
        assert parse_qs(urlsplit(path).query)["cursor"] == [answer.json["next"]]
    raise AssertionError("no end")


@pytest.mark.parametrize("limit", [1, 5, 23, 24, 500])
def test_all_pages_together_are_the_list(many: Api, limit: int) -> None:
    assert walked(many, f"/hosts?limit={limit}") == HOSTS
    assert walked(many, f"/hosts?limit={limit}&rack=R1") == HOSTS[1::2]


def test_a_selection_may_name_several(many: Api) -> None:
    assert walked(many, "/hosts?limit=1&name=r03&name=r01") == ["r01", "r03"]
    many.patch("/hosts/r05", {"set": ["tags=[a, b]"]})
    assert walked(many, "/hosts?tag=a&tag=b") == ["r05"]
    assert many.get("/hosts?tag=a&tag=c").status_code == 404


def test_what_comes_and_goes_meanwhile_neither_doubles_nor_hides_another(many: Api) -> None:
    first = many.get("/hosts?limit=5").json
    many.ask("DELETE", "/hosts/r04")  # the very one at which the page ended
    many.post("/hosts", a_host("r03a"))
    assert [item["name"] for item in many.get(f"/hosts?limit=3&cursor={first['next']}").json["items"]] == ["r05", "r06", "r07"]


def test_lists_that_verbs_give_whole_have_pages_too(site: Api) -> None:
    names = sorted(f"p{number}" for number in range(7))
    for name in names:
        site.post("/profiles", {"name": name})
    for limit in (1, 2, 7, 8):
        assert walked(site, f"/profiles?limit={limit}") == [*names, "rack"]
    first = site.get("/profiles?limit=2").json
    assert first["total"] == 8
    site.ask("DELETE", "/profiles/p1")
    assert [one["name"] for one in site.get(f"/profiles?limit=2&cursor={first['next']}").json["items"]] == ["p3", "p4"]


def test_events_the_newest_first_by_kind_host_and_time(site: Api, console: Any) -> None:
    rows = [
        {"at": 1000.0 + one, "kind": "dhcp.offer" if one % 3 else "tftp.done", "host": "xen01" if one % 2 else None, "text": "", "data": {}}
        for one in range(60)
    ]
    with console.store.events.write() as connection:
        connection.execute(insert(t.event), rows)
    ids = list(range(60, 0, -1))
    assert walked(site, "/events?limit=7", "id") == ids
    assert walked(site, "/events?limit=7&host=xen01", "id") == [one for one in ids if (one - 1) % 2]
    assert walked(site, "/events?limit=7&kind=tftp", "id") == [one for one in ids if (one - 1) % 3 == 0]
    assert walked(site, "/events?limit=7&from=1010&to=1019", "id") == list(range(20, 10, -1))
    assert walked(site, "/events?limit=7&to=999", "id") == []


def test_a_rare_kind_is_found_over_pages_that_each_look_at_a_part(site: Api, console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pxeserve.operations.record import pages as event_pages

    monkeypatch.setattr(event_pages, "_AT_ONCE", 10)
    rows = [{"at": 1000.0 + number, "kind": "rare" if number in (3, 44) else "usual", "text": "", "data": {}} for number in range(60)]
    with console.store.events.write() as connection:
        connection.execute(insert(t.event), rows)
    first = site.get("/events?kind=rare").json
    assert first["items"] == [] and first["next"] is not None
    assert walked(site, "/events?kind=rare", "id") == [45, 4]


def _spelt(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


BAD = ["x", "!!!", _spelt([1]), _spelt({"a": 1}), _spelt([None, 1]), _spelt(["a", -1]), _spelt(["a", 1.5]), _spelt([True, 1]),
       _spelt([1 << 70, 1]), _spelt(["\x00", 1]), _spelt([["a"], 1]), "A" * 600, _spelt("ab")]  # fmt: skip


@pytest.mark.parametrize("path", ["/hosts", "/profiles", "/events"])
@pytest.mark.parametrize("cursor", BAD)
def test_a_cursor_that_was_never_handed_out_is_refused(viewer: Api, path: str, cursor: str) -> None:
    refused = viewer.get(path, query_string={"cursor": cursor})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "cursor"


def test_a_cursor_of_another_list_breaks_nothing(viewer: Api) -> None:
    for path in ("/hosts", "/profiles", "/events"):
        for cursor in (paging.cursor(("xen01", 3)), paging.cursor((12, 1))):
            assert viewer.get(path, query_string={"cursor": cursor}).status_code in (200, 422)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "limit=1&limit=2", "nonsense=1", "cursor=" + "A" * 601])
def test_a_query_that_does_not_fit_is_refused_by_the_fields_name(viewer: Api, query: str) -> None:
    refused = viewer.get(f"/hosts?{query}")
    assert refused.status_code == 422
    assert refused.json["errors"][0] | {"detail": ""} == {"where": "query", "field": query.partition("=")[0], "detail": ""}


def test_a_list_is_searched_and_every_list_can_be(site: Api, admin: Api) -> None:
    """Each word has to stand in some value; what is not a value, such as a field's name, is not looked through."""
    for name in ("rack-a", "rack-b"):
        assert site.post("/profiles", {"name": name, "parent": "rack"}).status_code == 201
    assert walked(admin, "/profiles?q=RACK-&limit=1") == ["rack-a", "rack-b"]
    found = admin.get("/profiles?q=rack-b").json
    assert (found["total"], [one["name"] for one in found["items"]]) == (1, ["rack-b"])
    assert admin.get("/profiles?q=rack-b+nonsense").json == {"items": [], "next": None, "total": 0}
    assert admin.get("/profiles?q=parent+medium").json["total"] == 0
    for route in ROUTES:
        if route.way in (Way.LIST, Way.PAGES):
            assert route.query.model_fields.keys() - {"limit", "cursor"}, f"{route.path} cannot be narrowed"
