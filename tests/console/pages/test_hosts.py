"""The list of hosts: what the search finds, by what it is sorted, whose acts are shown to whom, and the acts on many."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from pxeserve.domain.role import Role
from pxeserve.store import inventory
from tests.console.conftest import Console
from tests.console.pages.conftest import Page, look, send


def names(page: Page) -> list[str]:
    return [one.text_content() for one in page.all("//form[@id='pick']//tbody//b")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 49),
        ("rack:R2", 12),
        ("rack:r2 state:idle", 7),
        ("state:look", 3),
        ("tag:gpu rack:R1", 5),
        ("52:54:00:77:01:0a", 1),
        ("r3-0", 9),
        ("profile:nobody", 0),
        ("tag:", 0),
    ],
)
def test_every_word_of_a_search_has_to_hold(furnished: Console, query: str, found: int) -> None:
    shown = look(furnished.as_role(Role.VIEWER), f"/hosts?q={query}")
    assert len(names(shown)) == found
    assert {0: "no hosts", 1: "1 host"}.get(found, f"1–{found} of {found} hosts") == shown.says("//*[@class='pager']")
    assert shown.one("//input[@name='q']").get("value") == query


def test_the_order_and_the_page_stand_in_the_address(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    upwards = look(client, "/hosts?sort=state&q=rack:R1")
    assert names(upwards)[0] == "xen-r1-16"  # armed
    head = upwards.one("//th[@aria-sort]")
    assert head.get("aria-sort") == "ascending"
    down = look(client, head.xpath("./a/@href")[0])
    assert names(down) != names(upwards)
    assert down.one("//th[@aria-sort]").get("aria-sort") == "descending"
    assert parse_qs(urlsplit(head.xpath("./a/@href")[0]).query) == {"q": ["rack:R1"], "sort": ["-state"]}
    beyond = look(client, "/hosts?page=9")
    assert len(names(beyond)) == 49
    assert len(names(look(client, "/hosts?page=-1&sort=nonsense&q="))) == 49


def test_viewers_see_no_act_and_operators_do(furnished: Console) -> None:
    viewer, operator = (look(furnished.as_role(role), "/hosts") for role in (Role.VIEWER, Role.OPERATOR))
    acts = "//a[starts-with(@href, '/hosts/-/new') or starts-with(@href, '/hosts/-/import')] | //button[@formaction] | //td/input"
    assert viewer.all(acts) == []
    assert len(operator.all(acts)) > 50


@pytest.mark.parametrize("path", ["/hosts/-/new", "/hosts/-/import", "/hosts/xen-r1-01/edit"])
def test_a_viewer_gets_no_form_that_changes_something(furnished: Console, path: str) -> None:
    assert furnished.as_role(Role.VIEWER).get(path).status_code == 403
    assert furnished.as_role(Role.OPERATOR).get(path).status_code == 200


def test_a_host_is_added_and_the_next_page_says_so(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    form = look(client, "/hosts/-/new")
    assert form.all("//select[@name='profile']/option/@value") == ["", "pool"]
    values = {"name": "new01", "profile": "pool", "mac": "52:54:00:12:34:56, 52:54:00:12:34:57", "rack": "R9", "tags": "a, b",
              "address": "", "uuid": "", "serial": "S1"}  # fmt: skip
    answer = send(client, "/hosts", values)
    assert answer.headers["HX-Redirect"] == "/hosts/new01"
    assert json.loads(answer.headers["HX-Trigger"])["later"]["text"] == "new01 is there"
    shown = look(client, "/hosts/new01").says()
    assert "R9" in shown and "52:54:00:12:34:57" in shown and "S1" in shown


def test_what_is_wrong_with_a_form_is_told_with_the_field(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    said = send(client, "/hosts", {"name": "", "profile": "pool"}).get_json()
    assert "name is missing" in said["detail"]
    said = send(client, "/hosts", {"name": "x", "profile": "pool", "colour": "red"}).get_json()
    assert "colour: there is no such field" in said["detail"]
    said = send(client, "/hosts", {"name": "x", "profile": "nobody"}).get_json()
    assert "nobody" in said["detail"]
    assert send(client, "/hosts", ["a"]).status_code == 400  # type: ignore[arg-type]


def test_a_table_is_shown_before_it_is_taken_in(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    values = {"text": "name,mac,profile\nnew01,52:54:00:12:34:56,pool\n", "file": "hosts.csv", "form": ""}
    told = send(client, "/hosts/-/import", {**values, "dry_run": "true"}).get_data(as_text=True)
    assert "1 change would be made" in told
    assert client.get("/hosts/new01").status_code == 404
    assert send(client, "/hosts/-/import", values).headers["HX-Redirect"] == "/hosts"
    assert client.get("/hosts/new01").status_code == 200
    refused = send(client, "/hosts/-/import", {**values, "text": "name,colour\nx,red\n"}).get_json()
    assert "hosts.csv" in refused["detail"]


def test_hosts_leave_as_a_table_and_as_a_site(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    table = client.get("/hosts/-/export.csv")
    assert table.headers["Content-Disposition"] == 'attachment; filename="hosts.csv"'
    assert table.get_data(as_text=True).count("\n") == 50
    assert "name: xen-r1-01" in client.get("/hosts/-/export.yaml").get_data(as_text=True)


def test_arming_a_rack_is_planned_with_each_refusal_told_once(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.OPERATOR), "/hosts/-/arm?q=rack:R3")
    assert shown.one("//h1").text == "Arm 20 hosts"
    assert "20 cannot be armed" in shown.says()
    assert len(shown.all("//ul[@class='notes']/li")) == 1  # all for the same reason
    assert shown.all("//input[@name='count']") == []
    assert "Which hosts?" in look(furnished.as_role(Role.OPERATOR), "/hosts/-/arm").says()


def test_arming_many_wants_a_fresh_password_and_says_so_in_a_way_that_the_page_understands(furnished: Console) -> None:
    stale = furnished.as_role(Role.OPERATOR, fresh=False)
    answer = send(stale, "/hosts/-/arm", {"name": ["xen-r3-01", "xen-r3-02"], "count": "2"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-fresh")


def test_cancelling_many_wants_their_number(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    shown = look(client, "/hosts/-/cancel?q=rack:R1")
    assert [one.text_content() for one in shown.all("//tbody//b")] == ["xen-r1-13", "xen-r1-14", "xen-r1-15", "xen-r1-16"]
    assert shown.one("//input[@name='count']").get("data-typed") == "4"
    live = [one.get("value") for one in shown.all("//input[@name='name']")]
    assert "none was" in send(client, "/hosts/-/cancel", {"name": live, "count": "3"}).get_json()["detail"]
    assert send(client, "/hosts/-/cancel", {"name": live, "count": "4"}).headers["HX-Redirect"] == "/hosts"
    assert "Nothing to cancel" in look(client, "/hosts/-/cancel?q=rack:R1").says()


def test_an_empty_list_says_how_to_begin(console: Console) -> None:
    assert "No hosts yet" in look(console.as_role(Role.OPERATOR), "/hosts").says()
    assert "A profile comes first" in look(console.as_role(Role.OPERATOR), "/hosts/-/new").says()


def test_a_search_of_too_many_hosts_is_not_armed_in_part(furnished: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from pxeserve.console.pages import hosts

    monkeypatch.setattr(hosts, "AT_ONCE", 10)
    answer = furnished.as_role(Role.OPERATOR).get("/hosts/-/arm?q=rack:R3")
    assert answer.status_code == 422
    assert "20 hosts are found, and 10 at most" in answer.get_json()["detail"]
    with furnished.store.site.read() as connection:
        assert len(inventory.hosts(connection)) == 49
