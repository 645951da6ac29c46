"""An existing answerfile taken over into a profile or a host: one operation, checked and audited, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations.answerfiles.adoption import looked_through
from pxeserve.repo.sample import make_sample
from pxeserve.store import tables
from tests.operations.test_site import Site

VALUES = {"primary-disk": "sda", "nameservers": ["192.0.2.1"], "admin-interface": {"name": "eth0", "proto": "dhcp"}}
HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    found.ask("profile.add", name="rack", set=["timezone=Etc/UTC", "nameservers+=192.0.2.9", "keymap=uk"])
    found.ask("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack")
    yield found
    found.context.store.close()


def _audited(site: Site) -> list[str]:
    with site.context.store.site.read() as connection:
        return [f"{row.action} {row.object}" for row in connection.execute(select(tables.audit).order_by(tables.audit.c.seq))]


def test_the_values_are_set_in_one_audited_operation(site: Site) -> None:
    before = len(_audited(site))
    told = site.ask("answerfile.import", profile="rack", values={**VALUES, "timezone": "Europe/London", "keymap": "uk"}, file="old.xml")
    assert told["set"] == {**VALUES, "timezone": "Europe/London"}
    assert (told["replaced"], told["unchanged"]) == ({"timezone": "Etc/UTC", "nameservers": ["192.0.2.9"]}, ["keymap"])
    assert site.ask("profile.show", name="rack")["answerfile"] == {**VALUES, "timezone": "Europe/London", "keymap": "uk"}
    assert _audited(site)[before:] == [
        "answerfile.import profile rack: admin-interface, nameservers, primary-disk, timezone from old.xml",
    ]


def test_a_dry_run_tells_the_same_and_sets_nothing(site: Site) -> None:
    was, audited = site.ask("profile.show", name="rack"), _audited(site)
    told = site.ask("answerfile.import", profile="rack", values=VALUES, dry_run=True)
    assert (told["set"], told["dry_run"]) == (VALUES, True)
    assert (site.ask("profile.show", name="rack"), _audited(site)) == (was, audited)


def test_a_host_gets_what_it_does_not_inherit_already(site: Site) -> None:
    told = site.ask("answerfile.import", host="xen01", values={**VALUES, "hostname": "xen01", "timezone": "Etc/UTC"})
    assert told["unchanged"] == ["timezone"]
    assert site.ask("host.show", name="xen01")["answerfile"] == {**VALUES, "hostname": "xen01"}


def test_a_hash_is_set_and_not_shown(site: Site) -> None:
    told = site.ask("answerfile.import", profile="rack", values={"root-password": {"hash": HASH}})
    assert HASH not in str(told) + str(_audited(site))
    assert told["set"] == {"root-password": {"hash": "********"}}


def test_a_hash_is_left_where_the_installer_takes_none(site: Site, tmp_path: Path) -> None:
    make_sample(tmp_path / "sample")
    site.ask("media.import", source=tmp_path / "sample", name="old")
    site.ask("profile.set", name="rack", medium="old")
    assert site.ask("answerfile.reader", profile="rack") == {"dialect": "4.1"}
    assert site.ask("answerfile.reader", host="xen01") == {"dialect": "4.1"}
    told = site.ask("answerfile.import", profile="rack", values={"root-password": {"hash": HASH}})
    assert (told["set"], told["left"][0]["field"]) == ({}, "root-password")
    assert "plain text only" in told["left"][0]["why"]


def test_what_a_host_below_could_not_live_with_is_refused_whole(site: Site) -> None:
    site.ask("host.set", name="xen01", set=["admin-interface.ipaddr=192.0.2.11", "admin-interface.subnet=255.255.255.0"])
    was = site.ask("profile.show", name="rack")
    with pytest.raises(PxeserveError, match=r"host xen01: admin-interface\.gateway: 198\.51\.100\.1 is not in"):
        site.ask("answerfile.import", profile="rack", values={"admin-interface": {"gateway": "198.51.100.1"}, "keymap": "us"})
    assert site.ask("profile.show", name="rack") == was


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"values": {}}, "either a profile or a host"),
        ({"values": {}, "profile": "rack", "host": "xen01"}, "either a profile or a host"),
        ({"values": {}, "profile": "none"}, "there is no profile none"),
        ({"values": {}, "host": "none"}, "there is no host none"),
        ({"values": {"nameserver": "192.0.2.1"}, "profile": "rack"}, "nameserver: say it as nameservers"),
    ],
)
def test_what_cannot_be_done_is_said(site: Site, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(PxeserveError, match=says):
        site.ask("answerfile.import", **arguments)


def test_a_profile_without_a_medium_names_no_reader(site: Site) -> None:
    with pytest.raises(RefusedError, match="has no medium whose installer is known"):
        site.ask("answerfile.reader", profile="rack")


def test_a_file_that_its_installer_refuses_is_refused_with_the_linters_finding() -> None:
    with pytest.raises(RefusedError, match=r"old\.xml: line 1:1: XA-\d+: installers of xcp-8\.3 refuse it: .*admin-interface"):
        looked_through("old.xml", b"<installation><primary-disk>sda</primary-disk></installation>", DIALECTS["xcp-8.3"], lambda _: [])
