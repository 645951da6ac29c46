"""The decision as DHCP tells it, asked of the real inventory, installs and loaders."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.dhcp.booting import Boots
from pxeserve.dhcp.classify import classify
from pxeserve.dhcp.options import Code
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Loader, Site
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, inventory

ADDRESS = IPv4Address("10.77.0.51")
SESSIONS = SessionIds(b"k" * 32)


class OneLoader(Loaders):
    """A server that has the BIOS loader, as one with an imported set does."""

    def site_for(self, medium: Medium | None, profile: Profile | None = None) -> Site:
        assert medium is None
        assert profile is None or profile.plain is None
        return Site({Firmware.BIOS: Loader("debian", "pxelinux.0", "test")})


@pytest.fixture
def boots(store: Store, tmp_path: Path) -> Boots:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "xen01", ("52:54:00:00:00:01",), "rack"))
    return Boots(store, SnapshotSource(store), OneLoader(store, tmp_path), SESSIONS)


def asker(machine: Any) -> Any:
    return classify(machine.discover())


def test_a_boot_files_path_carries_the_session(boots: Boots, machine: Callable[..., Any]) -> None:
    boot = boots.boot(asker(machine(1)), 7, ADDRESS, 1000.0)
    assert boot.file == f"b/{boot.session}/debian/pxelinux.0"
    assert boot.host == "xen01"
    assert [reason.code for reason in boot.because] == ["loader", "idle"]
    session = SESSIONS.read(boot.session or "")
    assert session is not None
    assert (session.address, session.mac, session.at) == (ADDRESS, "52:54:00:00:00:01", 1000.0)


def test_one_exchange_is_one_session(boots: Boots, machine: Callable[..., Any]) -> None:
    one = asker(machine(1))
    first = boots.boot(one, 7, ADDRESS, 1000.0)
    assert boots.boot(one, 7, ADDRESS, 1004.0) == first
    assert boots.boot(one, 8, ADDRESS, 1004.0).session != first.session


def test_ipxe_in_a_cards_rom_loads_what_a_bios_loads(boots: Boots, machine: Callable[..., Any]) -> None:
    one = asker(machine(1))
    assert one.ipxe
    assert boots.boot(one, 7, ADDRESS, 1000.0).file


def test_an_architecture_without_a_loader_is_refused_by_name(boots: Boots, machine: Callable[..., Any]) -> None:
    boot = boots.boot(asker(machine(1, options={Code.ARCH: b"\0\x63"})), 7, ADDRESS, 1000.0)
    assert (boot.file, boot.refused) == (None, True)
    assert boot.because[0].code == "unknown-arch"
    assert "architecture 99" in boot.because[0].text


def test_a_server_without_loaders_says_how_to_get_them(store: Store, tmp_path: Path, machine: Callable[..., Any]) -> None:
    boots = Boots(store, SnapshotSource(store), Loaders(store, tmp_path), SESSIONS)
    boot = boots.boot(asker(machine(2, options={Code.USER_CLASS: b"PXE"})), 7, ADDRESS, 1000.0)
    assert (boot.file, boot.refused, boot.because[0].code) == (None, False, "no-loader")
    assert "pxeserve loaders import" in boot.because[0].text


def test_sessions_do_not_pile_up(boots: Boots, machine: Callable[..., Any]) -> None:
    one = asker(machine(1))
    for xid in range(5000):
        boots._session(one.mac, xid, ADDRESS, 0.0)
    assert len(boots._open) == 4096


def test_a_long_path_still_fits_the_bootp_field(boots: Boots, machine: Callable[..., Any]) -> None:
    file = boots.boot(asker(machine(1)), 7, ADDRESS, 1000.0).file
    assert file is not None
    assert len(file) < 127
