"""Real iPXE and a real GRUB say what SMBIOS says of the machine: another one is not installed, the right one is."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]

MAC = "52:54:00:77:00:01"


@pytest.mark.parametrize(
    ("kind", "serial"),
    [
        ("bios-ipxe", "CZ3040 AB/CD"),  # escaped in iPXE's address
        ("uefi", "CZ3040ABCD"),
        ("uefi", "CZ3040 ABCD"),        # GRUB escapes nothing, so its menu does
    ],
)
def test_only_the_machine_with_the_host_s_serial_number_is_installed(
    service, lan, disk: Path, uefi_disk: Path, kind: str, serial: str
) -> None:
    own = disk
    if kind == "uefi":
        own = uefi_disk
        service.modern()
    service.cli("host", "set", "xen01", "--set", f"serial={serial.lower()}")
    service.cli("host", "install", "xen01", "--yes")
    other = lan.power_on(MAC, own, kind, "-smbios", "type=1,serial=CZ3040ABCE")
    assert other.until("OWN DISK", "@@ STARTED", "grub>") == "OWN DISK", other.text[-2000:]
    other.end()
    service.wait_for("xen01", "install.frozen")
    assert "CZ3040ABCE" in service.cli("explain", "xen01", "--firmware", "ipxe")
    service.cli("host", "cancel", "xen01")
    service.cli("host", "install", "xen01", "--yes")
    machine = lan.power_on(MAC, own, kind, "-smbios", f"type=1,serial={serial}")
    machine.until("@@ DONE", "@@ FAILED", "OWN DISK", "grub>")
    machine.end()
    assert machine.markers[-1] == "DONE", machine.text[-2000:]
    service.wait_for("xen01", "install.done")


@pytest.mark.parametrize("kind", ["bios-ipxe", "uefi"])
def test_a_machine_of_which_nobody_filled_in_a_serial_number_is_installed_as_before(
    service, lan, disk: Path, uefi_disk: Path, kind: str
) -> None:
    if kind == "uefi":
        service.modern()
    service.cli("host", "set", "xen01", "--set", "serial=CZ3040ABCD")
    service.cli("host", "install", "xen01", "--yes")
    words = ("-smbios", "type=1,serial=To be filled by O.E.M.") if kind == "uefi" else ()
    machine = lan.power_on(MAC, uefi_disk if kind == "uefi" else disk, kind, *words)
    assert machine.until("@@ STARTED", "OWN DISK", "grub>") == "@@ STARTED", machine.text[-2000:]
