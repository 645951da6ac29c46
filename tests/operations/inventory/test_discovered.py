"""Discovered machines become hosts, singly and by a table; whose UUID is whose is never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.installs.subject import Subjects
from pxeserve.snapshot import SnapshotSource
from tests.operations.test_site import Site

ONE, TWO, THREE = "52:54:00:77:00:01", "52:54:00:77:00:02", "52:54:00:77:00:03"
UUID = "7e57ab1e-0000-4000-8000-00000000000"
NOW = 1_800_000_000.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.ask("profile.add", name="rack-a")
    yield made
    made.context.store.close()


def hears(site: Site, mac: str, uuid: str | None = None, **data: Any) -> None:
    said = {"vendor_class": "PXEClient:Arch:00000:UNDI:002001", "arch": "0", **({"uuid": uuid} if uuid else {}), **data}
    Ledger(site.context.store).write([Event("dhcp.discover", NOW, mac=mac, data=said)])


def test_a_discovered_machine_becomes_a_host_with_its_uuid(site: Site) -> None:
    hears(site, ONE, UUID + "1", circuit="eth1/0/7")
    [shown] = site.ask("discovered.list")
    assert (shown["mac"], shown["firmware"], shown["circuit"], shown["notes"]) == (ONE, "bios", "eth1/0/7", [])
    host = site.ask("discovered.adopt", mac="52-54-00-77-00-01", name="XEN01", profile="rack-a", set=["rack=R2", "tags=a"])
    assert (host["name"], host["mac"], host["uuid"], host["rack"], host["tags"]) == ("xen01", [ONE], UUID + "1", "R2", ["a"])
    assert site.ask("discovered.list") == []
    assert "no machine with the MAC" in site.refused("discovered.show", mac=ONE)


def test_a_mac_that_was_not_heard_is_answered_with_the_nearest(site: Site) -> None:
    hears(site, ONE)
    said = site.refused("discovered.adopt", mac="52:54:00:77:00:11", name="xen01", profile="rack-a")
    assert f"did you mean {ONE}?" in said
    assert "needs a profile" in site.refused("discovered.adopt", mac=ONE, name="xen01")
    assert "there is no profile rack-b\n  did you mean rack-a?" in site.refused("discovered.adopt", mac=ONE, name="x", profile="rack-b")


def test_a_uuid_that_two_say_or_that_says_nothing_is_not_taken_over(site: Site) -> None:
    hears(site, ONE, UUID + "1")
    hears(site, TWO, UUID + "1")
    hears(site, THREE, "03000200-0400-0500-0006-000700080009")
    assert TWO in site.ask("discovered.show", mac=ONE)["notes"][0]
    assert "says nothing" in site.ask("discovered.show", mac=THREE)["notes"][0]
    host = site.ask("discovered.adopt", mac=ONE, name="xen01", profile="rack-a")
    assert host["uuid"] is None
    assert "was not taken over" in host["notes"][0]
    assert site.ask("discovered.adopt", mac=THREE, name="xen03", profile="rack-a")["uuid"] is None


def test_cards_of_one_machine_are_adopted_together_with_their_uuid(site: Site) -> None:
    hears(site, ONE, UUID + "1")
    hears(site, TWO, UUID + "1")
    host = site.ask("discovered.adopt", mac=[ONE, TWO], name="xen01", profile="rack-a")
    assert (host["mac"], host["uuid"]) == ([ONE, TWO], UUID + "1")


def test_another_card_is_entered_only_for_its_own_uuid(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=[f"uuid={UUID}1"])
    site.ask("host.add", name="xen02", mac=[THREE], profile="rack-a")
    hears(site, TWO, UUID + "1")
    assert "pxeserve discovered adopt 52:54:00:77:00:02 --name xen01" in site.ask("discovered.list")[0]["notes"][0]
    assert "cannot be told for a card of it" in site.refused("discovered.adopt", mac=TWO, name="xen02")
    assert site.ask("discovered.adopt", mac=TWO, name="xen01")["mac"] == [ONE, TWO]


def says(site: Site, mac: str, serial: str) -> None:
    """Its loader does, when it asks for its menu."""
    Ledger(site.context.store).write([Event("boot.menu", NOW + 1, mac=mac, data={"target": "own-disk", "serial": serial})])


def test_a_serial_number_that_a_loader_said_is_kept_and_taken_over(site: Site) -> None:
    says(site, ONE, "CZ3040ABCD")
    assert site.ask("discovered.list") == [], "nobody is discovered by asking for a file"
    hears(site, ONE, UUID + "1")
    says(site, ONE, "CZ3040ABCD")
    hears(site, ONE, UUID + "1")
    [shown] = site.ask("discovered.list")
    assert (shown["serial"], shown["uuid"], shown["boots"]) == ("CZ3040ABCD", UUID + "1", 1)
    host = site.ask("discovered.adopt", mac=ONE, name="xen01", profile="rack-a")
    assert (host["serial"], host["uuid"]) == ("CZ3040ABCD", UUID + "1")
    assert site.ask("host.show", name="xen01")["serial"] == "CZ3040ABCD"


def test_a_serial_number_that_more_machines_say_is_not_taken_over(site: Site) -> None:
    for mac in (ONE, TWO):
        hears(site, mac)
        says(site, mac, "CZ3040ABCD")
    host = site.ask("discovered.adopt", mac=ONE, name="xen01", profile="rack-a")
    assert host["serial"] is None
    assert f"the serial number CZ3040ABCD was not taken over: {TWO} says it too" in host["notes"][0]
    site.ask("host.set", name="xen01", set=["serial=cz3040abcd"])
    assert "it is xen01's" in str(site.ask("discovered.adopt", mac=TWO, name="xen02", profile="rack-a")["notes"])


def test_another_card_may_say_the_host_s_serial_number_instead_of_its_uuid(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=["serial=CZ3040ABCD"])
    hears(site, TWO, UUID + "1")
    says(site, TWO, "CZ3040ABCD")
    assert "it says xen01's serial number" in site.ask("discovered.list")[0]["notes"][0]
    site.ask("host.set", name="xen01", set=[f"uuid={UUID}2"])
    assert "cannot be told for a card of it" in site.refused("discovered.adopt", mac=TWO, name="xen01"), "its UUID is another's"
    site.ask("host.set", name="xen01", set=["uuid="])
    assert site.ask("discovered.adopt", mac=TWO, name="xen01")["mac"] == [ONE, TWO]


def test_every_reader_says_the_same_of_an_unknown_mac(site: Site) -> None:
    """DHCP knows the UUID from its packet; menus and `explain` from what DHCP told."""
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=[f"uuid={UUID}1"])
    hears(site, TWO, UUID + "1")
    codes = [reason["code"] for reason in site.ask("explain", mac=TWO)["because"]]
    assert "other-card" in codes
    store = site.context.store
    subject = Subjects(store, SnapshotSource(store)).of(TWO, UUID + "1")
    assert (subject.host, subject.claim and subject.claim.hosts) == (None, ("xen01",))
    assert Subjects(store, SnapshotSource(store)).of(ONE, UUID + "2").host is not None  # `decide` refuses that one


def test_two_hosts_of_one_uuid_or_serial_are_refused(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=[f"uuid={UUID}1", "serial=SN1"])
    assert f"uuid {UUID}1 is xen01's" in site.refused("host.add", name="x", mac=[TWO], profile="rack-a", set=[f"uuid={UUID}1"])
    swapped = "1eab577e-0000-0040-8000-000000000001"
    assert "is xen01's" in site.refused("host.add", name="x", mac=[TWO], profile="rack-a", set=[f"uuid={swapped}"])
    assert "serial SN1 is xen01's" in site.refused("host.add", name="x", mac=[TWO], profile="rack-a", set=["serial=SN1"])
    for word, said in (
        ("uuid=03000200-0400-0500-0006-000700080009", "says nothing"),
        ("serial=To be filled by O.E.M.", "says nothing"),
        ("serial=SN\u202e1", "is not a serial number"),
    ):
        assert said in site.refused("host.add", name="x", mac=[TWO], profile="rack-a", set=[word])


def test_a_host_of_which_only_the_uuid_is_known_waits_for_its_card(site: Site) -> None:
    site.ask("host.add", name="xen01", profile="rack-a", set=[f"uuid={UUID}1"])
    assert site.ask("host.show", name="xen01")["mac"] == []
    assert "no card of it is known yet" in site.refused("host.install", name="xen01")
    assert "at least one MAC" in site.refused("host.add", name="xen02", profile="rack-a")
    text = site.ask("export")["site"]
    assert site.ask("apply", text=text)["changes"] == []
    hears(site, TWO, UUID + "1")
    assert site.ask("discovered.adopt", mac=TWO, name="xen01")["mac"] == [TWO]


def test_many_are_adopted_by_a_table_or_none(site: Site) -> None:
    hears(site, ONE, UUID + "1")
    hears(site, TWO, UUID + "2")
    table = f"Name;MAC;Profile;UUID\r\nxen01;{ONE};rack-a;\r\nxen02;;rack-a;{UUID}2\r\n"
    wrong = table.replace(ONE, "52:54:00:77:00:11")
    said = site.refused("discovered.adopt-all", text=wrong, form="csv", file="rack.csv")
    assert "rack.csv: line 2: no machine with the MAC 52:54:00:77:00:11 was heard" in said
    assert site.ask("host.list") == []
    dry = site.ask("discovered.adopt-all", text=table, form="csv", file="rack.csv", dry_run=True)
    assert site.ask("host.list") == []
    assert site.ask("discovered.adopt-all", text=table, form="csv", file="rack.csv")["changes"] == dry["changes"]
    assert [(host["name"], host["mac"], host["uuid"]) for host in site.ask("host.list")] == [
        ("xen01", [ONE], UUID + "1"), ("xen02", [TWO], UUID + "2"),
    ]  # fmt: skip
    assert "there is already a host xen01" in site.refused("discovered.adopt-all", text=table, form="csv", file="rack.csv")


def test_a_list_in_yaml_is_adopted_too(site: Site) -> None:
    hears(site, ONE, UUID + "1")
    text = f"- name: xen01\n  mac: {ONE.replace(':', '-')}\n  profile: rack-a\n  tags: [a, b]\n  answerfile: {{hostname: xen01}}\n"
    site.ask("discovered.adopt-all", text=text, form="yaml", file="rack.yaml")
    shown = site.ask("host.show", name="xen01")
    assert (shown["tags"], shown["answerfile"], shown["uuid"]) == (["a", "b"], {"hostname": "xen01"}, UUID + "1")
    said = site.refused("discovered.adopt-all", text="- {name: x, mak: y}\n", form="yaml", file="rack.yaml")
    assert said.startswith("rack.yaml: line 1: unknown key mak; did you mean mac?")


def test_forgetting_needs_no_service(site: Site) -> None:
    hears(site, ONE)
    assert site.ask("discovered.forget", mac=ONE) == {"forgotten": ONE}
    assert site.ask("discovered.list") == []
