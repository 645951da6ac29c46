"""Real firmware, real loaders, a real hypervisor: a machine goes from power-on to its own disk, through `pxeserve serve`.

The machine's card does not say that iPXE is in it, and so loads pxelinux.0 by TFTP; that loads mboot.c32, Xen, Linux and the small
installer. What says that it is iPXE gets a script, and all over HTTP: the long ones here, and `test_machines`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns]

MAC = "52:54:00:77:00:01"
MENU = "pxelinux.cfg/01-52-54-00-77-00-01"


def test_an_armed_host_is_installed_once_and_then_boots_its_own_disk(service, lan, disk: Path) -> None:
    """Stories (a), (b) and (d): a stranger asks while the host is armed; the host installs; its next boot is its own disk's."""
    service.cli("host", "install", "xen01", "--yes")

    stranger = service.stranger()
    assert "localboot" in stranger.tftp("pxelinux.cfg/default")
    assert stranger.tftp(MENU) is None
    assert stranger.http("/a/guessed") == 404
    service.wait_for("xen01", "install.alarm")
    service.cli("host", "cancel", "xen01")
    service.cli("host", "install", "xen01", "--yes")

    machine = lan.power_on(MAC, disk, "bios-plain")
    machine.until("@@ DONE", "@@ FAILED", "OWN DISK")
    machine.end()
    assert machine.markers[-1] == "DONE", machine.text[-2000:]
    assert "REPOSITORY xs:main" in machine.markers
    assert "REPOSITORY xs:linux" in machine.markers
    fetched = [line.split()[1] for line in machine.markers if line.startswith("PACKAGE")]
    assert fetched == list(service.packages)
    service.wait_for("xen01", "install.done")

    again = lan.power_on(MAC, disk, "bios-plain")
    assert again.until("OWN DISK", "@@ STARTED") == "OWN DISK"
    assert service.wait_for("xen01", "boot.menu", "install-done")


@pytest.mark.long
def test_a_host_that_nobody_armed_goes_straight_to_its_own_disk(service, lan, disk: Path) -> None:
    machine = lan.power_on(MAC, disk, "bios-plain")
    assert machine.until("OWN DISK", "@@ STARTED") == "OWN DISK"
    assert "Booting from local disk" in machine.text


@pytest.mark.long
def test_an_interactive_install_is_used_up_by_its_ram_disk(service, lan, disk: Path) -> None:
    service.cli("host", "install", "xen01", "--interactive", "--yes")
    machine = lan.power_on(MAC, disk)
    machine.until("@@ INTERACTIVE", "@@ FAILED", "OWN DISK")
    machine.end()
    assert machine.markers[-1] == "INTERACTIVE"
    again = lan.power_on(MAC, disk)
    assert again.until("OWN DISK", "@@ STARTED") == "OWN DISK"


@pytest.mark.long
def test_a_plain_kernel_boots_without_a_hypervisor(service, lan, disk: Path) -> None:
    service.use_plain_files()
    service.cli("host", "install", "xen01", "--yes")
    machine = lan.power_on(MAC, disk)
    machine.until("@@ INTERACTIVE", "@@ FAILED", "OWN DISK")
    machine.end()
    assert "Xen" not in machine.text
    again = lan.power_on(MAC, disk)
    assert again.until("OWN DISK", "@@ STARTED") == "OWN DISK"
