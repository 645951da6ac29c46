"""The record's page: narrowed by what stands in its address, turned over, followed, and each row with its reasons."""

from __future__ import annotations

import pytest

from pxeserve.domain.role import Role
from tests.console import scene
from tests.console.conftest import Console
from tests.console.pages.conftest import look

ROWS = "//section[@id='list']//tbody/tr"


def test_rows_link_to_their_hosts_and_open_for_their_reasons(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/events?host=xen-r2-05")
    assert set(shown.all(f"{ROWS}//td[@data-label='Host']//a/@href")) == {"/hosts/xen-r2-05"}
    assert scene.HOSTILE in shown.says("//ul[@class='reasons']")
    menu = look(furnished.as_role(Role.VIEWER), "/events?host=xen-r1-01&kind=boot.menu")
    assert "it is armed" in menu.says("//ul[@class='reasons']")


def test_an_event_without_a_sentence_is_said_by_its_kind(furnished: Console) -> None:
    armed = look(furnished.as_role(Role.VIEWER), "/events?host=xen-r2-04&kind=install.armed")
    assert "install armed" in armed.says(f"{ROWS}//td[@data-label='What']")


@pytest.mark.parametrize(("query", "kinds"), [
    ("kind=install&host=xen-r2-04", {"install.armed"}), ("kind=install.failed", {"install.failed"}),
    ("host=52:54:00:77:02:01&kind=dhcp", {"dhcp.discover", "dhcp.offer", "dhcp.ack"}), ("rack=R2&kind=install.alarm", {"install.alarm"}),
])  # fmt: skip
def test_what_stands_in_the_address_narrows(furnished: Console, query: str, kinds: set[str]) -> None:
    found = look(furnished.as_role(Role.VIEWER), f"/events?{query}").all(f"{ROWS}//a[@class='tag']/text()")
    assert set(found) == kinds


def test_older_ones_are_a_page_further(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    first = look(client, "/events")
    rows = first.all(f"{ROWS}/@id")
    assert len(rows) == 100
    older = look(client, first.one("//a[@rel='next']").get("href")).all(f"{ROWS}/@id")
    assert older[0] not in rows and int(older[0].partition("-")[2]) < int(rows[-1].partition("-")[2])


def test_following_shows_the_list_again_and_keeps_what_was_asked(furnished: Console) -> None:
    client = furnished.as_role(Role.VIEWER)
    still = look(client, "/events?kind=install")
    assert still.one("//section[@id='list']").get("hx-trigger") is None
    shown = look(client, "/events?kind=install&follow=yes").one("//section[@id='list']")
    assert shown.get("hx-trigger") == "live:events from:body"
    assert shown.get("hx-get") == "/events?kind=install&follow=yes"


@pytest.mark.parametrize(("query", "said"), [
    ("host=nobody", "there is no host nobody"), ("from=yesterday", "from: 'yesterday' is no time"),
    ("kind=%3Cb%3E", "is not a kind of event"),
])  # fmt: skip
def test_what_cannot_be_meant_is_told_in_its_place(furnished: Console, query: str, said: str) -> None:
    shown = look(furnished.as_role(Role.VIEWER), f"/events?{query}")
    assert said in shown.says("//*[@role='alert']")
    assert shown.all(ROWS) == []


def test_an_empty_record_says_how_it_fills(console: Console) -> None:
    assert "Let a machine boot from the network" in look(console.as_role(Role.VIEWER), "/events").says()


@pytest.mark.parametrize("after", ["²", "١", "-1", "x", "9" * 30])
def test_what_is_no_place_in_the_record_is_as_if_it_were_not_said(console: Console, after: str) -> None:
    assert console.as_role(Role.VIEWER).get("/events", query_string={"after": after}).status_code == 200
