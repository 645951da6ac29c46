"""The commands for pools, joins, backups and recoveries, each given once to a real service: what is told is read by a person, and by a
program with `--json`; the status says whether it was done."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import loopback
from tests.media_samples import make
from tests.recovery.backups.dumps import SECRET, dump

ADDRESS = loopback.own(21, 1)
ANSWERS = ["primary-disk=sda", "timezone=UTC", "root-password.hash=" + "$6$" + "a" * 16 + "$" + "b" * 86]
SAID = ("name=eth0", "proto=static", f"ipaddr={ADDRESS}", "subnet=255.0.0.0", "gateway=127.0.0.1")
STATIC = [f"admin-interface.{one}" for one in SAID]


DUMP = dump().replace(b"cloud", b"90233c")
"""Of the very build that the medium installs."""


class Shell:
    """Commands to one service."""

    def __init__(self, service: Any) -> None:
        self.service = service

    def run(self, *words: str | Path, status: int = 0, typed: str = "") -> str:
        """What one says, with the status that is expected; nothing of it is a traceback."""
        environment = {**os.environ, "PXESERVE_CONFIG": str(self.service.config), "COLUMNS": "200"}
        command = [str(word) for word in (self.service.pxeserve, *words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, input=typed, env=environment, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == status and "Traceback" not in said, (done.returncode, said)
        return said

    def told(self, *words: str | Path, status: int = 0) -> Any:
        """The same for a program."""
        return json.loads(self.run(*words, "--json", status=status))


@pytest.fixture(scope="module")
def shell(make_service: Callable[..., Any]) -> Iterator[Shell]:
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    service = make_service()
    service.start(PXESERVE_CONSOLE__ENABLED="true")
    medium = make("xcp-8.3", service.folder / "xcp")
    medium.chmod(0o755)
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("loaders.import", {}), ("media.import", {"name": "xcp", "source": str(medium)}),
        ("profile.add", {"name": "rack", "medium": "xcp", "set": ANSWERS}),
        ("host.add", {"name": "xen01", "profile": "rack", "mac": ["52:54:00:77:00:01"], "set": STATIC}),
    )  # fmt: skip
    for verb, said in steps:
        answer = service.asked(verb, **said)
        assert "result" in answer, (verb, answer)
    yield Shell(service)
    service.stop()


@pytest.fixture(scope="module")
def pool(shell: Shell) -> str:
    assert "no pools" in shell.run("pool", "list")
    assert shell.told("pool", "add", "rack-a", "--master", "xen01")["hosts"] == ["xen01"]
    return "rack-a"


@pytest.fixture
def kept(shell: Shell, pool: str, tmp_path: Path) -> Iterator[str]:
    """The id of a backup."""
    whole = tmp_path / "dump"
    whole.write_bytes(DUMP)
    yield str(shell.told("backup", "add", whole, "--pool", pool)["id"])


def test_a_backup_goes_in_and_out_by_files_and_a_refused_one_says_why(shell: Shell, pool: str, tmp_path: Path) -> None:
    whole, cut, back = tmp_path / "whole", tmp_path / "cut", tmp_path / "back"
    whole.write_bytes(DUMP)
    cut.write_bytes(DUMP[:-30])
    kept = shell.told("backup", "add", whole, "--pool", "rack-a")
    assert kept["sha256"] == hashlib.sha256(DUMP).hexdigest()
    assert "it is cut" in shell.run("backup", "add", cut, "--pool", "rack-a", status=1)
    assert "2 VMs, 1 of them suspended" in (shown := shell.run("backup", "show", kept["id"])) and SECRET not in shown
    assert str(len(DUMP)) in shell.run("backup", "get", kept["id"], "--to", back)
    assert back.read_bytes() == DUMP and back.stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_pools_and_joins(shell: Shell, pool: str) -> None:
    assert [one["name"] for one in shell.told("pool", "list")] == [pool]
    assert "xen01" in shell.run("pool", "list")
    assert "xen01 is in pool rack-a" in shell.run("pool", "add", "rack-b", "--master", "xen01", status=1)
    assert "XCP-ng" in shell.run("pool", "set", pool, "--set", "product=XCP-ng", "--set", "version=8.3.0")
    assert "has: the password of root" in (said := shell.run("pool", "secret", pool, typed=f"{SECRET}\n")) and SECRET not in said
    assert SECRET not in shell.run("pool", "show", pool) and shell.told("pool", "show", pool)["password"] is True
    assert "64 hex digits" in shell.run("pool", "trust", pool, "xen01", "ab", status=1)
    assert shell.told("pool", "trust", pool, "xen01", "ab" * 32)["members"][0]["fingerprint"] == "ab" * 32
    assert "no host has asked to join" in shell.run("join", "list") and shell.told("join", "list") == []
    assert "has asked for no join" in shell.run("join", "again", "xen01", status=1)
    assert "connection refused" in shell.run("join", "status", pool, status=1)
    assert "connection refused" in shell.run("join", "certificate", pool, "xen01", status=1)


@pytest.mark.long
def test_backups_and_what_makes_and_restores_them(shell: Shell, pool: str, kept: str) -> None:
    assert kept in shell.run("backup", "list") and kept in {one["id"] for one in shell.told("backup", "list", "--pool", pool)}
    assert "there is no pool rack-z" in shell.run("backup", "list", "--pool", "rack-z", status=1)
    assert f"{kept}: good" in shell.run("backup", "check", kept)
    assert "there is no backup" in shell.run("backup", "check", "0" * 32, status=1)
    assert shell.run("backup", "job", pool).startswith("#!/bin/sh")
    assert "[Timer]" in shell.run("backup", "job", pool, "--as", "systemd")
    assert hashlib.sha256(DUMP).hexdigest() in shell.run("backup", "restore-script", kept)
    assert "of it would be lost" in shell.run("pool", "remove", pool, status=1)
    file = shell.service.data / "backups" / f"{kept}.enc"
    file.write_bytes(file.read_bytes()[:-1])
    assert "is damaged: piece 1" in shell.run("backup", "check", kept, status=1)
    shell.service.until(lambda: f"backup {kept} is damaged" in shell.run("events", "--kind", "backup.*"), "that it is damaged is told")
    assert kept in shell.run("backup", "remove", kept)
    assert "there is no backup" in shell.run("backup", "get", kept, "--to", shell.service.folder / "never", status=1)
    assert not (shell.service.folder / "never").exists()


@pytest.mark.long
def test_a_recovery_is_planned_rehearsed_begun_confirmed_and_given_up(shell: Shell, pool: str, kept: str) -> None:
    assert "there is no host xen09" in shell.run("host", "recover", "xen09", "--plan", status=1)
    planned = shell.run("host", "recover", "xen01", "--plan")
    assert "wipes: sda" in planned and f"backup restore-script {kept}" in planned and "not like that" not in planned, planned
    assert "nothing was armed and nothing was wiped" in shell.run("host", "recover", "xen01", "--drill")
    shell.run("host", "set", "xen01", "--set", "timezone=Europe/Rome")  # whoever begins begins what is, and is shown it
    begun = shell.told("host", "recover", "xen01", "--yes")
    assert begun["plan"]["print"] == shell.told("host", "recover", "xen01", "--plan")["print"]
    assert begun["state"] in ("running", "waiting")
    assert "is under way" in (said := shell.run("host", "recover", "xen01", "--yes", status=1)) and "wipes: sda" in said
    assert begun["id"] in shell.run("recovery", "list") and "silent" in shell.run("recovery", "show", begun["id"])
    shell.service.until(lambda: shell.told("recovery", "show", begun["id"])["state"] == "waiting", "that a person has to look")
    assert "waits for no word on boot" in shell.run("recovery", "confirm", begun["id"], "boot", status=1)
    shell.run("recovery", "confirm", begun["id"], "silent")
    assert "only one that has stopped" in shell.run("recovery", "resume", begun["id"], status=1)
    assert shell.told("recovery", "stop", begun["id"])["state"] == "abandoned"
    assert "nothing to give up" in shell.run("recovery", "stop", begun["id"], status=1)
