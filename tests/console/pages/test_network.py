"""The network's page: leases that are found and turned over, subnets with what is left of them, and what the doctor's rounds told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from pxeserve.config import Config
from pxeserve.console.jobs import bench
from pxeserve.console.web import make_app
from pxeserve.domain.role import Role
from pxeserve.store import events as record
from pxeserve.store import leases
from pxeserve.store import tables as t
from tests.console.conftest import Browser, Console
from tests.console.pages.conftest import look, send

HOSTILE = "<b onclick=x>"
SUBNET = {"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.109"], "router": "10.77.0.1", "lease": "2h"}


@pytest.fixture
def lending(furnished: Console) -> Iterator[Console]:
    """The furnished site with a subnet, three leases and a reservation."""
    server = {"data": str(furnished.config.server.data), "interface": "lo", "address": "127.0.0.1"}
    furnished.config = Config.model_validate({"server": server, "dhcp": {"mode": "server", "subnet": [SUBNET]}})
    furnished.app = make_app(furnished.config, furnished.store, None)
    furnished.app.test_client_class = Browser
    now = time.time()
    with furnished.store.leases.write() as connection:
        for number, mac, name, state, ends in (
            (100, "52:54:00:77:01:01", "xen", "bound", now + 600), (101, "02:00:00:00:00:44", HOSTILE, "bound", now + 60),
            (102, "02:00:00:00:00:45", "", "declined", now + 60), (103, "02:00:00:00:00:46", "gone", "bound", now - 60),
        ):  # fmt: skip
            address = IPv4Address(f"10.77.0.{number}")
            leases.put(connection, [leases.LeaseRow(address, mac, "", name, state, now - 600, ends)])
    with furnished.store.site.write() as connection:
        connection.execute(t.host.update().where(t.host.c.name == "spare-01").values(address="10.77.0.5"))
    yield furnished


def test_who_holds_which_address_is_found_and_linked(lending: Console) -> None:
    client = lending.as_role(Role.VIEWER)
    shown = look(client, "/network")
    rows = [" ".join(one.text_content().split()) for one in shown.all("//*[@id='leases']//tbody/tr")]
    assert shown.all("//*[@id='leases']//tbody//td[1]/b/text()") == ["10.77.0.100", "10.77.0.101", "10.77.0.102"]
    assert "xen-r1-01" in rows[0] and HOSTILE in rows[1] and "in quarantine" in rows[2]
    assert len(look(client, "/network?q=xen-r1").all("//*[@id='leases']//tbody/tr")) == 1
    assert len(look(client, "/network?ended=yes&sort=-address").all("//*[@id='leases']//tbody/tr")) == 4


def test_a_subnet_tells_what_is_left_of_it(lending: Console) -> None:
    shown = look(lending.as_role(Role.VIEWER), "/network")
    panel = shown.says("//section[@aria-labelledby='subnets-title']")
    assert "7 of 10 free" in panel and "10.77.0.100 – 10.77.0.109" in panel and "2 h" in panel
    assert "10.77.0.5" in shown.says("//section[@aria-labelledby='reserved-title']")


def test_other_servers_and_findings_stand_with_their_fixes(furnished: Console) -> None:
    found = {"check": "dhcp-servers", "code": "second-server", "grade": "stops", "text": f"10.0.0.9 lends too {HOSTILE}", "where": "eth0",
             "tell": "first come", "fix": "unplug it", "source": "RFC 2131"}  # fmt: skip
    with furnished.store.events.write() as connection:
        row = {"at": time.time(), "kind": "doctor.finding", "host": None, "mac": None, "address": None, "install": None, "session": None,
               "text": "", "data": found, "outbox_id": None, "steady": None}  # fmt: skip
        record.add(connection, [row, {**row, "data": {**found, "check": "disk", "code": "disk-full", "text": "the disk is full"}}])
    shown = look(furnished.as_role(Role.VIEWER), "/network")
    servers = shown.says("//section[@aria-labelledby='servers-title']")
    assert HOSTILE in servers and "unplug it" in servers and shown.all("//b[@onclick]") == []
    assert "the disk is full" in shown.says("//section[@aria-labelledby='findings-title']")


def test_looking_now_is_an_operators(furnished: Console) -> None:
    assert look(furnished.as_role(Role.VIEWER), "/network").all("//button[@hx-post='/network/look']") == []
    assert furnished.as_role(Role.VIEWER).post("/network/look", json={}).status_code == 403


@pytest.mark.parametrize(("other", "word"), [("isc", "subnet"), ("kea", "client-classes"), ("dnsmasq", "dhcp-boot"), ("windows", "Set-")])
def test_lines_for_another_server_are_linkable(furnished: Console, other: str, word: str) -> None:
    shown = look(furnished.as_role(Role.VIEWER), f"/network/snippets?for={other}")
    assert shown.all("//a[@aria-current='true' and contains(@class, 'chip')]/@href") == [f"/network/snippets?for={other}"]
    assert "127.0.0.1" in shown.says("//pre")


def test_without_leases_the_page_says_whose_they_are(furnished: Console) -> None:
    assert "Addresses are another server's business" in look(furnished.as_role(Role.VIEWER), "/network").says()


def test_a_look_of_the_doctor_is_told_on_its_own_page(furnished: Console) -> None:
    answer = send(furnished.as_role(Role.OPERATOR), "/network/look", {})
    job = answer.headers["HX-Redirect"].rpartition("/")[2]
    assert bench(furnished.store).wait(job, 60.0)
    shown = look(furnished.as_role(Role.OPERATOR), f"/jobs/{job}")
    assert "Where it could not look" in shown.says() and "no service runs with this data folder" in shown.says()
