"""UUIDs tell whose card an unknown MAC may be, and never install anything."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Target, decide
from pxeserve.domain.host import Host
from pxeserve.domain.identity import Claim, by_uuid, claim, same_machine, says_nothing, swapped
from tests.domain.test_decide import ARMED, HOST, MEDIUM, NOW, PROFILE, SITE

UUID = "7e57ab1e-0000-4000-8000-000000000001"
UNKNOWN = Client("52:54:00:77:00:99", Firmware.BIOS, arch=0, uuid=UUID)


@pytest.mark.parametrize(
    "uuid",
    [
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "78563412-3412-7856-90ab-cddeefaabbcc",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "00000000-0000-0000-0000-000000000000",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
    ],
)
def test_what_whole_series_of_boards_carry_says_nothing(uuid: str) -> None:
    assert says_nothing(uuid)
    assert by_uuid([Host(1, "xen01", (), "p", uuid)]) == {}


def test_a_machines_own_uuid_says_something() -> None:
    assert not says_nothing(UUID)


@given(st.uuids().map(str))
def test_the_order_of_bytes_is_no_difference(uuid: str) -> None:
    assert swapped(swapped(uuid)) == uuid
    assert same_machine(uuid, swapped(uuid))
    known = by_uuid([replace(HOST, uuid=uuid)])
    assert claim(known, swapped(uuid)) == (None if says_nothing(uuid) else Claim(swapped(uuid), ("xen01",)))


def test_a_uuid_of_two_hosts_is_nobodys() -> None:
    hosts = [Host(1, "xen01", (), "p", UUID), Host(2, "xen02", (), "p", UUID)]
    found = claim(by_uuid(hosts), UUID)
    assert found == Claim(UUID, ("xen01", "xen02"))
    decision = decide(UNKNOWN, None, None, SITE, claim=found, now=NOW)
    assert (decision.target, decision.because[-1].code) == (Target.OWN_DISK, "uuid-shared")
    assert "xen01 and xen02" in decision.because[-1].text


def test_another_card_gets_its_own_disk_and_the_way_to_enter_it() -> None:
    found = claim(by_uuid([replace(HOST, uuid=UUID)]), UUID)
    decision = decide(UNKNOWN, None, None, SITE, claim=found, now=NOW)
    assert (decision.target, [reason.code for reason in decision.because]) == (Target.OWN_DISK, ["loader", "unknown-host", "other-card"])
    assert "pxeserve discovered adopt 52:54:00:77:00:99 --name xen01" in decision.because[-1].text


def test_a_host_whose_firmware_swaps_the_bytes_is_installed_all_the_same() -> None:
    client = Client(HOST.macs[0], Firmware.BIOS, arch=0, uuid=swapped(UUID))
    decision = decide(client, replace(HOST, uuid=UUID), ARMED, SITE, profile=PROFILE, medium=MEDIUM, now=NOW)
    assert decision.target is Target.INSTALLER
