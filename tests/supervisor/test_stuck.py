"""Children that do not do their part: silent from the start, silent later, unable to stop, failing at once."""

from __future__ import annotations

import signal
import sys
from typing import Any

import pytest

MODULES = {
    "never": "import threading\ndef serve(serving):\n    threading.Event().wait()\n",
    "falls_silent": "import threading\ndef serve(serving):\n    serving.ready()\n    threading.Event().wait()\n",
    "deaf": (
        "import threading\ndef serve(serving):\n    serving.ready()\n"
        "    while not threading.Event().wait(0.2):\n        serving.beat()\n"
    ),
    "cannot": "from pxeserve.errors import PxeserveError\ndef serve(serving):\n    raise PxeserveError('no tea')\n",
    "dutiful": (
        "import select\ndef serve(serving):\n    serving.ready()\n"
        "    while not select.select([serving.orders], [], [], 0.2)[0]:\n        serving.beat()\n"
    ),
}
SCRIPT = """
import sys
from pathlib import Path
from pxeserve.config import load
from pxeserve.supervisor import children, parent
children.SILENCE = children.START = 3.0
children.GRACE = 1.0
sys.exit(parent.serve(lambda: load(Path(sys.argv[1])), modules={name: f"antics.{name}" for name in sys.argv[2:]}))
"""


@pytest.fixture
def antics(service: Any) -> Any:
    """A service whose children are the modules above; give their names to `play`."""
    package = service.folder / "antics"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, source in MODULES.items():
        (package / f"{name}.py").write_text(source)
    (service.folder / "play.py").write_text(SCRIPT)

    def play(*names: str) -> Any:
        service.launch(sys.executable, service.folder / "play.py", service.config, *names, PYTHONPATH=str(service.folder))
        return service

    return play


def test_a_child_that_never_becomes_ready_is_killed_and_tried_again(antics: Any) -> None:
    service = antics("dutiful", "never")
    first = service.says(r"never is stuck: no sign of life; killed\s+pid=(\d+)")
    service.says(rf"never ended with -9; started again\s+pid={first[1]}\b")
    second = service.says(r"never is stuck: no sign of life; killed\s+pid=(\d+)", since=len(service.log))
    assert second[1] != first[1]
    assert not [line for line in service.log if "dhcp=" in line]  # it never said that it was ready
    service.stop()
    assert service.ended() == 0


def test_a_child_that_falls_silent_is_killed_and_the_dutiful_one_is_left_alone(antics: Any) -> None:
    service = antics("dutiful", "falls_silent")
    service.says("dhcp=")
    dutiful = service.children()["dutiful"]
    for _ in range(2):
        since = len(service.log)
        service.says(r"falls_silent is stuck", since)
        service.says(r"falls_silent ready", since)
    assert service.children()["dutiful"] == dutiful
    assert not [line for line in service.log if "dutiful" in line and "ready" not in line]


def test_a_child_that_cannot_start_ends_the_service_with_its_reason(antics: Any) -> None:
    service = antics("dutiful", "cannot")
    assert service.ended() == 1
    said = service.says("no tea.*")
    assert said[0].startswith("no tea")
    assert not [line for line in service.log if "Traceback" in line]


def test_a_module_that_is_not_there_ends_the_service_too(antics: Any) -> None:
    service = antics("dutiful", "no_such_module")
    assert service.ended() == 1
    service.says("no_such_module")


def test_a_child_that_does_not_hear_that_it_should_stop_is_killed_at_a_reload_and_at_the_end(antics: Any) -> None:
    service = antics("dutiful", "deaf")
    service.says("dhcp=")
    first, since = service.children()["deaf"], len(service.log)
    service.signal(signal.SIGHUP)
    service.says(rf"deaf did not stop in time; killed\s+pid={first}\b", since)
    service.says(r"deaf ready", since)
    second, since = service.children()["deaf"], len(service.log)
    assert second != first
    service.signal(signal.SIGTERM)
    assert service.ended() == 0
    service.says(rf"deaf did not stop in time; killed\s+pid={second}\b", since)
    assert not service.alive(second)
