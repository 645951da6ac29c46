"""Pools on their pages: made, shown, changed if they are still what was shown, given their passwords, and removed by their names."""

from __future__ import annotations

import json

import pytest

from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send

WORDS = """
storage.guests.kind=nfs
storage.guests.server=10.77.0.5
storage.guests.path=/srv/guests
storage.guests.default=yes

storage.luns.kind=lvmoiscsi
storage.luns.target=10.77.0.6
storage.luns.target_iqn=iqn.2008-03.org.example:array
storage.luns.scsi_id=360a98000
storage.luns.chap_user=pool
iqn.xen-r3-01=iqn.2008-03.org.example:one
networks.backup.device=eth1
licence.edition=platinum
"""


@pytest.fixture
def pooled(furnished: Console) -> Console:
    """Three hosts with static addresses, two of them in a pool that was made on its page."""
    context = Context(furnished.config, furnished.store, Actor("tester"), lambda _progress: None)
    for number in (1, 2, 3):
        said = ("name=eth0", "proto=static", f"ipaddr=10.77.0.{10 + number}", "subnet=255.255.255.0")
        registry.call(context, "host.set", {"name": f"xen-r3-0{number}", "set": [f"admin-interface.{one}" for one in said]})
    form = {"name": "rack-c", "master": "xen-r3-01", "hosts": "xen-r3-02", "product": "XCP-ng", "version": "8.3.0", "words": WORDS}
    made = send(furnished.as_role(Role.OPERATOR), "/pools", form)
    assert made.headers.get("HX-Redirect") == "/pools/rack-c", made.text
    return furnished


def test_a_pool_shows_its_hosts_its_storage_and_what_it_lacks(pooled: Console) -> None:
    shown = look(pooled.as_role(Role.VIEWER), "/pools/rack-c")
    hosts = shown.says("//section[@aria-labelledby='hosts-title']")
    assert "xen-r3-01master" in hosts.replace(" ", "") and "10.77.0.12" in hosts and "not known" in hosts
    storage = shown.says("//section[@aria-labelledby='storage-title']")
    assert "10.77.0.5:/srv/guests" in storage and "iqn.2008-03.org.example:array" in storage and "no password" in storage
    assert "eth1" in shown.says("//section[@aria-labelledby='networks-title']")
    assert "pxeserve pool secret rack-c" in shown.says("//div[contains(@class,'flash')]")
    assert shown.all("//button[@data-dialog]") == []
    assert "rack-c" in look(pooled.as_role(Role.VIEWER), "/pools?q=guests").says("//section[@id='list']//tbody")
    assert "None is like that" in look(pooled.as_role(Role.VIEWER), "/pools?q=nothing").says()


def filled_in(console: Console) -> dict[str, str]:
    """What the form holds as it stands."""
    form = look(console.as_role(Role.OPERATOR), "/pools/rack-c").one("//form[@id='change-form']")
    return {name: value for name, value in form.fields.items() if value is not None}


def test_what_the_form_shows_is_what_is_there(pooled: Console) -> None:
    before = look(pooled.as_role(Role.OPERATOR), "/pools/rack-c").one("//input[@name='revision']").get("value")
    assert send(pooled.as_role(Role.OPERATOR), "/pools/rack-c", filled_in(pooled), "PUT").status_code == 200
    assert filled_in(pooled)["revision"] == before


def test_what_the_form_no_longer_says_is_taken_away(pooled: Console) -> None:
    client, form = pooled.as_role(Role.OPERATOR), filled_in(pooled)
    words = ["storage.guests.kind=iso", "storage.guests.server=nas", "storage.guests.path=/i"]
    form |= {"master": "xen-r3-03", "hosts": "xen-r3-01", "words": "\n".join(words)}
    assert send(client, "/pools/rack-c", form, "PUT").status_code == 200
    after = filled_in(pooled)
    assert (after["master"], after["hosts"]) == ("xen-r3-03", "xen-r3-01")
    assert after["words"].split() == words
    second = send(client, "/pools/rack-c", form, "PUT")
    assert second.status_code == 412 and "master" in second.get_json()["detail"]


def test_an_administrator_gives_passwords_and_certificates_that_no_page_shows(pooled: Console) -> None:
    client = pooled.as_role(Role.ADMIN)
    given = {"storage": "luns", "password": "twelve chars", "again": "twelve chars"}
    assert "not alike" in send(client, "/pools/rack-c/secret", given | {"again": "x"}, "PUT").get_json()["detail"]
    assert send(client, "/pools/rack-c/secret", given, "PUT").status_code == 200
    assert send(client, "/pools/rack-c/certificate", {"host": "xen-r3-01", "fingerprint": "ab" * 32}, "PUT").status_code == 200
    shown = look(client, "/pools/rack-c")
    assert "no password" not in shown.says("//section[@aria-labelledby='storage-title']") and "twelve" not in shown.text
    assert "abababababababab…" in shown.says("//section[@aria-labelledby='hosts-title']")
    assert send(pooled.as_role(Role.OPERATOR), "/pools/rack-c/secret", given, "PUT").status_code == 403


def test_a_pool_is_removed_by_its_name_and_its_hosts_stay(pooled: Console) -> None:
    client = pooled.as_role(Role.OPERATOR)
    values = json.loads(look(client, "/pools/rack-c").one("//dialog[@id='remove']//form").get("hx-vals"))
    assert "was not typed" in send(client, "/pools/rack-c", {**values, "confirm": ""}, "DELETE").get_json()["detail"]
    assert send(client, "/pools/rack-c", {**values, "confirm": "rack-c"}, "DELETE").headers["HX-Redirect"] == "/pools"
    assert "No pool yet" in look(client, "/pools").says()
    assert look(client, "/hosts/xen-r3-01").status == 200
