"""A rehearsal on a real bridge: broadcast DHCP on the standard ports, from a card of its own; and beside a plain interface, where there is
no bridge to plug it into. Nothing of either is left behind."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.netns
MAC = "52:54:00:77:00:01"


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@contextmanager
def serving(folder: Path, furnished: Callable[..., Any], interface: str, kind: tuple[str, ...]) -> Iterator[Any]:
    """The service on a new interface of this kind, in a network namespace made for this test."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    name = f"rehearse-{interface}-{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "add", interface, "type", *kind)
        ip("-n", name, "address", "add", "10.78.0.1/24", "dev", interface)
        ip("-n", name, "link", "set", interface, "up")
        inside = ("ip", "netns", "exec", name)
        house = furnished(folder, inside, interface=interface, address="10.78.0.1", net="10.78.0", dhcp=67, tftp=69, http=80)
        house.start()
        try:
            yield house
        finally:
            house.stop()
            house.store.close()
    finally:
        ip("netns", "delete", name)


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[..., Any]) -> Iterator[Any]:
    with serving(tmp_path_factory.mktemp("bridged"), furnished, "br0", ("bridge",)) as house:
        yield house


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[..., Any]) -> Iterator[Any]:
    """A card whose cable leads to nobody else."""
    with serving(tmp_path_factory.mktemp("plain"), furnished, "eth0", ("veth", "peer", "name", "cable")) as house:
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
