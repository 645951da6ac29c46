"""Surroundings of a test's own making: a machine's files beneath a folder, its networks as they are told, a state in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import Config
from pxeserve.doctor.around import Answer, Around
from pxeserve.doctor.network import Interface, Network
from pxeserve.store import Store, open_store

NOW = 1_780_000_000.0
SUBNET = {"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.199"]}
FAR = {"network": "10.99.0.0/24", "range": ["10.99.0.100", "10.99.0.199"], "router": "10.99.0.1"}

Make = Callable[..., Around]


def silent(_command: object) -> Answer:
    """No program is installed."""
    return Answer(None, "", "not installed")


def eth0(address: str = "10.77.0.1/24", **more: Any) -> Interface:
    return Interface("eth0", (IPv4Interface(address),) if address else (), **more)


def network(interface: Interface | None, address: str | None = None) -> Network:
    own = interface.addresses[0].ip if interface and interface.addresses else None
    return Network(interface.name if interface else "eth9", interface, IPv4Address(address) if address else own)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes surroundings: sections of a configuration as `dhcp={...}`; all else are fields of `Around`."""

    def made(*interfaces: Interface, address: str | None = None, config: dict[str, Any] | None = None, **more: Any) -> Around:
        said = {"server": {"data": str(tmp_path / "data"), "interface": "eth0"}, **(config or {})}
        said["server"] = {"data": str(tmp_path / "data"), **said["server"]}
        cards = interfaces or (eth0(),)
        root = tmp_path / "root"
        (root / "proc/net").mkdir(parents=True, exist_ok=True)
        fields = {"networks": (network(cards[0], address),), "interfaces": cards, "now": NOW, "root": root, "run": silent, **more}
        return Around(Config.model_validate(said), **fields)

    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "data", migrate=True)
    yield opened
    opened.close()
