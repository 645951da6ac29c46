"""`bin/run` from a bare copy of the checkout: no git, no virtual environment, nothing prepared."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent
PARTS = ("pxeserve", "answerfiles", "web", "bin", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")


@pytest.fixture
def bare_copy() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pxeserve-run-", dir="/var/tmp"))
    try:
        for part in PARTS:
            source = CHECKOUT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / part)
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.mark.long
def test_an_ordinary_user_sees_a_rehearsal_in_one_command_and_again_in_the_next(bare_copy: Path) -> None:
    """`HOME` is empty and PATH the system's: nothing of this account helps."""
    command = [bare_copy / "bin/run", "--once"]
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", bare_copy], check=True)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    kept = {key: value for key, value in os.environ.items() if key.upper().startswith(("PIP_", "HTTP", "NO_PROXY", "SSL_"))}
    env = {**kept, "HOME": str(bare_copy), "PATH": "/usr/bin:/bin"}
    for _ in range(2):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [line for line in done.stdout.splitlines() if line.startswith("rehearsal ok:")]
        assert "Traceback" not in done.stdout + done.stderr
