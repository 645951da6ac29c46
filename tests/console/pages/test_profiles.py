"""Profiles and scripts: where each stands, who has it, changed if it is still what was shown, and removed by its name."""

from __future__ import annotations

import json

import pytest

from pxeserve.domain.role import Role
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send

SCRIPT = "#!/bin/bash\necho '<b>hello</b>'\n"


def test_a_profile_shows_its_medium_its_hosts_and_what_stands_above_and_below(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    assert send(client, "/profiles", {"name": "leaf", "medium": "", "parent": "pool"}).headers["HX-Redirect"] == "/profiles/leaf"
    shown = look(client, "/profiles/leaf")
    assert "xcp83" in shown.says("//dl") and "inherited" in shown.says("//dl")
    assert "/profiles/pool" in shown.all("//dl//a/@href")
    pool = look(client, "/profiles/pool")
    assert "/profiles/leaf" in pool.all("//dl//a/@href")
    assert "all 49" in pool.says("//section[@aria-labelledby='hosts-title']")
    assert "primary-disk" in pool.says("//section[@aria-labelledby='says-title']")


def test_the_list_is_searched_and_tells_who_has_each(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/profiles?q=xcp83")
    assert shown.all("//section[@id='list']//tbody//td[@data-label='Hosts']//a/text()") == ["49"]
    assert shown.all("//button[@data-dialog]") == []
    assert "None is like that" in look(furnished.as_role(Role.VIEWER), "/profiles?q=nothing").says()


def test_boot_words_are_set_and_taken_away(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    revision = look(client, "/profiles/pool").one("//input[@name='revision']").get("value")
    form = {"medium": "xcp83", "parent": "", "boot": "serial=ttyS0,115200\nxen_args=watchdog", "revision": revision}
    assert send(client, "/profiles/pool", form, "PUT").status_code == 200
    assert "ttyS0,115200" in look(client, "/profiles/pool").says("//section[@aria-labelledby='says-title']")
    assert send(client, "/profiles/pool", form, "PUT").status_code == 412
    revision = look(client, "/profiles/pool").one("//input[@name='revision']").get("value")
    assert send(client, "/profiles/pool", {**form, "boot": "xen_args=watchdog", "revision": revision}, "PUT").status_code == 200
    assert "ttyS0" not in look(client, "/profiles/pool").says("//section[@aria-labelledby='says-title']")


def test_a_profile_that_hosts_have_stays(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    values = json.loads(look(client, "/profiles/pool").one("//dialog[@id='remove']//form").get("hx-vals"))
    assert "was not typed" in send(client, "/profiles/pool", {**values, "confirm": ""}, "DELETE").get_json()["detail"]
    assert "is used by" in send(client, "/profiles/pool", {**values, "confirm": "pool"}, "DELETE").get_json()["detail"]


def test_a_script_is_kept_changed_and_removed(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    kept = send(client, "/profiles/-/scripts", {"name": "", "file": "hello.sh", "text": SCRIPT.replace("\n", "\r\n")})
    assert kept.headers["HX-Redirect"] == "/profiles/-/scripts/hello.sh"
    shown = look(client, "/profiles/-/scripts/hello.sh")
    assert shown.one("//textarea[@name='text']").text == SCRIPT and shown.all("//textarea//b") == []
    revision = shown.one("//input[@name='revision']").get("value")
    changed = send(client, "/profiles/-/scripts/hello.sh", {"text": SCRIPT + "true\n", "file": "", "revision": revision}, "PUT")
    assert changed.status_code == 200
    assert send(client, "/profiles/-/scripts/hello.sh", {"text": SCRIPT, "file": "", "revision": revision}, "PUT").status_code == 412
    values = json.loads(look(client, "/profiles/-/scripts/hello.sh").one("//dialog[@id='remove']//form").get("hx-vals"))
    gone = send(client, "/profiles/-/scripts/hello.sh", {**values, "confirm": "hello.sh"}, "DELETE")
    assert gone.headers["HX-Redirect"] == "/profiles"


def test_a_script_that_cannot_run_is_refused_with_its_line(furnished: Console) -> None:
    answer = send(furnished.as_role(Role.OPERATOR), "/profiles/-/scripts", {"name": "bad", "file": "", "text": "#!/bin/sh\nif true\n"})
    assert "line" in answer.get_json()["detail"] and answer.status_code == 409


@pytest.mark.parametrize("path", ["/profiles/-/scripts/new", "/profiles/-/scripts/any"])
def test_scripts_may_hold_secrets_and_are_no_viewers_business(furnished: Console, path: str) -> None:
    assert furnished.as_role(Role.VIEWER).get(path, headers={"Accept": "text/html"}).status_code == 403


def test_without_profiles_the_page_says_what_comes_first(console: Console) -> None:
    shown = look(console.as_role(Role.OPERATOR), "/profiles")
    assert "A medium comes before that" in shown.says() and "/media" in shown.all("//section//a/@href")
