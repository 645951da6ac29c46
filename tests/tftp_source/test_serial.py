"""Loaders that say what machine they run on: asked where it matters, believed from their own address, and never led to an installer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pxeserve.boot.entry import ASKED_FIRST
from pxeserve.domain.host import Host
from pxeserve.handout.answer import Given
from pxeserve.store import inventory
from tests.tftp_source.test_source import STRANGER, Site, modern, site, with_grub

__all__ = ["site"]

SERIAL, UUID = "CZ3040ABCD", "7e57ab1e-0000-4000-8000-000000000001"
UNKNOWN = "ipxe/52-54-00-77-00-99.pcbios"
MENUS = ("b/{session}/ipxe/boot.ipxe", "b/{session}/grub-debian/grub.cfg", "ipxe/52-54-00-77-00-01.pcbios", "grub/52:54:00:77:00:01.cfg")


@pytest.fixture
def guarded(site: Site) -> Site:
    """The host has a serial number, and is armed; its loaders can say one."""
    modern(site)
    with_grub(site, b"\0smbios\0")
    changed(site, serial=SERIAL)
    site.arm()
    return site


def changed(site: Site, **what: str | None) -> None:
    with site.store.site.write() as connection:
        host = inventory.host(connection, "xen01")
        assert host is not None
        inventory.put_host(connection, replace(host, **what))  # type: ignore[arg-type]


def codes(site: Site) -> list[str]:
    told = [event for event in site.record.events if event.kind == "boot.menu"]
    return [reason["code"] for reason in told[-1].data["because"]]


@pytest.mark.parametrize("path", MENUS)
def test_a_loader_is_asked_before_an_armed_host_s_menu_is_given(guarded: Site, path: str) -> None:
    name = path.format(session=guarded.session)
    given = guarded.http(name)
    assert isinstance(given, Given)
    assert given.rule == ASKED_FIRST
    assert given.data is not None
    assert f"/{name}?serial=".encode() in given.data
    assert b"T0ken" not in given.data
    assert not guarded.record.events
    assert "answerfile=http://10.77.0.1:8069/a/T0ken" in guarded.script(f"{name}?serial={SERIAL}")
    assert guarded.record.events[-1].data["serial"] == SERIAL


@pytest.mark.parametrize(
    "said", ["", "&uuid=", "To%20be%20filled%20by%20O.E.M.", "Default%20string", "00000000", "%00%ff", "x" * 70, "cz3040abcd%20%20"]
)
@pytest.mark.parametrize("path", MENUS)
def test_one_that_says_nothing_of_worth_is_installed_as_before(guarded: Site, path: str, said: str) -> None:
    assert "/a/T0ken" in guarded.script(f"{path.format(session=guarded.session)}?serial={said}")
    assert not guarded.door.others


@pytest.mark.parametrize("path", MENUS)
def test_another_machine_gets_its_own_disk_and_is_told_of(guarded: Site, path: str) -> None:
    menu = guarded.script(f"{path.format(session=guarded.session)}?serial=CZ3040ABCE&uuid={UUID}")
    assert "T0ken" not in menu
    assert menu.splitlines()[-1] in ("exit", "exit 1")
    assert codes(guarded) == ["loader", "serial-differs"]
    [(install, because, _)] = guarded.door.others
    assert install == "k3d9"
    assert "the serial number is CZ3040ABCE, not CZ3040ABCD" in because


def test_another_uuid_counts_as_in_dhcp(guarded: Site) -> None:
    changed(guarded, uuid=UUID)
    path = f"b/{guarded.session}/ipxe/boot.ipxe"
    assert "T0ken" in guarded.script(f"{path}?serial=&uuid={UUID}")
    assert "T0ken" in guarded.script(f"{path}?serial=&uuid=1eab577e-0000-0040-8000-000000000001"), "the bytes the other way round"
    assert "T0ken" in guarded.script(f"{path}?serial=&uuid=00000000-0000-0000-0000-000000000000")
    assert "T0ken" not in guarded.script(f"{path}?serial=&uuid={UUID[:-1]}2")
    assert codes(guarded) == ["uuid-differs"]
    assert len(guarded.door.others) == 1


def test_who_has_no_evidence_says_nothing_and_stops_nothing(guarded: Site) -> None:
    refused = guarded.http(f"b/{guarded.session}/ipxe/boot.ipxe?serial=FORGED1", STRANGER)
    assert not isinstance(refused, Given)
    assert not guarded.door.others
    unknown = guarded.http(f"{UNKNOWN}?serial={SERIAL}", STRANGER)
    assert isinstance(unknown, Given)
    assert codes(guarded) == ["loader", "unknown-host"]
    assert "serial" not in guarded.record.events[-1].data


def test_a_host_without_a_serial_number_and_a_loader_that_says_none_are_not_asked(guarded: Site) -> None:
    assert "boot/xen.gz" in guarded.text(f"b/{guarded.session}/debian/pxelinux.cfg/01-52-54-00-77-00-01")
    with_grub(guarded, b"\0\0")
    assert "T0ken" in guarded.script(f"b/{guarded.session}/grub-debian/grub.cfg")
    changed(guarded, serial=None)
    for path in MENUS:
        assert "T0ken" in guarded.script(path.format(session=guarded.session))


def test_an_unknown_machine_that_says_a_host_s_serial_number_gets_its_own_disk_and_the_host_an_alarm(guarded: Site) -> None:
    assert "chain --replace" in guarded.script(UNKNOWN), "iPXE is asked whoever it is"
    assert "boot/xen.gz" not in guarded.script(f"{UNKNOWN}?serial={SERIAL.lower()}")
    assert codes(guarded) == ["loader", "unknown-host", "other-card-serial"]
    [alarm] = [event for event in guarded.record.events if event.kind == "discovered.other-card"]
    assert (alarm.host, alarm.mac) == ("xen01", "52:54:00:77:00:99")
    assert "pxeserve discovered adopt 52:54:00:77:00:99 --name xen01" in alarm.text
    guarded.script(f"{UNKNOWN}?serial={SERIAL}")
    assert [event.kind for event in guarded.record.events].count("discovered.other-card") == 1, "once a minute"


def test_an_unknown_grub_is_asked_only_where_some_host_has_a_serial_number(guarded: Site) -> None:
    path = "grub/52:54:00:77:00:99.cfg"
    assert "smbios" in guarded.script(path)
    changed(guarded, serial=None)
    assert "smbios" not in guarded.script(path)


def test_a_serial_number_of_two_hosts_is_nobodys(guarded: Site) -> None:
    with guarded.store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen02", ("52:54:00:77:00:02",), "rack-a", serial=SERIAL))
    guarded.script(f"{UNKNOWN}?serial={SERIAL}")
    assert codes(guarded)[-1] == "serial-shared"


def test_tftp_takes_the_same_name(guarded: Site) -> None:
    path = f"b/{guarded.session}/grub-debian/grub.cfg?serial="
    assert "/a/T0ken" in guarded.text(f"{path}  {SERIAL}   ")
    assert "/a/T0ken" not in guarded.text(f"{path}CZ3040ABCE")


def test_a_name_is_not_read_otherwise_because_of_what_is_behind_it(site: Site) -> None:
    (site.data / "tftp/odd?serial=1").write_bytes(b"odd")
    assert site.content("odd?serial=1") == b"odd"
