"""An idle machine ends on its own disk by every way that there is, on real firmware: SeaBIOS and OVMF in QEMU."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]

MAC = "52:54:00:77:00:01"
ENDS = ("OWN DISK", "@@ STARTED", "grub>", "boot:", "Shell>", "Boot Manager")


def leaves(service, lan, disk: Path, kind: str, leave: str) -> str:
    """Where an idle machine of `kind` ends when its profile says `leave`."""
    if kind.startswith("uefi"):
        service.modern()
    service.cli("profile", "set", "rack-a", "--set", f"boot.leave={leave}")
    machine = lan.power_on(MAC, disk, kind)
    try:
        return str(machine.until(*ENDS))
    finally:
        machine.process.kill()
        machine.process.wait()


@pytest.mark.parametrize("kind", ["bios-plain", "bios-ipxe"])
def test_a_bios(service, lan, disk: Path, kind: str) -> None:
    """pxelinux: localboot 0, localboot -1 and chain.c32; iPXE: exit, exit 1 and sanboot; and no boot file at all."""
    ended = {leave: leaves(service, lan, disk, kind, leave) for leave in ("auto", "error", "disk", "silent")}
    assert ended == dict.fromkeys(ended, "OWN DISK")


def test_uefi_with_an_installed_systems_loader(service, lan, uefi_disk: Path) -> None:
    assert leaves(service, lan, uefi_disk, "uefi", "auto") == "OWN DISK"


def test_uefi_with_a_loader_at_the_removable_path_alone(service, lan, uefi_disk: Path) -> None:
    """Nothing that GRUB knows: told to, it starts what the disk starts by default. By itself it ends well, and OVMF stops at its menu."""
    (uefi_disk / "EFI/xenserver/grubx64.efi").unlink()
    ended = {leave: leaves(service, lan, uefi_disk, "uefi", leave) for leave in ("disk", "auto")}
    assert ended == {"disk": "OWN DISK", "auto": "Boot Manager"}


def test_ipxe_on_uefi(service, lan, uefi_disk: Path) -> None:
    ended = {leave: leaves(service, lan, uefi_disk, "uefi-ipxe", leave) for leave in ("auto", "exit")}
    assert ended == {"auto": "OWN DISK", "exit": "Boot Manager"}


@pytest.mark.parametrize("kind", ["bios-plain", "bios-ipxe"])
def test_beside_another_server_nobody_is_told_anything(beside, lan, disk: Path, kind: str) -> None:
    assert leaves(beside, lan, disk, kind, "auto") == "OWN DISK"
    assert '"dhcp.silent"' in beside.cli("events", "--json", "--mac", MAC)
    assert "boot.menu" not in beside.cli("events", "--json", "--mac", MAC)
