"""Media: what comes in and how it stands, what a check names, who uses one, and what its removal would take away."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.console.jobs import bench
from pxeserve.domain.role import Role
from pxeserve.repo.sample import make_modern_sample
from pxeserve.repo.sources.telling import known_by, told
from pxeserve.repo.staging import BrokenOffError, staging
from tests import media_samples
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send

PATIENCE = 60.0
HOSTILE = "<img src=x onerror=alert(1)>"


def ended(console: Console) -> dict[str, Any]:
    """What came of the newest job, once it has ended."""
    client = console.as_role(Role.ADMIN)
    job = client.get("/api/v1/jobs").get_json()["items"][0]["id"]
    assert bench(console.store).wait(job, PATIENCE)
    return dict(client.get(f"/api/v1/jobs/{job}").get_json())


def bring(console: Console, folder: Path, name: str = "old", kind: str = "4.1") -> dict[str, Any]:
    """A medium that came in by the page."""
    media_samples.make(kind, folder)
    answer = send(console.as_role(Role.OPERATOR), "/media", {"name": name, "source": str(folder), "lies": "copied"})
    assert answer.headers["HX-Redirect"] == "/media"
    return ended(console)


def test_a_page_without_media_says_how_to_begin(console: Console) -> None:
    assert "No medium yet" in (shown := look(console.as_role(Role.OPERATOR), "/media")).says()
    assert "/media/-/import" in shown.all("//section//a/@href")
    assert "No boot loaders yet" in shown.says("//*[@id='loaders']")
    viewer = look(console.as_role(Role.VIEWER), "/media")
    assert "/media/-/import" not in viewer.all("//a/@href") and viewer.all("//button[@data-dialog]") == []


def test_an_import_is_a_job_and_then_a_medium(console: Console, tmp_path: Path) -> None:
    job = bring(console, tmp_path / "tree")
    assert job["state"] == "done", job["problem"]
    shown = look(console.as_role(Role.VIEWER), "/media")
    assert [one.text_content() for one in shown.all("//section[@aria-label='Media']//tbody//b")] == ["old"]
    found = look(console.as_role(Role.VIEWER), "/media/old")
    assert str(tmp_path / "tree") in found.says("//dl") and "good" in found.says()
    assert len(found.all("//*[@id='packages']//tbody/tr")) == job["result"]["package_count"]
    assert found.all("//dialog[@id='remove']") == []


def test_a_sample_says_once_that_it_is_one(console: Console, tmp_path: Path) -> None:
    make_modern_sample(tmp_path / "tree", "xcp-8.3")
    assert send(console.as_role(Role.OPERATOR), "/media", {"name": "try", "source": str(tmp_path / "tree"), "lies": "copied"})
    assert ended(console)["state"] == "done"
    shown = look(console.as_role(Role.VIEWER), "/media")
    assert shown.says("//section[@aria-label='Media']//td[@data-label='Product']") == "XCP-ng 8.3.0 sample"


def test_an_import_that_cannot_be_says_why_on_its_own_page(console: Console, tmp_path: Path) -> None:
    send(console.as_role(Role.OPERATOR), "/media", {"name": "old", "source": str(tmp_path / HOSTILE), "lies": "copied"})
    job = ended(console)
    page = look(console.as_role(Role.VIEWER), f"/jobs/{job['id']}")
    assert job["problem"]["message"] in page.says("//*[@role='alert']")
    assert page.all("//img") == [] and HOSTILE in page.says()


@pytest.mark.parametrize("sent", [{"source": "", "upload": ""}, {"source": "/srv/x.iso", "upload": "x.iso"}])
def test_an_import_has_one_origin(console: Console, sent: dict[str, str]) -> None:
    answer = send(console.as_role(Role.OPERATOR), "/media", {"name": "old", "lies": "copied", **sent})
    assert answer.status_code == 422 and "one of the two is needed" in answer.get_json()["detail"]


def test_a_damaged_file_is_named_and_the_medium_says_so_everywhere(console: Console, tmp_path: Path) -> None:
    bring(console, tmp_path / "tree")
    client = console.as_role(Role.OPERATOR)
    package = look(client, "/media/old").all("//*[@id='packages']//code/text()")[0]
    (place,) = (console.config.server.data / "media").glob(f"old@*/{package}")
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    answer = send(client, "/media/old/verify", {"depth": "full"})
    ended(console)
    assert package in look(client, answer.headers["HX-Redirect"]).says("//li[contains(@class, 'is-bad')]")
    page = look(console.as_role(Role.VIEWER), "/media/old")
    assert "old is damaged" in page.says("//*[@id='state']")
    assert "damaged" in look(client, "/media?q=damaged").says("//section[@aria-label='Media']//tbody")


def test_packages_are_searched_sorted_and_linkable(console: Console, tmp_path: Path) -> None:
    bring(console, tmp_path / "tree")
    page = look(console.as_role(Role.VIEWER), "/media/old?sort=-bytes")
    assert page.all("//th[@aria-sort='descending']//text()") == ["Size"]
    everything = page.all("//*[@id='packages']//code/text()")
    found = look(console.as_role(Role.VIEWER), f"/media/old?q={everything[0].rpartition('/')[2]}")
    assert found.all("//*[@id='packages']//code/text()") == everything[:1]


def test_who_uses_a_medium_is_shown_and_keeps_it_from_being_removed(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    page = look(client, "/media/xcp83")
    assert page.all("//a[@href='/profiles/pool']") and page.all("//a[@href='/hosts?q=profile:pool']/text()") == ["49 hosts"]
    dialog = page.one("//dialog[@id='remove']")
    assert "profile pool" in dialog.text_content()
    assert dialog.xpath(".//input[@name='confirm']/@data-typed") == ["xcp83"]
    refused = send(client, "/media/xcp83", {"confirm": "xcp83"}, "DELETE")
    assert refused.status_code == 409 and "needed by profile pool" in refused.get_json()["detail"]


def test_a_medium_is_removed_by_its_name_typed(console: Console, tmp_path: Path) -> None:
    bring(console, tmp_path / "tree")
    client = console.as_role(Role.OPERATOR)
    assert "was not typed" in send(client, "/media/old", {"confirm": "ol"}, "DELETE").get_json()["detail"]
    assert console.as_role(Role.VIEWER).delete("/media/old", json={"confirm": "old"}).status_code == 403
    assert send(client, "/media/old", {"confirm": "old"}, "DELETE").headers["HX-Redirect"] == "/media"
    assert client.get("/media/old", headers={"Accept": "text/html"}).status_code == 404


def test_an_upload_waits_until_it_is_imported_or_let_go(console: Console) -> None:
    client = console.as_role(Role.OPERATOR)
    assert client.put("/api/v1/uploads/a.iso", data=b"x" * 100, content_type="application/octet-stream").status_code == 201
    assert "a.iso" in look(client, "/media").says("//*[@id='work']")
    assert look(client, "/media/-/import").all("//select[@name='upload']/option/@value") == ["a.iso"]
    answer = send(client, "/media/-/uploads/a.iso", {}, "DELETE")
    assert "live:media" in json.loads(answer.headers["HX-Trigger"])
    assert look(client, "/media").all("//*[@id='work']//li") == []


def test_an_import_from_a_hidden_address_is_named_again_to_go_on(console: Console) -> None:
    home = console.config.server.data / "media"
    shown = told("https://mirror.example/x.iso?key=zq0123456789")
    with pytest.raises(BrokenOffError), staging(home, "far", (shown, "copied"), time.time(), known_by(["..."])):
        raise BrokenOffError("the server went away")
    page = look(console.as_role(Role.OPERATOR), "/media")
    assert "key=********" in page.says("//div[@id='work']")
    assert page.all("//div[@id='work']//a/@href") == ["/media/-/import"] and "Go on" not in page.says("//div[@id='work']")
    answer = send(console.as_role(Role.OPERATOR), "/media", {"name": "far", "source": shown})
    assert "a part of this address is hidden" in ended(console)["problem"]["message"], answer
    assert "key=********" in look(console.as_role(Role.OPERATOR), "/media").says("//div[@id='work']"), "what has come is kept"


def test_work_tells_the_list_when_something_has_ended(console: Console) -> None:
    client = console.as_role(Role.VIEWER)
    assert client.get("/media/-/work?was=1").headers["HX-Trigger"] == "live:media"
    assert "HX-Trigger" not in client.get("/media/-/work?was=0").headers


def test_a_pack_is_made_of_what_was_sent(console: Console) -> None:
    client = console.as_role(Role.OPERATOR)
    content = media_samples.tbz2("tool")
    client.put("/api/v1/uploads/pack-tool", data=content, content_type="application/octet-stream")
    form = {"name": "tools", "id": "custom:tools", "format": "text", "product": "XenServer", "version": "4.1.0", "build": "7843p",
            "upload": ["pack-tool"], "file": ["tool.tar.bz2"]}  # fmt: skip
    answer = send(client, "/media/-/create", form)
    job = ended(console)
    assert job["state"] == "done", job["problem"]
    assert "medium tools is there" in look(client, answer.headers["HX-Redirect"]).says()
    assert "tool.tar.bz2" in look(client, "/media/tools").says("//*[@id='packages']")
    assert client.get("/api/v1/uploads").get_json()["items"] == []
    assert list((console.config.server.data / "authored").iterdir()) == []


def test_another_pack_is_made_of_one_which_stays_as_it_is(console: Console) -> None:
    client = console.as_role(Role.OPERATOR)
    for name in ("tool", "more"):
        client.put(f"/api/v1/uploads/{name}", data=media_samples.tbz2(name), content_type="application/octet-stream")
    form = {"name": "tools", "id": "custom:tools", "format": "text", "product": "XenServer", "version": "4.1.0", "build": "7843p",
            "upload": ["tool"], "file": ["tool.tar.bz2"]}  # fmt: skip
    send(client, "/media/-/create", form)
    assert ended(console)["state"] == "done"
    before = client.get("/api/v1/media/tools").get_json()
    assert "/media/tools/revise" in look(client, "/media/tools").all("//a/@href")
    assert "tool.tar.bz2" in look(client, "/media/tools/revise").says()
    assert "nothing would be changed" in send(client, "/media/tools/revise", {"to": "tools2"}).get_json()["detail"]
    sent = {"to": "tools2", "build": "7843q", "upload": ["more"], "file": ["more.tar.bz2"]}
    answer = send(client, "/media/tools/revise", sent)
    job = ended(console)
    assert job["state"] == "done", job["problem"]
    assert "medium tools2 is there" in look(client, answer.headers["HX-Redirect"]).says()
    after = client.get("/api/v1/media/tools2").get_json()
    assert [one["file"] for one in after["packages"]] == ["tool.tar.bz2", "more.tar.bz2"] and after["build"] == "7843q"
    assert client.get("/api/v1/media/tools").get_json() == before
    assert client.get("/api/v1/uploads").get_json()["items"] == []
    assert list((console.config.server.data / "authored").iterdir()) == []


def test_what_is_a_products_own_is_not_revised(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    assert look(client, "/media/xcp83").all("//a[contains(@href, 'revise')]") == []
    send(client, "/media/xcp83/revise", {"to": "mine", "version": "9"})
    assert "a product's own and stays as it is" in ended(furnished)["problem"]["message"]


@pytest.mark.parametrize("file", ["../../state/site.db", ".hidden", "a/b.rpm", ""])
def test_a_file_of_a_pack_stays_in_its_folder(console: Console, file: str) -> None:
    client = console.as_role(Role.OPERATOR)
    client.put("/api/v1/uploads/one", data=b"x" * 200, content_type="application/octet-stream")
    form = {"name": "tools", "id": "custom:tools", "format": "text", "upload": ["one"], "file": [file]}
    assert send(client, "/media/-/create", form).status_code == 200
    job = ended(console)
    assert "is not the name of a file" in job["problem"]["message"]
    assert [one["name"] for one in client.get("/api/v1/uploads").get_json()["items"]] == ["one"]
