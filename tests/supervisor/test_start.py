"""A child whose process cannot be made, or ends before it has read a word, is a child that is tried again; the parent lives on."""

from __future__ import annotations

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


def waited_for(child: Child) -> int:
    assert child.process is not None
    return child.process.wait(60)


def test_a_child_that_ends_before_it_reads_its_instructions_is_buried_and_due_again(
    start: Callable[[Child, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def over_at_once(_: list[str], **options: object) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = real([sys.executable, "-c", "raise SystemExit(7)"], **options)  # type: ignore[call-overload]
        process.wait()
        return process

    monkeypatch.setattr(subprocess, "Popen", over_at_once)
    child = Child("tftp", "pxeserve.tftp.server")
    start(child, 100.0)
    assert child.buried(100.0) == 7
    assert child.due == pytest.approx(100.1)


def test_a_child_that_cannot_be_made_is_due_again_later_and_leaves_no_descriptor_behind(
    start: Callable[[Child, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuses)
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
