"""What is known beforehand of a host: each thing that would stop it is named at its step, and a host that nothing stops has none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.client import Firmware
from pxeserve.domain.install import InstallState
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations.foresight import foresee
from pxeserve.operations.foresight.firmware import presumed
from pxeserve.rehearse.prediction import Prediction
from pxeserve.store import inventory
from pxeserve.timeline.steps import Step
from tests.operations.test_site import MAC, OTHER, Site, furnished

ADDRESS = {"range": ["10.77.0.100", "10.77.0.199"]}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path, dhcp={"mode": "server", "subnet": [{"network": "10.77.0.0/24", **ADDRESS}]})
    yield made
    made.context.store.close()


def known(site: Site, name: str = "xen01", firmware: Firmware = Firmware.BIOS) -> dict[str, Prediction]:
    with site.context.store.site.read() as connection:
        host = inventory.host(connection, name)
    assert host is not None
    return {one.code: one for one in foresee(site.context, host, host.macs[0], firmware).known}


def changed(site: Site, **change: Any) -> None:
    """The host as a release or a configuration before this one left it."""
    with site.context.store.site.write() as connection:
        host = inventory.host(connection, "xen01")
        assert host is not None
        inventory.put_host(connection, replace(host, **change))


def test_a_host_that_nothing_stops(site: Site) -> None:
    assert [code for code, one in known(site).items() if one.stops] == []


def test_dhcp_that_is_off_stops_everybody(tmp_path: Path) -> None:
    site = furnished(tmp_path, dhcp={"mode": "off"})
    assert known(site)["dhcp-off"].step is Step.OFFERED
    site.context.store.close()


def test_firmware_for_which_there_is_no_loader(site: Site) -> None:
    assert known(site, firmware=Firmware.UEFI_ARM64)["no-loader"].step is Step.LOADER


@pytest.mark.parametrize(
    ("path", "step"), [("install.img", Step.RAM_DISK), ("boot/xen.gz", Step.KERNEL), ("packages.main/", Step.PACKAGES)]
)
def test_a_damaged_file_stops_its_own_step(site: Site, path: str, step: Step) -> None:
    medium = next((site.data / "media").glob("sample@*"))
    target = next(medium.glob(f"{path}*.tar.bz2")) if path.endswith("/") else medium / path
    target.write_bytes(target.read_bytes()[:-1])
    found = known(site)
    assert (found["medium-damaged"].step, found["file-damaged"].step) == (Step.MENU, step)
    assert target.name in found["file-damaged"].text


def test_an_address_that_no_subnet_has_need_not_stop_it(site: Site) -> None:
    changed(site, address=IPv4Address("192.0.2.7"))  # of a subnet that is served no longer
    found = known(site)["reservation-outside"]
    assert (found.stops, "192.0.2.7" in found.text) == (False, True)


@pytest.mark.parametrize(
    ("state", "code"),
    [(InstallState.FROZEN, "arming-frozen"), (InstallState.ANSWERED, "arming-used-up"), (InstallState.INSTALLING, "arming-used-up")],
)
def test_an_install_that_gives_no_menu_any_more(site: Site, state: InstallState, code: str) -> None:
    site.ask("host.install", name="xen01")
    site.live(state)
    assert known(site)[code].step is Step.MENU


def test_answers_that_no_installer_takes(site: Site) -> None:
    changed(site, answers={"no-such-answer": "x"})
    assert any(one.stops and one.step is Step.ANSWERFILE for one in known(site).values())


def test_a_host_boots_as_what_any_of_its_cards_said_last(site: Site) -> None:
    site.ask("host.set", name="xen01", mac=[MAC, OTHER])
    with site.context.store.site.read() as connection:
        host = inventory.host(connection, "xen01")
    assert host is not None
    assert presumed(site.context, host).firmware is Firmware.BIOS
    assert "assumed" in presumed(site.context, host).because

    def says(mac: str, ago: float, firmware: str) -> Event:
        data: dict[str, Any] = {"firmware": firmware, "because": [{}]}
        return Event("dhcp.offer", time.time() - ago, mac=mac, data=data)

    Ledger(site.context.store).write([says(OTHER, 60, "uefi-x64"), says(MAC, 30, "ipxe")])
    assert (presumed(site.context, host).firmware, presumed(site.context, host).mac) == (Firmware.IPXE, MAC)
    assert presumed(site.context, host, OTHER).firmware is Firmware.UEFI_X64
