"""`pxeserve script` as people and programs use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PXESERVE = Path(sys.executable).parent / "pxeserve"
GOOD = b"#!/bin/sh\nexit 0\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="pxc-"))
    made.chmod(0o755)
    user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
    (made / "pxeserve.toml").write_text(f'[server]\ndata = "{made}/data"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}')
    (made / "good.sh").write_bytes(GOOD)
    (made / "bad.sh").write_bytes(b"#!/bin/sh\r\nexit 0\r\n")
    yield made
    shutil.rmtree(made)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [PXESERVE, *words, "--config", folder / "pxeserve.toml"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=folder)
    assert b"Traceback" not in done.stderr + done.stdout
    return done


def test_what_is_kept_comes_back_byte_for_byte(folder: Path) -> None:
    assert run(folder, "script", "add", "good.sh", "--name", "ntp").returncode == 0
    assert run(folder, "script", "show", "ntp").stdout == GOOD
    assert b"ntp" in run(folder, "script", "list").stdout
    refused = run(folder, "script", "set", "ntp", "bad.sh")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"carriage return" in refused.stderr
    assert run(folder, "script", "remove", "ntp").returncode == 0
    assert run(folder, "script", "list").stdout.startswith(b"no scripts yet")


@pytest.mark.parametrize(
    ("files", "dialect", "status"),
    [(["good.sh"], "4.1", 0), (["good.sh", "bad.sh"], "4.1", 1), (["good.sh", "none.sh"], "4.1", 2), (["good.sh"], "3.2", 2)],
)
def test_lint_ends_with_what_it_found(folder: Path, files: list[str], dialect: str, status: int) -> None:
    done = run(folder, "script", "lint", *files, "--dialect", dialect, "--json")
    assert done.returncode == status
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["file"] for one in found] == ([one for one in files if one != "none.sh"] if dialect == "4.1" else [])
    assert all(set(one) == {"file", "verdict", "findings"} for one in found)


def test_lint_for_people_names_place_and_fix(folder: Path) -> None:
    done = run(folder, "script", "lint", "bad.sh")
    assert b"bad.sh: refused" in done.stdout
    assert b"1:1: error SH-008" in done.stdout
    assert b"dos2unix" in done.stdout
