"""A rehearsal on a real bridge: broadcast DHCP on the standard ports, from a card of its own; nothing of it is left behind."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.netns
MAC = "52:54:00:77:00:01"


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[..., Any]) -> Iterator[Any]:
    """The service on a bridge, in a network namespace made for this test."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    name = f"rehearse-{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "add", "br0", "type", "bridge")
        ip("-n", name, "address", "add", "10.78.0.1/24", "dev", "br0")
        ip("-n", name, "link", "set", "br0", "up")
        inside = ("ip", "netns", "exec", name)
        folder: Path = tmp_path_factory.mktemp("bridged")
        house = furnished(folder, inside, interface="br0", address="10.78.0.1", net="10.78.0", dhcp=67, tftp=69, http=80)
        house.start()
        try:
            yield house
        finally:
            house.stop()
            house.store.close()
    finally:
        ip("netns", "delete", name)


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
