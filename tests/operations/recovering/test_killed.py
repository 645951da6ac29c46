"""The process that recovers and joins is killed for good (SIGKILL), at every step of the whole way and in the middle of every call that
changes something. The next one finds out how far it was, and nothing is done twice.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from pxeserve.recovery.planning.facts import Role
from pxeserve.recovery.planning.steps import ORDER
from tests.operations.recovering.conftest import Scene
from tests.operations.recovering.machine import Machine
from tests.recovery.simulated import ROOT

ACTS = ("pool.emergency_transition_to_master", "host.destroy", "pool.join")


@contextmanager
def worker(scene: Scene, *dies: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.recovery.recover_worker", str(scene.site.data), *dies]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n" or dies
            yield process
        finally:
            process.stdin.close()
            process.wait(30)


def until(process: subprocess.Popen[str], machine: Machine, ended: Callable[[str], bool], scene: Scene) -> None:
    """The machine and its person do their part until it is so, or the process is dead."""
    end = time.monotonic() + 120
    while not ended(machine.acts()) and process.poll() is None:
        assert time.monotonic() < end, scene.shown()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)


def to_the_end(machine: Machine, scene: Scene) -> None:
    """A last process, which nobody kills: the recovery is done, each of its acts was done once, and one install was armed."""
    with worker(scene) as process:
        until(process, machine, lambda state: state not in ("running", "waiting"), scene)
    done, calls = scene.shown(), scene.machines.names()
    assert done["state"] == "done", done
    assert {one["state"] for one in done["steps"]} == {"done"}
    assert [one.id for one in scene.armings()] == [done["install"]]
    wanted = {"master": (1, 1, 1), "member": (0, 1, 1), "sole": (0, 0, 0)}[done["role"]]
    assert {act: calls.count(act) for act in ACTS} == dict(zip(ACTS, wanted, strict=True))


def killed_at(scene: Scene, steps: Iterable[str], moment: str) -> None:
    with Machine(scene, scene.restores) as machine:
        for step in steps:
            with worker(scene, step, moment) as process:
                until(process, machine, lambda state: state not in ("running", "waiting"), scene)
            assert process.returncode == -signal.SIGKILL
        to_the_end(machine, scene)


DEAD = {"member": "xen02", "master": "xen01"}


def test_killed_after_each_act_and_before_its_note_a_master_comes_back_once(scene: Scene) -> None:
    scene.dies("xen01")
    scene.begins()
    killed_at(scene, ("lead", "forget", "arm"), "first")


@pytest.mark.long
@pytest.mark.parametrize("moment", ["first", "inside", "noted"])
@pytest.mark.parametrize("role", DEAD)
def test_killed_at_every_step_in_one_recovery_it_comes_to_its_end(scene: Scene, role: str, moment: str) -> None:
    scene.dies(DEAD[role])
    steps = [one["name"] for one in scene.begins()["steps"]]
    assert steps == [one for one in ORDER[Role(role)] if one != "reset"], "nothing of this pool was suspended"
    killed_at(scene, steps, moment)


HELD: dict[str, tuple[str, str, bool]] = {
    f"{'answered to nobody' if after else 'not begun'}: {call}": (dead, call, after)
    for dead, call in (
        ("xen01", "pool.emergency_transition_to_master"), ("xen01", "pool.recover_slaves"), ("xen02", "host.declare_dead"),
        ("xen02", "host.destroy"), ("xen02", "pool.join"),
    )
    for after in (False, True)
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", HELD)
def test_killed_in_the_middle_of_a_call_the_next_one_goes_on_and_does_nothing_twice(scene: Scene, name: str) -> None:
    """What a toolstack was told goes through late, when nobody waits for it any more. To declare who is dead dead once more, after looking
    once more, is all that may be said twice."""
    dead, call, after = HELD[name]
    scene.dies(dead)
    scene.begins()
    scene.machines.fault(call=call, kind="hold", after=after)
    with Machine(scene) as machine:
        with worker(scene) as process:
            until(process, machine, lambda _state: call in scene.machines.names(), scene)
            process.kill()
            process.wait(60)
        scene.machines.release()
        to_the_end(machine, scene)


@pytest.mark.long
@pytest.mark.parametrize("moment", ["first", "inside", "noted"])
def test_a_host_that_was_alone_comes_back_with_its_database_whoever_is_killed(alone: Scene, moment: str) -> None:
    old = alone.machines.host("xen01")["uuid"]
    alone.dies("xen01")
    found: dict[str, Any] = alone.begins()
    assert [one["name"] for one in found["steps"]] == list(ORDER[Role.SOLE])
    [reset] = next(one for one in found["steps"] if one["name"] == "reset")["commands"]
    assert reset.startswith("xe vm-reset-powerstate uuid="), reset
    killed_at(alone, ORDER[Role.SOLE], moment)
    assert alone.machines.host("xen01")["uuid"] == old
    assert [one["name_label"] for one in alone.machines.records("xen01", "VM").values() if not one["is_control_domain"]] == ["db"]
