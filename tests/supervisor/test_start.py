"""A child whose process cannot be made, or ends before it has said a word, is a child that is tried again; the parent lives on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.config import Config
from pxeserve.supervisor.children import Child


@pytest.fixture
def start() -> Callable[[Child, float], None]:
    return lambda child, now: child.start(Config(), (), {}, None, now)


def test_a_child_that_ends_before_it_serves_is_buried_and_due_again(start: Callable[[Child, float], None]) -> None:
    child = Child("tftp", "no.such.module")
    start(child, 100.0)
    assert child.process is not None
    child.process.join(60)
    assert child.buried(100.0) == 1
    assert child.due == pytest.approx(100.1)


def test_a_child_that_cannot_be_made_is_due_again_later_and_leaves_no_descriptor_behind(
    start: Callable[[Child, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuses)
    child = Child("tftp", "pxeserve.tftp.server")
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    dues = []
    for now in (100.0, 200.0, 300.0):
        start(child, now)
        assert child.process is None
        assert child.due is not None
        dues.append(child.due - now)
    assert dues == pytest.approx([0.1, 0.2, 0.4])
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before


SCRIPT = """
import os, sys
from pathlib import Path
from pxeserve.config import Config
from pxeserve.supervisor.children import Child
import socket
kept, secret = socket.socket(), open(sys.argv[1])
child = Child("worker", "antics.looking")
child.start(Config(), (), {"events": kept}, None, 0.0)
child.process.join(60)
print(child.process.exitcode, secret.closed)
"""
LOOKING = """
import os
from pathlib import Path
def serve(serving):
    names = [os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()]
    files = [name for name in names if name.startswith("/") and not name.startswith(("/dev", "/proc"))]
    print(files, os.getcwd(), os.getsid(0) == os.getpid(), Path("/proc/self/comm").read_text().strip())
"""


def test_a_child_has_none_of_its_parents_files_and_leads_a_session(tmp_path: Path) -> None:
    (tmp_path / "antics").mkdir()
    (tmp_path / "antics" / "__init__.py").touch()
    (tmp_path / "antics" / "looking.py").write_text(LOOKING)
    secret = tmp_path / "secret"
    secret.touch()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT, secret], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == ["[] / True pxe-worker", "0 False"], done.stderr
