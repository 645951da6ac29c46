"""What a process may still do once it has become the service's user: as root started it, and as systemd does, with capabilities."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pxeserve.supervisor import privileges

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="there is no root to give up")

NOBODY, NET_RAW = (65534, 65534), 13
SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")


def after(begins_with: Sequence[int], keeps: Sequence[int] = ()) -> dict[str, int]:
    """The capabilities of a process that an ordinary user was given `begins_with` for, and that then became the service's."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            privileges.become(NOBODY, begins_with)
            privileges.become(None, keeps)
            status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
            os.write(write, json.dumps({name: int(status[name], 16) for name in SETS}).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        found: dict[str, int] = json.loads(said.read())
    os.waitpid(child, 0)
    return found


def test_what_a_unit_gave_to_bind_ports_with_no_child_keeps() -> None:
    assert after([NET_RAW]) == dict.fromkeys(SETS, 0)


def test_what_is_handed_on_is_kept_and_nothing_beside_it() -> None:
    both = [NET_RAW, privileges.CAP_DAC_READ_SEARCH]
    kept = 1 << privileges.CAP_DAC_READ_SEARCH
    assert after(both, [privileges.CAP_DAC_READ_SEARCH]) == {"CapInh": kept, "CapPrm": kept, "CapEff": 0, "CapAmb": kept}


def test_what_is_to_be_handed_on_and_was_never_given_keeps_nothing_else_alive() -> None:
    assert after([NET_RAW], [privileges.CAP_DAC_READ_SEARCH]) == dict.fromkeys(SETS, 0)


def test_what_the_interpreters_file_permits_for_the_network_is_put_into_effect_and_nothing_else_of_it() -> None:
    """As in the image of a container: permitted, and not effective."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            privileges.become(NOBODY, [NET_RAW, privileges.CAP_DAC_READ_SEARCH])
            privileges.rouse()
            Path("/proc/self/comm").write_text("pxe-test")  # as each child does
            status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
            os.write(write, status["CapEff"].encode())
        finally:
            os._exit(0)
    with os.fdopen(read) as said:
        os.close(write)
        assert int(said.read(), 16) == 1 << NET_RAW
    os.waitpid(child, 0)
