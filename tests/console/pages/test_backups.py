"""Backups on their pages: listed, shown with what they hold, read again, fetched by an administrator and removed by their ids."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.console.jobs import bench
from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.store import pools
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send
from tests.recovery.backups.dumps import MASTER, SECRET, dump

KIND = {"Content-Type": "application/octet-stream"}
PATIENCE = 60.0
HOSTS = ("xen-r3-01", "xen-r3-02")


@pytest.fixture
def kept(furnished: Console) -> dict[str, Any]:
    """A good backup of a pool of two, and a refused one; the good one as the API tells it."""
    with furnished.store.site.write() as connection:
        pools.save(connection, Pool("rack-c", HOSTS[0], tuple(map(Member, HOSTS))))
    client = furnished.as_role(Role.OPERATOR)
    found = client.put("/api/v1/pools/rack-c/backups", data=dump(hosts=HOSTS), headers=KIND).get_json()
    assert client.put("/api/v1/pools/rack-c/backups", data=b"no dump", headers=KIND).status_code >= 400
    return dict(found)


def test_the_list_tells_what_is_good_and_why_what_is_not(furnished: Console, kept: dict[str, Any]) -> None:
    viewer = furnished.as_role(Role.VIEWER)
    shown = look(viewer, "/backups").says("//section[@id='list']//tbody")
    assert kept["id"] in shown and "rack-c" in shown and "8.3.0" in shown and "refused" in shown
    assert "refused" not in look(viewer, "/backups?q=8.3.0").says("//section[@id='list']//tbody")
    assert "None is like that" in look(viewer, "/backups?q=nothing").says()


def test_one_shows_what_it_holds_and_no_secret_of_it(furnished: Console, kept: dict[str, Any]) -> None:
    shown = look(furnished.as_role(Role.VIEWER), f"/backups/{kept['id']}")
    assert "master" in shown.says(f"//section[@aria-labelledby='hosts-title']//tr[contains(., '{MASTER}')]")
    assert "Local storage" in shown.says("//section[@aria-labelledby='suspended-title']")
    assert kept["sha256"] in shown.says("//section[@aria-labelledby='is-title']") and SECRET not in shown.text
    assert not shown.all("//button[@hx-post] | //dialog[@id='remove']")
    operator = look(furnished.as_role(Role.OPERATOR), f"/backups/{kept['id']}")
    assert [one.get("hx-post") for one in operator.all("//main//button[@hx-post]")] == [f"/backups/{kept['id']}/check"]


def test_a_refused_one_says_why_and_offers_no_bytes(furnished: Console, kept: dict[str, Any]) -> None:
    admin = furnished.as_role(Role.ADMIN)
    refused = next(one for one in admin.get("/api/v1/backups").get_json()["items"] if one["state"] == "refused")
    shown = look(admin, f"/backups/{refused['id']}")
    assert refused["because"] in shown.says("//div[contains(@class,'is-bad')]") and not shown.all("//main//button[@hx-post]")
    assert "none of it was kept" in send(admin, f"/backups/{refused['id']}/fetch", {}).get_json()["detail"]


def test_a_damaged_one_says_when_and_why_and_can_be_read_again(furnished: Console, kept: dict[str, Any]) -> None:
    admin, path = furnished.as_role(Role.ADMIN), f"/backups/{kept['id']}"
    (furnished.config.server.data / "backups" / f"{kept['id']}.enc").unlink()
    assert admin.get(f"/api/v1{path}/content").status_code == 409
    shown = look(admin, path)
    said = shown.says("//div[contains(@class,'is-bad')]")
    assert "It is damaged, found 2" in said and "No such file" in said and "refused" not in said
    assert [one.get("hx-post") for one in shown.all("//main//button[@hx-post]")] == [f"{path}/check"]
    assert "damaged" in look(admin, "/backups?q=damaged").says("//section[@id='list']//tbody")


def test_reading_one_again_is_a_job_that_leads_back(furnished: Console, kept: dict[str, Any]) -> None:
    client = furnished.as_role(Role.OPERATOR)
    led = send(client, f"/backups/{kept['id']}/check", {}).headers["HX-Redirect"]
    assert bench(furnished.store).wait(led.rpartition("/")[2], PATIENCE)
    shown = look(client, led)
    assert "Every byte of it is as it came" in shown.says() and shown.all(f"//a[@href='/backups/{kept['id']}']")


def test_an_administrator_is_led_to_the_bytes_after_the_password(furnished: Console, kept: dict[str, Any]) -> None:
    path = f"/backups/{kept['id']}/fetch"
    assert send(furnished.as_role(Role.OPERATOR), path, {}).status_code == 403
    assert send(furnished.as_role(Role.ADMIN, fresh=False), path, {}).get_json()["code"] == "not-fresh"
    client = furnished.as_role(Role.ADMIN)
    assert client.get(send(client, path, {}).headers["HX-Redirect"]).data == dump(hosts=HOSTS)


def test_one_is_removed_by_its_id(furnished: Console, kept: dict[str, Any]) -> None:
    client, path = furnished.as_role(Role.ADMIN), f"/backups/{kept['id']}"
    assert "was not typed" in send(client, path, {"confirm": "it"}, "DELETE").get_json()["detail"]
    assert send(client, path, {"confirm": kept["id"]}, "DELETE").headers["HX-Redirect"] == "/backups"
    assert client.get(path).status_code == 404


def test_the_page_of_a_pool_lists_its_own(furnished: Console, kept: dict[str, Any]) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/pools/rack-c").says("//section[@aria-labelledby='backups-title']")
    assert kept["id"] in shown and "refused" in shown
