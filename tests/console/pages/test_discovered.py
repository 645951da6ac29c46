"""Discovered machines: as they described themselves, adopted singly or many at once, or forgotten."""

from __future__ import annotations

import json

from pxeserve.domain.role import Role
from tests.console import scene
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send

ONE, TWO = "02:00:00:00:00:07", "02:00:00:00:00:08"


def test_each_is_shown_as_its_firmware_described_it(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/discovered")
    rows = [" ".join(one.text_content().split()) for one in shown.all("//tbody/tr")]
    assert len(rows) == 2
    assert ONE in rows[0] and "uefi-x64" in rows[0] and scene.UUID in rows[0]
    assert "ge-0/0/7" in rows[1] and scene.HOSTILE in rows[1]
    assert shown.all("//input[@name='name']") == []
    assert len(look(furnished.as_role(Role.VIEWER), "/discovered?q=ge-0").all("//tbody/tr")) == 1


def test_those_that_are_named_become_hosts_and_the_others_stay(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    answer = send(client, "/discovered/adopt", {"mac": [ONE, TWO], "name": ["", "new02"], "profile": "pool", "rack": "R9"})
    assert answer.headers["HX-Redirect"] == "/hosts/new02"
    assert TWO in look(client, "/hosts/new02").says()
    left = look(client, "/discovered")
    assert [one.get("value") for one in left.all("//tbody//input[@name='mac']")] == [ONE]


def test_all_are_adopted_or_none(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    answer = send(client, "/discovered/adopt", {"mac": [ONE, TWO], "name": ["new01", "xen-r1-01"], "profile": "pool", "rack": ""})
    assert "there is already a host xen-r1-01" in answer.get_json()["detail"]
    assert client.get("/hosts/new01").status_code == 404
    nobody = send(client, "/discovered/adopt", {"mac": [ONE, TWO], "name": ["", ""], "profile": "pool", "rack": ""}).get_json()
    assert "no machine was given a name" in nobody["detail"]
    crooked = send(client, "/discovered/adopt", {"mac": [ONE, TWO], "name": ["a"], "profile": "pool", "rack": ""}).get_json()
    assert "not equally many" in crooked["detail"]


def test_one_is_forgotten_and_the_list_shows_itself_again(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    answer = send(client, "/discovered/forget", {"mac": ONE})
    assert answer.status_code == 204
    assert "live:hosts" in json.loads(answer.headers["HX-Trigger"])
    assert len(look(client, "/discovered").all("//tbody/tr")) == 1
    assert furnished.as_role(Role.VIEWER).post("/discovered/forget", json={"mac": TWO}).status_code == 403


def test_where_none_was_heard_the_page_says_what_to_do(console: Console) -> None:
    assert "Switch one on and let it boot from the network" in look(console.as_role(Role.VIEWER), "/discovered").says()
