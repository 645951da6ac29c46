"""Rehearsals in proxy mode: the boot file is the proxy's, the address is nobody's, and an idle machine is not answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.netns
MAC = "52:54:00:77:00:83"


@pytest.fixture(scope="module", params=["lo", "eth0"])
def beside(request: pytest.FixtureRequest, serving: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """On loopback, and on a card whose cable leads to nobody else."""
    with serving(tmp_path_factory.mktemp("beside"), request.param, ("veth", "peer", "name", "cable"), mode="proxy") as house:
        yield house


@pytest.mark.parametrize("firmware", ["bios", "uefi-x64", "ipxe", "ipxe-uefi", "uefi-http"])
def test_every_kind_of_machine_reaches_the_end(beside: Any, firmware: str) -> None:
    done = beside.cli("rehearse", MAC, "--firmware", firmware, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, json.dumps(told["prediction"])
    first, last = told["steps"][0], told["steps"][-1]
    assert "taken for this rehearsal" in first["text"]
    assert (last["boot"], last["name"]) == (2, "own disk")
    assert any("would give the address" in one for one in told["not_walked"])
    again = next(step for step in told["steps"] if step["boot"] == 2)
    assert "no boot file: its firmware goes on to its own disk" in again["text"]


def test_nothing_is_believed_of_a_relay_that_no_rehearsal_plays(beside: Any) -> None:
    with beside.store.leases.read() as connection:
        from sqlalchemy import select

        from pxeserve.store import tables as t

        macs = {row.mac for row in connection.execute(select(t.sighting))}
    assert MAC not in macs
