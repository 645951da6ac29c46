"""The unit's words, held against what the service does: each of them is a promise of this project's or a need of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from pxeserve.config import Config
from pxeserve.doctor.service import judge_unit
from pxeserve.supervisor import children, parent

UNITS = Path(__file__).parent.parent.parent / "packaging" / "systemd"
UNIT = UNITS / "pxeserve.service"
DATA = Config().server.data
USER = Config().server.user


def settings() -> dict[str, str]:
    """Key to value; of a key that stands more than once, all values in one."""
    found: dict[str, str] = {}
    for line in UNIT.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[key] = f"{found[key]} {value}" if key in found else value
    return found


def seconds(said: str) -> float:
    return float(said.removesuffix("min")) * 60 if said.endswith("min") else float(said)


def test_the_doctor_of_this_release_finds_nothing_in_it() -> None:
    said = settings()
    shown = {**said, "CapabilityBoundingSet": said["CapabilityBoundingSet"].lower()}  # as systemctl shows it
    assert list(judge_unit("pxeserve.service", shown, DATA)) == []


def test_it_runs_as_the_user_of_the_configuration_and_writes_where_the_state_lies() -> None:
    said = settings()
    assert (said["User"], said["Group"]) == (USER, USER)
    assert PurePosixPath("/var/lib", said["StateDirectory"]) == PurePosixPath(DATA)
    assert "ReadWritePaths" not in said
    assert said["ProtectSystem"] == "strict"


def test_it_holds_two_capabilities_and_no_way_to_a_third() -> None:
    said = settings()
    assert said["AmbientCapabilities"] == said["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE CAP_NET_RAW"
    assert said["NoNewPrivileges"] == "yes"
    assert "setuid" not in said["SystemCallFilter"].replace("@system-service ~@privileged", "")


def test_only_the_parent_speaks_to_systemd() -> None:
    """It takes NOTIFY_SOCKET out of the environment; `main` has systemd see to that too. The command replaces its own shell, so that the
    parent is the main process."""
    said = settings()
    assert (said["Type"], said["NotifyAccess"]) == ("notify", "main")
    assert "exec " in (UNITS.parent / "debian" / "pxeserve.sh").read_text()


def test_the_watchdog_outwaits_a_child_that_has_to_be_started_again() -> None:
    """No sign of life is sent while a child is not ready: the service's own remedy comes first, and systemd's when that did not help."""
    said = settings()
    assert seconds(said["WatchdogSec"]) > children.START + children._LONGEST_WAIT
    assert seconds(said["TimeoutStopSec"]) > children.GRACE
    assert seconds(said["TimeoutStartSec"]) > children.START


def test_what_gets_no_better_by_trying_again_is_not_tried_again() -> None:
    said = settings()
    assert said["Restart"] == "on-failure"
    statuses = set(said["RestartPreventExitStatus"].split())
    assert str(parent.RUNNING_ALREADY) in statuses
    assert {str(parent.FAILED), str(parent.PORT_TAKEN)}.isdisjoint(statuses)  # a cable, an address, another server: they come and go


def test_the_user_and_the_folder_that_are_made_are_those_of_the_unit() -> None:
    kind, name, _ = (UNITS / "pxeserve.sysusers").read_text().split(maxsplit=2)
    assert (kind, name) == ("u", USER)
    made = (UNITS / "pxeserve.tmpfiles").read_text().split()
    assert made == ["d", str(DATA), settings()["StateDirectoryMode"], USER, USER, "-"]


@pytest.fixture
def verified(tmp_path: Path) -> Iterator[Path]:
    """The unit, with a command that is there."""
    copy = tmp_path / UNIT.name
    lines = [line for line in UNIT.read_text().splitlines() if not line.startswith("Documentation=")]
    copy.write_text("\n".join(lines).replace("/usr/bin/pxeserve", "/bin/sh") + "\n")
    yield copy


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_every_line(verified: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", verified], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_its_exposure_is_two_at_most(verified: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", verified]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
