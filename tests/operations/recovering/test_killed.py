"""The process that recovers is killed for good (SIGKILL) in the middle of a call. The next one finds out how far it was."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pxeserve.operations.recovering import running
from tests.operations.recovering.conftest import Scene
from tests.recovery.simulated import ROOT

HELD = {
    "the dead host not declared dead yet": ("xen02", "host.declare_dead", False),
    "it is out of the pool, and nobody was told": ("xen02", "host.destroy", True),
    "a member leads, and nobody was told": ("xen01", "pool.emergency_transition_to_master", True),
}


@contextmanager
def worker(scene: Scene) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.recovery.recover_worker", str(scene.site.data)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.stdin.close()
            process.wait(30)


@pytest.mark.long
@pytest.mark.parametrize("name", HELD)
def test_killed_in_the_middle_of_a_call_the_next_one_goes_on_and_does_nothing_twice(scene: Scene, name: str) -> None:
    dead, call, after = HELD[name]
    scene.dies(dead)
    scene.begins()
    running.turn(scene.site.context)
    scene.site.ask("recover.confirm", id=scene.id, step="silent")  # loopback refuses for a machine that is off, as one does that is on
    scene.machines.fault(call=call, kind="hold", after=after)
    with worker(scene) as process:
        assert scene.machines.wait(call, seconds=30.0)
        process.kill()
        process.wait(10)
    scene.machines.release()
    with worker(scene):
        end = time.monotonic() + 60
        while (found := scene.shown())["step"] != "boot" and found["state"] == "running":
            assert time.monotonic() < end, found
    assert (found["step"], found["state"], len(scene.armings())) == ("boot", "running", 1), found
    assert scene.machines.names().count("host.destroy") == 1
    assert scene.machines.names().count("pool.emergency_transition_to_master") == (1 if dead == "xen01" else 0)
