"""The ways that are tried when the usual one was passed over: real firmware takes each of them, so to turn to them harms nobody."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.boot.story.conftest import dnsmasq, serving

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]

MAC = "52:54:00:77:00:01"
TURNED = """
import sys
from pxeserve.dhcp.quirks import manner

usual = {name: getattr(manner, name) for name in ("proxy_ways", "server_ways")}
for name, ways in usual.items():
    setattr(manner, name, lambda ways=ways, **what: ways(**what)[::-1])
sys.argv = sys.argv[1:]
from pxeserve.cli.main import main
main()
"""
"""Runs the command behind it with the last way of every make for its usual one."""


@pytest.mark.quirk("split-offer-ignored")
@pytest.mark.quirk("option-43-ignored")
@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("server", "bios-plain"), ("server", "uefi"),
        ("proxy", "bios-plain"), ("proxy", "bios-ipxe"), ("proxy", "uefi"), ("proxy", "uefi-ipxe"),
    ],
)  # fmt: skip
def test_firmware_takes_the_other_way_too(lan, medium: Path, disk: Path, uefi_disk: Path, mode: str, kind: str) -> None:
    with ExitStack() as stack:
        if mode == "proxy":
            stack.enter_context(dnsmasq(lan))
        made = stack.enter_context(serving(lan, medium, mode, '[boot]\nidle = "menu"\n', (sys.executable, "-c", TURNED)))
        made.modern()
        machine = lan.power_on(MAC, uefi_disk if kind.startswith("uefi") else disk, kind)
        assert machine.until("OWN DISK", "@@ STARTED", "grub>", "Boot Manager") == "OWN DISK"
        told = [line for line in made.cli("events", "--json", "--mac", MAC).splitlines() if '"dhcp.offer"' in line]
        assert told, "the machine was answered"
        assert '"kind": "boot.menu"' in made.cli("events", "--json", "--mac", MAC)
