"""Which container networks machines can be heard on, by what the kernel says of the card and not by its address alone."""

from __future__ import annotations

import pytest

from pxeserve.doctor.around import Around
from tests.doctor.conftest import Make, eth0
from tests.doctor.shown import looked

TRANSLATED = {"tftp": {"single_port": True}}


def card(around: Around, index: str, link: str, kind: str = "") -> Around:
    """A container whose eth0 is told so by the kernel."""
    (around.root / "run").mkdir()
    (around.root / "run/.containerenv").touch()
    folder = around.root / "sys/class/net/eth0"
    folder.mkdir(parents=True)
    for name, text in (("ifindex", index), ("iflink", link), ("uevent", f"INTERFACE=eth0\nIFINDEX={index}\n{kind}")):
        (folder / name).write_text(f"{text}\n")
    return around


def codes(around: Around) -> list[str]:
    return [getattr(one, "code", "blind") for one in looked("container", around)]


def test_a_company_that_uses_dockers_addresses_is_heard_on_the_hosts_network(make: Make) -> None:
    assert codes(card(make(eth0("172.18.0.2/16")), "2", "2")) == []


@pytest.mark.parametrize("kind", ["DEVTYPE=macvlan", "DEVTYPE=vlan"])
def test_a_card_of_its_own_on_the_network_is_heard_whatever_its_address(make: Make, kind: str) -> None:
    assert codes(card(make(eth0("172.18.0.2/16")), "5", "2", kind)) == []


def test_a_pipe_to_a_bridge_of_a_real_network_is_heard(make: Make) -> None:
    assert codes(card(make(eth0("10.77.0.1/24")), "5", "9")) == []


def test_a_pipe_with_an_engines_own_address_is_not(make: Make) -> None:
    assert codes(card(make(eth0("172.18.0.2/16")), "5", "9")) == ["bridge"]


def test_a_pod_of_its_own_network_is_not_whatever_its_address(make: Make) -> None:
    around = card(make(eth0("10.244.1.7/24")), "5", "9")
    (around.root / "proc/1").mkdir()
    (around.root / "proc/1/environ").write_text("PATH=/bin\0KUBERNETES_SERVICE_HOST=10.96.0.1\0")
    assert codes(around) == ["bridge"]


def test_the_hosts_address_with_one_port_for_tftp_is_what_a_bridge_needs(make: Make) -> None:
    around = card(make(eth0("172.18.0.2/16"), address="10.77.0.1", config=TRANSLATED), "5", "9")
    assert codes(around) == []
    assert [one for one in looked("address", around) if getattr(one, "code", "") == "not-ours"] == []


def test_the_hosts_address_without_it_is_not_enough(make: Make) -> None:
    around = card(make(eth0("172.18.0.2/16"), address="10.77.0.1"), "5", "9")
    assert codes(around) == ["bridge-ports"]
    assert "not-ours" in [getattr(one, "code", "") for one in looked("address", around)]
