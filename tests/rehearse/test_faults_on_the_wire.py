"""Faults of the network and of the machine that serves, in a namespace of its own: another DHCP server, closed ports, a small MTU, a subnet
that covers no wire, a full disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.store import inventory

pytestmark = pytest.mark.netns
MAC, MODERN = "52:54:00:77:00:01", "52:54:00:77:00:83"
VETH = ("veth", "peer", "name", "cable")


def run(*words: str, stdin: str | None = None) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, input=stdin).stdout


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., Any]) -> Iterator[Any]:
    with serving(tmp_path_factory.mktemp("bridged"), "br0", ("bridge",)) as house:
        yield house


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., Any]) -> Iterator[Any]:
    with serving(tmp_path_factory.mktemp("plain"), "eth0", VETH) as house:
        yield house


def rehearsed(house: Any, mac: str = MAC, *more: str) -> dict[str, Any]:
    done = house.cli("rehearse", mac, "--json", *more)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1)
    return told


@contextmanager
def another_server(house: Any, folder: Path, *more: str) -> Iterator[str]:
    """dnsmasq on a port of the same bridge, in a namespace of its own; its MAC."""
    space = f"other-{os.getpid()}"
    run("ip", "netns", "add", space)
    try:
        run(*house.inside, "ip", "link", "add", "other", "type", "veth", "peer", "name", "eth0", "netns", space)
        run(*house.inside, "ip", "link", "set", "other", "master", "br0", "up")
        run("ip", "-n", space, "address", "add", "10.78.0.2/24", "dev", "eth0")
        run("ip", "-n", space, "link", "set", "eth0", "up")
        mac = json.loads(run("ip", "-j", "-n", space, "link", "show", "eth0"))[0]["address"]
        words = ["--no-daemon", "--conf-file=/dev/null", "--port=0", "--no-ping", "--log-dhcp", "--user=root", "--interface=eth0"]
        words += ["--dhcp-range=10.78.0.210,10.78.0.220", f"--dhcp-leasefile={folder}/leases", *more]
        command = ["ip", "netns", "exec", space, "dnsmasq", *words]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            for line in server.stderr:
                if "DHCP, IP range" in line:
                    break
            try:
                yield str(mac)
            finally:
                server.terminate()
                server.stderr.read()
    finally:
        run("ip", "netns", "delete", space)


@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq is not installed")
def test_another_dhcp_server_is_named_by_address_and_mac(bridged: Any, tmp_path: Path) -> None:
    before = rehearsed(bridged)
    assert (before["ok"], before["prediction"]) == (True, None)
    with another_server(bridged, tmp_path) as mac:
        told = rehearsed(bridged)
    assert told["prediction"]["step"] == "offered"
    assert f"another DHCP server answers on br0: 10.78.0.2 ({mac})" in told["prediction"]["text"]
    assert told["steps"][-1]["ok"]  # the walk left that offer where it was, and went on


@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq is not installed")
def test_a_server_that_names_another_boot_file_is_told_of_in_proxy_mode(tmp_path: Path, serving: Callable[..., Any]) -> None:
    with serving(tmp_path, "br0", ("bridge",), mode="proxy", space="beside") as house:
        alone = rehearsed(house, MODERN, "--firmware", "uefi-x64")
        with another_server(house, tmp_path, "--dhcp-boot=theirs.efi,,10.78.0.9"):
            told = rehearsed(house, MODERN, "--firmware", "uefi-x64")
    assert [(one["step"], one["stops"]) for one in alone["also"]] == [("offered", False)]
    assert "nobody on br0 offered an address" in alone["also"][0]["text"]
    assert told["ok"]
    assert [(one["step"], one["stops"]) for one in told["also"]] == [("loader", False)]
    assert "10.78.0.2 names the boot file theirs.efi of 10.78.0.9" in told["also"][0]["text"]


@contextmanager
def dropped(house: Any, match: str) -> Iterator[None]:
    """What `match` (nft's words) says is swallowed on its way in."""
    run(*house.inside, "nft", "-f", "-", stdin=f"table inet t {{\nchain c {{\ntype filter hook input priority 0;\n{match} drop\n}}\n}}\n")
    try:
        yield
    finally:
        run(*house.inside, "nft", "delete", "table", "inet", "t")


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
@pytest.mark.parametrize(
    ("match", "firmware", "step", "says"),
    [
        ("udp dport 69", "bios", "loader", "PXE-E32"),
        ("tcp dport 80", "bios", "answerfile", "no answer after 0 bytes from TCP port 80 of 10.78.0.1"),
        ("tcp dport 80", "ipxe", "menu", "no answer after 0 bytes from TCP port 80 of 10.78.0.1"),
        ("udp dport 67", "bios", "offered", "answered none of 3 DISCOVERs"),
    ],
)
def test_a_port_that_a_firewall_swallows(plain: Any, match: str, firmware: str, step: str, says: str) -> None:
    with dropped(plain, match):
        told = rehearsed(plain, MAC, "--firmware", firmware)
    assert told["prediction"]["step"] == step
    assert says in told["prediction"]["text"]
    assert told["prediction"]["fix"]


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
def test_transfer_ports_that_a_firewall_swallows(plain: Any) -> None:
    """Port 69 is let through, and the ACKs to the port of the transfer are not."""
    with dropped(plain, 'iifname "rh*" udp dport 1024-65535'):
        told = rehearsed(plain, MAC, "--firmware", "bios")
    assert told["prediction"]["step"] == "loader"
    assert "answered once and sent no data" in told["prediction"]["text"]
    assert "[tftp] ports" in told["prediction"]["fix"]


def test_an_mtu_that_is_smaller_than_a_block(plain: Any) -> None:
    run(*plain.inside, "ip", "link", "set", "eth0", "mtu", "1000")
    try:
        told = rehearsed(plain, MODERN, "--firmware", "uefi-x64")
    finally:
        run(*plain.inside, "ip", "link", "set", "eth0", "mtu", "1500")
    assert told["prediction"]["step"] == "loader"
    assert "the interface's MTU is 1000" in told["prediction"]["text"]
    assert rehearsed(plain, MODERN, "--firmware", "uefi-x64")["ok"]


def test_a_subnet_that_covers_no_wire(tmp_path: Path, serving: Callable[..., Any]) -> None:
    with serving(tmp_path, "eth1", VETH, net="10.99.0") as house:
        told = rehearsed(house)
    assert told["prediction"]["step"] == "offered"
    assert "no subnet served (10.99.0.0/24) covers this server's own wire, where it is 10.78.0.1" in told["prediction"]["text"]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64m", "pxeserve-test", str(folder))
    try:
        yield
    finally:
        run("umount", "-l", str(folder))


def test_a_disk_that_is_full(tmp_path: Path, serving: Callable[..., Any]) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk), serving(disk, "lo", ()) as house:
        scarce = rehearsed(house)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass
        told = rehearsed(house)
        filler.unlink()
        again = rehearsed(house)
    assert (scarce["ok"], again["ok"]) == (True, True)
    assert [(one["step"], one["stops"]) for one in scarce["also"]] == [("address", False)]
    assert told["prediction"]["step"] == "address"
    assert "is full" in told["prediction"]["text"]
    assert "a lease could not be stored" in told["prediction"]["text"]


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
def test_ftp_that_a_firewall_swallows(tmp_path: Path, serving: Callable[..., Any]) -> None:
    with serving(tmp_path, "eth2", VETH, extra='[ftp]\nenabled = true\npassive_ports = "41000-41009"\n') as house:
        with house.store.site.write() as connection:
            modern = next(one for one in inventory.profiles(connection) if one.name == "modern")
            inventory.put_profile(connection, replace(modern, answers={**modern.answers, "source": "ftp"}))
        assert rehearsed(house, MODERN, "--firmware", "bios")["ok"]
        with dropped(house, "tcp dport 21"):
            told = rehearsed(house, MODERN, "--firmware", "bios")
    assert told["prediction"]["step"] == "repository"
    assert "TCP port 21 of 10.78.0.1 (FTP): no answer in 5 s" in told["prediction"]["text"]
