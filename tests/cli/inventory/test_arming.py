"""Arming from a command line: what a person at a terminal is asked, and what a program has to say."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.repo.sample import make_sample
from tests.cli.test_front import PXESERVE, config, run

__all__ = ["config"]
ANSWERS = ("primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp")


@pytest.fixture
def site(config: Path, tmp_path: Path) -> Iterator[Path]:
    """Three hosts in a rack, one in none."""
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    sample = config.parent / "sample"
    make_sample(sample)
    sets = [word for answer in ANSWERS for word in ("--set", answer)]
    steps = [
        ("loaders", "import"),
        ("media", "import", str(sample), "--name", "sample"),
        ("profile", "add", "rack", "--medium", "sample", *sets),
        *(("host", "add", "--name", f"r{n}", "--mac", f"52:54:00:78:00:0{n}", "--profile", "rack", "--rack", "R2") for n in range(3)),
        ("host", "add", "--name", "xen01", "--mac", "52:54:00:77:00:01", "--profile", "rack"),
    ]
    for step in steps:
        done = run(*step, config=config)
        assert done.returncode == 0, done.stderr
    yield config


def states(config: Path) -> dict[str, str]:
    return {host["name"]: host["state"] for host in json.loads(run("host", "list", "--json", config=config).stdout)}


def at_a_terminal(config: Path, typed: str, *words: str) -> tuple[int, str]:
    """The command as a person runs it who types `typed`: its exit status and all that stood on the screen."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "PXESERVE_CONFIG": str(config), "TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen([PXESERVE, *words], env=environment, stdin=follower, stdout=follower, stderr=follower) as child:
        os.close(follower)
        os.write(leader, typed.encode())
        shown = b""
        try:
            while data := os.read(leader, 65536):
                shown += data
        except OSError:
            pass  # the other end is closed
        status = child.wait(timeout=60)
    os.close(leader)
    return status, shown.decode("utf-8", "replace")


def test_a_program_says_the_number_and_nothing_else_will_do(site: Path) -> None:
    for words in ((), ("--yes",)):
        done = run("host", "install", "--rack", "R2", *words, config=site)
        assert done.returncode == 2
        assert "--count N says it" in done.stderr
    done = run("host", "install", "--rack", "R2", "--count", "4", "--yes", config=site)
    assert done.returncode == 1
    assert "4 was said, and 3 hosts are found: the hosts of rack R2; nothing is armed" in done.stderr
    assert "r0, r1, r2: fresh from sample, erases sda" in done.stderr
    assert set(states(site).values()) == {"idle"}
    answer = json.loads(run("host", "install", "--rack", "R2", "--count", "3", "--json", config=site).stdout)
    assert [one["host"] for one in answer["hosts"]] == ["r0", "r1", "r2"]
    assert states(site) == {"r0": "armed", "r1": "armed", "r2": "armed", "xen01": "idle"}
    shown = run("rack", "show", "R2", config=site).stdout
    assert "R2: 3 hosts: 3 armed" in shown
    assert "in no rack" in run("rack", "list", config=site).stdout
    done = run("host", "cancel", "--rack", "R2", config=site)
    assert done.returncode == 1
    assert "3 installs of the hosts of rack R2 would be cancelled; none was" in done.stderr
    assert "3 installs cancelled" in run("host", "cancel", "--rack", "R2", "--count", "3", config=site).stdout
    assert "as the one that is cancelled: nothing differs from then" in run("host", "install", "r0", "--again", config=site).stdout


def test_a_person_is_shown_the_plan_and_asked_for_the_number(site: Path) -> None:
    status, shown = at_a_terminal(site, "2\n", "host", "install", "--rack", "R2")
    assert status == 1
    assert "the hosts of rack R2: 3 found, 3 can be armed" in shown
    assert all(f"r{number}" in shown for number in range(3))
    assert "How many machines are to be installed?" in shown
    assert "nothing is armed" in shown
    assert set(states(site).values()) == {"idle"}
    status, shown = at_a_terminal(site, "3\n", "host", "install", "--rack", "R2")
    assert (status, "3 hosts are armed" in shown) == (0, True)
    assert states(site)["r2"] == "armed"
    status, shown = at_a_terminal(site, "3\n", "host", "cancel", "--rack", "R2")
    assert (status, "3 installs cancelled" in shown) == (0, True)


def test_one_host_by_its_name_needs_no_number(site: Path) -> None:
    done = run("host", "install", "xen01", config=site)
    assert done.returncode == 0
    assert "xen01 is armed" in done.stdout
    assert "52:54:00:77:00:01 was never heard here" in done.stdout
    assert "already has an install that is armed" in run("host", "install", "xen01", config=site).stderr
    assert "xen01: install" in run("host", "cancel", "xen01", config=site).stdout
