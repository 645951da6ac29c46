"""One arming is one installation, with a process killed at each step of the way: at its first call that writes or sends, its second, and so
on until there are no more. strace holds the process and delivers the blow as the call begins; it counts each thread's calls apart."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.machine import Machine, cancel, stock
from tests.faults.service import Service, alive, until
from tests.faults.space import Space
from tests.faults.test_armed_once import Tally, patiently, rows, story

pytestmark = pytest.mark.netns
CALLS = "write,pwrite64,fdatasync,fsync,ftruncate,unlink,sendto,sendmsg,sendfile"
"""Whatever leaves a process or changes a disk."""

MOST = 400
"""Steps of one process in one story; there are far fewer."""

QUIET = 5
"""Steps in a row at which the story ended before the blow fell: then there are no more."""


@contextmanager
def doomed(service: Service, victim: str, step: int) -> Iterator[int]:
    """While this lasts the process is killed as it begins its `step`th such call; gives its pid."""
    pid = service.pid(victim)
    blow = f"inject={CALLS}:signal=SIGKILL:when={step}"
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", blow, "-p", str(pid)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as strace:
        try:
            until(lambda: _held(pid) or not alive(pid), "strace holds the process")
            yield pid
        finally:
            strace.terminate()


def _held(pid: int) -> bool:
    """Whether every thread of a process is traced."""
    try:
        return all("TracerPid:\t0" not in (task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("victim", ["provision", "console", "tftp"])
def test_a_process_killed_at_each_of_its_steps_gives_no_second_installation(
    victim: str, every: int, alone: Space, furnish: Callable[..., Service], figure: Callable[[str], None]
) -> None:
    service = furnish(alone)
    stock(service)
    service.start()
    machine = Machine(alone)
    tally = Tally(service, machine)
    killed, quiet, step = 0, 0, 1
    while quiet < QUIET and step < MOST:
        with doomed(service, victim, step) as pid:
            teller = threading.Thread(target=story, args=(service, machine))
            teller.start()
            teller.join()
        if alive(pid):
            quiet += 1
        else:
            killed, quiet = killed + 1, 0
            service.again(victim, pid)
        tally.holds()
        patiently(lambda: cancel(service))
        tally.at_rest()
        tally.holds()
        step += every
    assert quiet == QUIET, "there is an end to the steps"
    assert killed >= 3, "the blows fell"
    got, armed = machine.answerfiles, sum(rows(service).values())
    figure(f"{victim} killed at {killed} steps, every {every}: {armed} armings, {len(got)} installations; 0 excess")
