"""Help: what it says is drawn from what the code goes by, and a machine that does not boot is told of by its own record."""

from __future__ import annotations

from pxeserve.domain.role import Role
from pxeserve.operations.server.quirks import ROOMS
from pxeserve.timeline.missing import silent
from pxeserve.timeline.missing.verdict import RULES
from tests.console.conftest import Console
from tests.console.pages.conftest import look

HOSTILE = "<script>alert(1)</script>"


def test_every_quirk_is_there_and_found(console: Console) -> None:
    client = console.as_role(Role.VIEWER)
    assert set(look(client, "/help/quirks").all("//tbody/tr/@id")) == {one.name for _, some in ROOMS for one in some}
    found = look(client, "/help/quirks?q=uefi+4011").all("//tbody/tr/@id")
    assert "uefi-asks-4011" in found and len(found) < 12


def test_every_cause_is_in_the_catalogue_and_found(console: Console) -> None:
    client = console.as_role(Role.VIEWER)
    codes = set(look(client, "/help/missing-steps").all("//li//span[contains(@class, 'mono')]/text()"))
    assert codes == {one.code for one in (*silent.RULES, *RULES)}
    shown = look(client, "/help/missing-steps?q=no-relay")
    assert shown.all("//details/@open") == [""] and "ip helper-address" in shown.says()


def test_topologies_say_what_this_server_is_set_to(console: Console) -> None:
    shown = look(console.as_role(Role.VIEWER), "/help/networks")
    assert "[dhcp] mode is proxy" in shown.says("//*[@role='note']")
    assert [one.get("id") for one in shown.all("//section[@id]")] == ["flat", "corporate", "relays", "off", "containers"]


def test_a_host_that_stopped_is_told_with_the_missing_step_and_its_causes(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/help/why?who=xen-r2-01")
    assert "its newest install is booting" in shown.says("//section[@aria-labelledby='heard-title']")
    assert "Did not come: the installer asks for its answerfile" in shown.says("//section[@aria-labelledby='next-title']")
    assert len(shown.all("//section[@aria-labelledby='next-title']//ol[@class='causes']/li")) == 5
    assert "no boot loader pxelinux.0" in shown.says("//section[@aria-labelledby='gets-title']")


def test_a_card_that_was_never_heard_is_led_to_the_usual_causes(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), "/help/why?who=52:54:00:aa:bb:cc")
    heard = shown.says("//section[@aria-labelledby='heard-title']")
    assert "Nothing was ever heard of 52:54:00:aa:bb:cc" in heard and "spanning tree" in heard
    assert any("who=02%3A00" in one or "who=02:00" in one for one in shown.all("//a/@href"))
    assert "It is no host" in shown.says("//section[@aria-labelledby='gets-title']")


def test_a_name_that_is_none_is_said_and_stays_text(furnished: Console) -> None:
    shown = look(furnished.as_role(Role.VIEWER), f"/help/why?who={HOSTILE}")
    assert "there is no host of that name" in shown.says("//*[@role='alert']")
    assert shown.one("//input[@name='who']").get("value") == HOSTILE
    assert HOSTILE not in shown.text


def test_the_first_page_leads_to_all_others(console: Console) -> None:
    links = set(look(console.as_role(Role.VIEWER), "/help").all("//main//a/@href"))
    assert {"/help/networks", "/help/missing-steps", "/help/quirks", "/network", "/media", "/profiles", "/hosts"} <= links
