"""Many rehearsals in one command: each host with its own firmware, alike hosts sharing the bytes, and a verdict a host."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.rehearse.shared import Shared
from pxeserve.rehearse.step import StepFailedError
from pxeserve.store import inventory

RACK = 40
PXESERVE = Path(sys.executable).parent / "pxeserve"


def mac(number: int) -> str:
    return f"52:54:00:78:00:{number:02x}"


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[..., Any]) -> Iterator[Any]:
    """A house with forty hosts in rack r1, half of them old and half modern, two in rack r2, one of which installs nothing, and
    two in rack r4, one of which has no card that is known."""
    house = furnished(tmp_path_factory.mktemp("rack"))
    with house.store.site.write() as connection:
        for number in range(RACK):
            profile = "demo" if number % 2 else "modern"
            tags = () if number % 2 else ("even",)
            inventory.put_host(connection, Host(0, f"xen{number:02}", (mac(number),), profile, rack="r1", tags=tags))
        empty = next(one for one in inventory.profiles(connection) if one.name == "demo")
        inventory.put_profile(connection, replace(empty, name="empty", medium=None))
        inventory.put_host(connection, Host(0, "good", (mac(100),), "demo", rack="r2"))
        inventory.put_host(connection, Host(0, "lost", (mac(101),), "empty", rack="r2"))
        inventory.put_host(connection, Host(0, "seen", (mac(102),), "demo", rack="r4"))
        inventory.put_host(connection, Host(0, "blind", (), "demo", rack="r4", uuid="4c4c4544-0042-4410-8056-b4c04f4d3132"))
    house.start()
    yield house
    house.stop()
    house.store.close()


def told(done: Any) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["host"]: one for one in lines}


def test_a_rack_of_forty_reaches_the_end_and_walks_its_bytes_once(rack: Any) -> None:
    done = rack.cli("rehearse", "--all", "--rack", "r1", "--json")
    found = told(done)
    assert done.returncode == 0, [one["prediction"] for one in found.values() if not one["ok"]]
    assert sorted(found) == [f"xen{number:02}" for number in range(RACK)]
    assert all(one["steps"][-1]["name"] == "own disk" for one in found.values())
    whole = [name for name, one in found.items() if sum(step["bytes"] for step in one["steps"] if step["name"] == "install.img")]
    assert len(whole) == 2, whole
    assert len({one["mac"] for one in found.values()}) == RACK
    with rack.store.site.read() as connection:
        from sqlalchemy import func, select

        from pxeserve.store import tables as t

        assert connection.execute(select(func.count()).select_from(t.rehearsal)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(t.install)).scalar() == 0


def test_one_that_would_be_stopped_is_named_with_its_step_cause_and_fix(rack: Any) -> None:
    done = rack.cli("rehearse", "--all", "--rack", "r2")
    assert done.returncode == 1
    good, lost = (next(line for line in done.stdout.splitlines() if line.startswith(name)) for name in ("good", "lost"))
    assert re.match(r"good +ok +bios \(assumed\)", good)
    assert re.match(r"lost +stops +menu +profile empty names neither a medium nor plain files", lost)
    assert "pxeserve profile set empty --medium NAME" in lost
    assert done.stdout.rstrip().splitlines()[-1] == "rehearsal failed: 1 of 2 hosts would be stopped"


def test_a_host_of_which_no_card_is_known_yet_is_named_and_the_others_are_rehearsed(rack: Any) -> None:
    found = told(rack.cli("rehearse", "--all", "--rack", "r4", "--json"))
    assert (found["seen"]["ok"], found["blind"]["ok"]) == (True, False)
    assert "no card of it is known yet" in found["blind"]["prediction"]["text"]
    assert "pxeserve discovered adopt" in found["blind"]["prediction"]["fix"]
    assert set(told(rack.cli("rehearse", "--all", "--rack", "r4", "--firmware", "bios", "--json"))) == {"seen", "blind"}


def test_hosts_are_chosen_by_tag_and_all_use_the_firmware_that_was_said(rack: Any) -> None:
    done = rack.cli("rehearse", "--rack", "r1", "--tag", "even", "--firmware", "ipxe-uefi", "--json")
    found = told(done)
    assert done.returncode == 0, [one["prediction"] for one in found.values() if not one["ok"]]
    assert len(found) == RACK // 2
    assert {(one["firmware"], one["heard"]) for one in found.values()} == {("ipxe-uefi", "")}


def test_alike_hosts_do_not_wait_one_after_the_other_for_what_is_not_there(rack: Any) -> None:
    file = Path(rack.data) / "loaders/debian/ldlinux.c32"
    before = file.read_bytes()
    file.unlink()
    try:
        found = told(rack.cli("rehearse", "--rack", "r1", "--tag", "even", "--firmware", "bios", "--json"))
    finally:
        file.write_bytes(before)
    assert {one["prediction"]["step"] for one in found.values()} == {"loader"}
    assert all("ldlinux.c32" in one["prediction"]["text"] for one in found.values())


def test_a_terminal_shows_how_many_are_through(rack: Any) -> None:
    """Standard error is a terminal, and standard output is not: the bar is there, and the table is whole."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PXESERVE_CONFIG": str(rack.config), "TERM": "xterm", "COLUMNS": "120"}
    command = [PXESERVE, "rehearse", "--rack", "r2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True) as shown:
        os.close(theirs)
        assert shown.stdout is not None
        printed = shown.stdout.read()
        seen = b""
        with suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 4096):
                seen += piece
    os.close(ours)
    assert b"2/2" in seen, seen
    assert "lost" in printed
    assert "2/2" not in printed


@pytest.mark.parametrize(
    "words",
    [(), (mac(1), "--all"), (mac(1), "--rack", "r1"), ("--all", "--firmware", "all"), ("--all", "--firmware", "toaster")],
)
def test_what_cannot_be_meant_is_wrong_use(rack: Any, words: tuple[str, ...]) -> None:
    done = rack.cli("rehearse", *words)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_rack_that_nobody_stands_in_is_an_error(rack: Any) -> None:
    done = rack.cli("rehearse", "--all", "--rack", "r3")
    assert done.returncode == 1
    assert "no host stands in rack r3" in done.stderr


def test_what_one_could_not_get_past_is_told_of_the_others() -> None:
    shared = Shared()
    assert shared.by("m/x/a") is None
    shared.note("m/x/a", "one")
    shared.note("", "one")
    shared.fail("m/x/b", "one", StepFailedError("it is not there", "put it there"))
    assert (shared.by("m/x/a"), shared.by("")) == ("one", None)
    with pytest.raises(StepFailedError, match="as for one"):
        shared.by("m/x/b")
