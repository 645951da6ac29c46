"""Every kind of machine, to "done" and then to its own disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns]

MAC = "52:54:00:77:00:01"


def install_once_then_own_disk(service, lan, disk: Path, kind: str) -> None:
    """The whole story of one machine of `kind`: 4.1 on a BIOS, XCP-ng 8.3 on UEFI."""
    if kind.startswith("uefi"):
        service.modern()
    service.cli("host", "install", "xen01", "--yes")
    machine = lan.power_on(MAC, disk, kind)
    machine.until("@@ DONE", "@@ FAILED", "OWN DISK", "grub>")
    machine.end()
    assert machine.markers[-1] == "DONE", machine.text[-2000:]
    fetched = [line.split()[1] for line in machine.markers if line.startswith("PACKAGE")]
    assert fetched == list(service.packages)
    service.wait_for("xen01", "install.done")
    again = lan.power_on(MAC, disk, kind)
    assert again.until("OWN DISK", "@@ STARTED", "grub>") == "OWN DISK", again.text[-2000:]


ASK = """
import socket, sys
from ipaddress import IPv4Address
from pxeserve.dhcp.asking import offers, questions
from pxeserve.dhcp.snippets import Place
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
raw.bind(("eth0", 0x0800))
for question in questions(Place(IPv4Address("10.77.0.1"))):
    for told in offers(raw, raw.getsockname()[4].hex(":"), question, 1.0, sys.argv[1]):
        print(question.name, told.server)
"""


def test_nothing_but_the_chosen_machine_is_answered(beside, lan) -> None:
    """Machines of every kind that nobody named, asked for from where the other server sits: not one is answered."""
    chosen = "02:52:54:00:77:09"
    beside.cli("host", "add", "--mac", chosen, "--name", "xen09", "--profile", "rack-b")
    beside.cli("host", "install", "xen09", "--yes")
    assert lan.run(sys.executable, "-c", ASK, "", other=True).stdout == ""
    asked = lan.run(sys.executable, "-c", ASK, chosen, other=True)
    answered = {line.split(" 10.77.0.1")[0] for line in asked.stdout.splitlines() if line.endswith(" 10.77.0.1")}
    assert answered >= {"bios", "uefi-x64 (7)", "http-x64", "ipxe-bios", "ipxe-uefi"}, asked.stdout


def test_uefi_server(service, lan, uefi_disk: Path) -> None:
    install_once_then_own_disk(service, lan, uefi_disk, "uefi")


@pytest.mark.long
@pytest.mark.quirk("grub-asks-the-address-server")
def test_uefi_proxy(beside, lan, uefi_disk: Path) -> None:
    install_once_then_own_disk(beside, lan, uefi_disk, "uefi")


@pytest.mark.long
def test_uefi_http(service, lan, uefi_disk: Path) -> None:
    install_once_then_own_disk(service, lan, uefi_disk, "uefi-http")


@pytest.mark.long
def test_uefi_ipxe(service, lan, uefi_disk: Path) -> None:
    install_once_then_own_disk(service, lan, uefi_disk, "uefi-ipxe")


def test_bios_ipxe_proxy(beside, lan, disk: Path) -> None:
    install_once_then_own_disk(beside, lan, disk, "bios-ipxe")


@pytest.mark.long
def test_bios_plain_proxy(beside, lan, disk: Path) -> None:
    install_once_then_own_disk(beside, lan, disk, "bios-plain")


@pytest.mark.long
def test_plain_files_on_uefi_are_used_up_by_their_ram_disk(service, lan, uefi_disk: Path) -> None:
    service.use_plain_files()
    service.cli("host", "install", "xen01", "--yes")
    machine = lan.power_on(MAC, uefi_disk, "uefi")
    machine.until("@@ INTERACTIVE", "@@ FAILED", "OWN DISK", "grub>")
    machine.end()
    assert machine.markers[-1] == "INTERACTIVE", machine.text[-2000:]
    again = lan.power_on(MAC, uefi_disk, "uefi")
    assert again.until("OWN DISK", "@@ STARTED", "grub>") == "OWN DISK", again.text[-2000:]


@pytest.mark.long
@pytest.mark.parametrize(
    ("other", "kind"),
    [("isc", "uefi"), ("kea", "uefi"), ("dnsmasq", "uefi"), ("isc", "bios-plain"), ("dnsmasq", "bios-ipxe"), ("kea", "uefi-http")],
)
def test_through_another_servers_lines(off, lan, disk: Path, uefi_disk: Path, dhcp_server, tmp_path: Path, other: str, kind: str) -> None:
    """No proxy: the other server names the loaders, and who asks is known by the neighbour table alone."""
    lan.run("ip", "addr", "add", "10.77.0.2/24", "dev", "eth0", other=True)
    with dhcp_server(lan.other, other, off.cli("dhcp", "snippet", "--for", other), tmp_path):
        install_once_then_own_disk(off, lan, uefi_disk if kind.startswith("uefi") else disk, kind)
