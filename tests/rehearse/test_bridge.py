"""A rehearsal on a real bridge: broadcast DHCP on the standard ports, from a card of its own; and beside a plain interface, where there is
no bridge to plug it into. Nothing of either is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.netns
MAC = "52:54:00:77:00:01"


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., Any]) -> Iterator[Any]:
    with serving(tmp_path_factory.mktemp("bridged"), "br0", ("bridge",)) as house:
        # the port to the rest of the network, as every bridge that serves one has it; its address is high for one that a kernel draws
        for words in ("add uplink address f2:00:00:00:00:01 type veth peer name far", "set uplink master br0 up"):
            subprocess.run([*house.inside, "ip", "link", *words.split()], check=True)
        yield house


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., Any]) -> Iterator[Any]:
    """A card whose cable leads to nobody else."""
    with serving(tmp_path_factory.mktemp("plain"), "eth0", ("veth", "peer", "name", "cable")) as house:
        yield house


def links(house: Any) -> set[str]:
    shown = subprocess.run([*house.inside, "ip", "-j", "link"], check=True, capture_output=True, text=True).stdout
    return {link["ifname"] for link in json.loads(shown)}


def test_a_machine_on_the_bridge_reaches_the_end_and_leaves_no_card_behind(bridged: Any) -> None:
    before = links(bridged)
    done = bridged.cli("rehearse", MAC, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"].startswith("rehearsal ok:")
    assert not any("relay" in part for part in told["not_walked"])
    assert links(bridged) == before
    bridged.recorded("rehearsal.ended", told["mac"])
    acks = [json.loads(line) for line in bridged.cli("events", "--json", "--kind", "dhcp.ack").stdout.splitlines()]
    assert {ack["mac"] for ack in acks} == {told["mac"]}
    assert "relay" not in json.dumps(acks)


def test_the_menu_is_given_because_of_the_lease(bridged: Any) -> None:
    done = bridged.cli("rehearse", MAC, "--json")
    assert done.returncode == 0
    bridged.recorded("rehearsal.ended", json.loads(done.stdout)["mac"])
    booting = [json.loads(line) for line in bridged.cli("events", "--json", "--kind", "install.booting").stdout.splitlines()]
    assert booting[-1]["data"]["evidence"] == "lease"


def test_beside_a_plain_interface_a_machine_reaches_the_end_too(plain: Any) -> None:
    before = links(plain)
    done = plain.cli("rehearse", MAC, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"].startswith("rehearsal ok:")
    assert any("relay agent" in part for part in told["not_walked"])
    assert links(plain) == before
    routes = subprocess.run([*plain.inside, "ip", "route"], check=True, capture_output=True, text=True).stdout
    assert "rh" not in routes
    plain.recorded("rehearsal.ended", told["mac"])
    booting = [json.loads(line) for line in plain.cli("events", "--json", "--kind", "install.booting").stdout.splitlines()]
    assert booting[-1]["data"]["evidence"] == "lease"


@pytest.mark.parametrize("wire", ["bridged", "plain"])
def test_many_walk_side_by_side_each_with_a_card_of_its_own(request: pytest.FixtureRequest, wire: str) -> None:
    house = request.getfixturevalue(wire)
    before = links(house)
    done = house.cli("rehearse", "--all", "--firmware", "bios", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, [one["prediction"] for one in told]
    assert {one["host"] for one in told} == {"demo01", "demo83"}
    assert all(one["steps"][-1]["name"] == "own disk" for one in told)
    assert links(house) == before


def test_the_bridge_keeps_its_own_address_while_a_machine_is_plugged_in(bridged: Any) -> None:
    """A bridge takes the lowest address of its ports, and whoever knew it by another one reaches it no more."""
    program = (
        "from ipaddress import IPv4Network; from pathlib import Path; from pxeserve.rehearse.namespace import on_bridge\n"
        "address = Path('/sys/class/net/br0/address'); before = address.read_text()\n"
        "for _ in range(20):\n"
        "    with on_bridge('br0', '02:30:00:00:00:01', IPv4Network('10.78.0.0/24')):\n"
        "        assert address.read_text() == before, address.read_text()\n"
    )
    done = subprocess.run([*bridged.inside, sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
