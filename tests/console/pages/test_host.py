"""One host's pages: the timeline as bars beside the medians and as rows with reasons, what is missing, and two people who edit at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pxeserve.console.pages import host
from pxeserve.domain.role import Role
from tests.console import scene
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send


def test_stages_are_bars_beside_their_medians(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/hosts/xen-r1-12")
    stages = [one.text_content() for one in shown.all("//*[@class='gantt']//*[contains(@class, 'label')]/span")]
    assert stages[:5] == ["armed", "address", "loader", "kernel", "installer boots"]
    assert stages[-3:] == ["restart", "own disk", "installed system"]
    packages = shown.one("//details[contains(@data-key, ' packages ')]")
    bar, usual = packages.xpath(".//rect[contains(@class, 'bar')]")
    assert float(bar.get("width").rstrip("%")) > float(usual.get("width").rstrip("%")) > 5
    assert re.fullmatch(r"packages: 1 min 2[89] s, usually 1 min 22 s", packages.xpath(".//svg/@aria-label")[0])
    assert "median of 11 installations" in " ".join(packages.text_content().split())


def test_rows_tell_each_step_and_open_for_its_reasons(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/hosts/xen-r1-13")
    rows = shown.says("//table[@class='steps']")
    assert "pxelinux.0" in rows and "packages 1 to 34 of 60" in rows
    assert "it is armed" in shown.says("//table[@class='steps']//details")
    assert shown.says("//*[@id='next']") == "Expected next: the next package"
    assert shown.one("//body").get("data-live") == "host=xen-r1-13"


def test_a_long_record_is_cut_and_what_is_older_is_a_link_away(furnished: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = furnished.as_role(Role.VIEWER)
    assert not look(viewer, "/hosts/xen-r1-13").all("//a[contains(@href, 'whole')]")
    monkeypatch.setattr(host, "_SHOWN", 12)
    cut = look(viewer, "/hosts/xen-r1-13")
    assert "packages 1 to" not in cut.says("//table[@class='steps']")
    assert cut.one("//a[contains(@href, 'whole')]").get("href") == "/hosts/xen-r1-13?whole=1"
    whole = look(viewer, "/hosts/xen-r1-13?whole=1")
    assert "packages 1 to 34 of 60" in whole.says("//table[@class='steps']")
    assert whole.one("//*[@id='story']").get("hx-get") == "/hosts/xen-r1-13?whole=1"
    assert not whole.all("//a[contains(@href, 'whole')]")


def test_what_did_not_come_is_told_with_all_its_causes_in_order(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/hosts/xen-r2-01")
    assert "Did not come: the installer asks for its answerfile" in shown.says("//*[@id='next']")
    causes = shown.all("//ol[@class='causes']/li")
    assert len(causes) == 5
    assert all("To tell:" in one.text_content() and one.xpath(".//*[@class='fix']") for one in causes)


@pytest.mark.parametrize(("name", "live"), [("xen-r1-13", True), ("xen-r1-01", False)])
def test_operators_get_the_acts_that_fit_and_viewers_none(furnished: Console, name: str, live: bool) -> None:
    operator = look(furnished.as_role(Role.OPERATOR), f"/hosts/{name}")
    assert set(operator.all("//button/@data-dialog")) == ({"cancel", "password"} if live else {"arm", "password", "remove"})
    assert {one.get("id") for one in operator.all("//dialog")} - {"fresh", "over"} == set(operator.all("//button/@data-dialog"))
    viewer = look(furnished.as_role(Role.VIEWER), f"/hosts/{name}")
    assert viewer.all("//button/@data-dialog") == []
    assert [one.get("id") for one in viewer.all("//dialog")] == ["fresh", "over"]


def test_erasing_again_names_what_is_erased_and_wants_the_name(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    dialog = look(client, "/hosts/xen-r1-01").one("//dialog[@id='arm']")
    assert "has been installed before. Its disks will be erased." in dialog.text_content()
    assert dialog.xpath(".//input[@name='confirm']/@data-typed") == ["xen-r1-01"]
    refused = send(client, "/hosts/xen-r1-01/install", {"mode": "", "confirm": ""}).get_json()
    assert "installing it again erases its disks" in refused["detail"]


def test_an_install_is_cancelled(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    answer = send(client, "/hosts/xen-r1-16/cancel", {})
    assert answer.headers["HX-Redirect"] == "/hosts/xen-r1-16"
    assert look(client, "/hosts/xen-r1-16").one("//*[@id='state']").text_content() == "cancelled"
    assert furnished.as_role(Role.VIEWER).post("/hosts/xen-r1-15/cancel", json={}).status_code == 403


def test_of_two_who_edit_the_second_hears_what_the_first_has_changed(furnished: Console) -> None:
    first, second = furnished.as_role(Role.OPERATOR), furnished.as_role(Role.ADMIN)
    forms = [look(one, "/hosts/xen-r3-01/edit") for one in (first, second)]
    values = [{one.get("name"): one.get("value") or "" for one in form.all("//main//input[@name]")} for form in forms]
    for one in values:
        one["profile"] = "pool"
    assert send(first, "/hosts/xen-r3-01", {**values[0], "rack": "R7"}, "PUT").headers["HX-Redirect"] == "/hosts/xen-r3-01"
    stale = send(second, "/hosts/xen-r3-01", {**values[1], "tags": "mine"}, "PUT")
    assert stale.status_code == 412
    assert "changed by somebody else since you read it: rack" in stale.get_json()["detail"]
    assert "R7" in look(second, "/hosts/xen-r3-01").says()


def test_an_edit_sets_and_takes_away(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    form = look(client, "/hosts/xen-r3-02/edit")
    values = {one.get("name"): one.get("value") or "" for one in form.all("//main//input[@name]")}
    assert values["tags"] == "prod"
    sent = {**values, "profile": "pool", "tags": "one, two", "rack": "", "answers": "timezone=UTC\n\nntp-servers=[10.77.0.1]\n"}
    assert send(client, "/hosts/xen-r3-02", sent, "PUT").status_code == 200
    again = look(client, "/hosts/xen-r3-02/edit")
    fields = {one.get("name"): one.get("value") for one in again.all("//main//input[@name]")}
    assert (fields["tags"], fields["rack"]) == ("one, two", "")
    assert "10.77.0.1" in again.says("//details")


def test_a_host_is_removed_by_its_name_typed(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    values = json.loads(look(client, "/hosts/xen-r3-03").one("//dialog[@id='remove']//form").get("hx-vals"))
    refused = send(client, "/hosts/xen-r3-03", {**values, "confirm": "xen"}, "DELETE")
    assert "was not typed" in refused.get_json()["detail"]
    assert send(client, "/hosts/xen-r3-03", {**values, "confirm": "xen-r3-03"}, "DELETE").headers["HX-Redirect"] == "/hosts"
    assert client.get("/hosts/xen-r3-03", headers={"Accept": "text/html"}).status_code == 404


def test_what_a_machine_would_get_is_explained_for_any_firmware(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/hosts/xen-r1-01/explain?firmware=uefi-x64")
    assert shown.one("//option[@selected]").get("value") == "uefi-x64"
    assert "last install is done; it is not armed" in shown.says()
    assert shown.all("//ul[@class='reasons']/li")


def test_values_and_log_say_why_there_are_none(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    assert "no boot loader pxelinux.0 has been imported" in look(client, "/hosts/xen-r1-01/values").says()
    assert "no log of an installation came" in look(client, "/hosts/xen-r1-01/log").says()


def test_an_installers_log_is_not_for_viewers(furnished: Console) -> None:
    viewer = furnished.as_role(Role.VIEWER)
    assert "Log" not in look(viewer, "/hosts/xen-r1-01").says("//nav[@class='tabs']")
    assert viewer.get("/hosts/xen-r1-01/log").status_code == 403


@pytest.mark.parametrize("firmware", ["", "uefi-x64"])
def test_no_word_of_the_command_line_is_said_of_what_is_asked_here(furnished: Console, firmware: str) -> None:
    assert "--firmware" not in look(furnished.as_role(Role.VIEWER), f"/hosts/xen-r3-01/explain?firmware={firmware}").says()


def test_a_rehearsal_is_for_operators_and_says_what_is_in_its_way(furnished: Console) -> None:
    with_service = "no service is running"
    answer = furnished.as_role(Role.VIEWER).get("/hosts/xen-r1-01/rehearse", headers={"Accept": "text/html"})
    assert "An operator can begin a rehearsal" in answer.get_data(as_text=True)
    assert furnished.as_role(Role.VIEWER).post("/hosts/xen-r1-01/rehearse", json={}).status_code == 403
    lines = send(furnished.as_role(Role.OPERATOR), "/hosts/xen-r1-01/rehearse", {"firmware": "bios"}).get_data(as_text=True).splitlines()
    assert with_service in json.loads(lines[-1])["problem"]["detail"]


@pytest.mark.parametrize("path", ["/hosts/xen-r2-05", "/racks/R2", "/discovered", "/"])
def test_nothing_that_a_machine_says_becomes_markup(furnished: Console, path: str) -> None:
    with furnished.store.site.write() as connection:
        from pxeserve.store import tables as t

        connection.execute(t.install.update().where(t.install.c.id == "i-xen-r2-02").values(ended_because=scene.HOSTILE))
    shown = look(furnished.as_role(Role.OPERATOR), path)
    assert scene.HOSTILE in shown.tree.text_content() or "&lt;script&gt;" in shown.text
    assert [one.text for one in shown.all("//script") if one.text] == []
    assert shown.all("//b[text()='bold']") == []


def test_a_host_that_is_none_is_not_found_in_words(furnished: Console) -> None:
    answer = furnished.as_role(Role.VIEWER).get("/hosts/<b>", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "there is no host &lt;b&gt;" in answer.get_data(as_text=True)


def test_a_rehearsal_that_a_mistake_of_ours_ends_is_told_as_an_incident(
    furnished: Console, plant: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(_context: Any, **_arguments: Any) -> Any:
        yield {"begun": {"host": "xen-r1-01", "mac": "", "firmware": "bios", "heard": ""}}
        raise ZeroDivisionError("a planted secret")

    plant("rehearse.walk", fails)
    answer = send(furnished.as_role(Role.OPERATOR), "/hosts/xen-r1-01/rehearse", {"firmware": "bios"}).get_data(as_text=True)
    begun, last = map(json.loads, answer.splitlines())
    logged = capfd.readouterr()
    assert "begun" in begun
    assert last["problem"]["code"] == "internal"
    number = last["problem"]["detail"].rpartition("incident ")[2].rstrip(")")
    assert len(number) == 8
    assert number in logged.out + logged.err
    assert "planted" not in answer
