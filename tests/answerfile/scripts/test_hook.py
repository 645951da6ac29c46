"""The hook, really run: what it tells at which stage of which generation, and that it never stands in an installation's way."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.answers import Mode, Stage
from pxeserve.answerfile.scripts.compose import LOG_BYTES, Composed, StageScript, Wishes, compose
from pxeserve.answerfile.scripts.generations import GENERATIONS, stages
from pxeserve.answerfile.scripts.names import HOOK

FILLED = Stage.FILESYSTEM_POPULATED
NOTHING = Wishes()
Run = Callable[..., subprocess.CompletedProcess[str]]
SHELLS = ("dash", "busybox", "bash")


def composed(wire: Any, dialect: str, *site: StageScript, wishes: Wishes = NOTHING) -> Composed:
    made = compose(dialect, Mode.FRESH, site, wishes, wire.address, wire.progress)
    wire.serve(made.files)
    return made


def calls(dialect: str, good: bool) -> list[tuple[str | None, list[str]]]:
    """How this generation calls scripts when all goes well, or when it fails at the end: stage in the environment, arguments."""
    root = ["/tmp/no-such-root"]
    match dialect:
        case "4.1" | "5.0":
            return [(None, root)] if good else []
        case "5.5":
            return [(None, root)] if good else [(None, [])]
        case "5.6":
            return [("filesystem-populated", root), ("installation-complete", ["0" if good else "1"])]
        case "xs9":
            middle: list[tuple[str | None, list[str]]] = [("packages-installed", root), ("filesystem-populated", root)]
            return [("installation-start", []), *middle, ("installation-complete", ["0" if good else "1"])]
    return [("installation-start", []), ("filesystem-populated", root), ("installation-complete", ["0" if good else "1"])]


@pytest.mark.parametrize(
    ("dialect", "shell"), [*((name, "busybox") for name in GENERATIONS), ("5.5", "dash"), ("xs9", "dash"), ("8.2", "bash")]
)
def test_every_generation_reports_each_stage_and_the_end(wire: Any, installer: Run, dialect: str, shell: str) -> None:
    hook = composed(wire, dialect).files[HOOK]
    for stage, arguments in calls(dialect, good=True):
        assert installer(shell, hook, *arguments, stage=stage).returncode == 0
    assert wire.reports == [*stages(GENERATIONS[dialect], Mode.FRESH)[: 1 if dialect == "5.5" else None], "done"]


NUMBERS = (
    ("CZ3040ABCD\n", "?serial=CZ3040ABCD"), (" VMware-56 4d   5e \n", "?serial=VMware-56%204d%205e"),
    ("CZ3040ABCD", "?serial=CZ3040ABCD"), ("\n", ""), ("", ""), ("a/b\n", ""), ("`touch x`\n", ""), ("x&serial=y\n", ""), (None, ""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "says", "behind"),
    [
        pytest.param(shell, *number, id=f"{shell}-{number[0]!r}", marks=() if turn == at % len(SHELLS) else pytest.mark.long)
        for at, number in enumerate(NUMBERS)
        for turn, shell in enumerate(SHELLS)
    ],
)
def test_the_first_report_carries_the_machine_s_serial_number(
    wire: Any, installer: Run, tmp_path: Path, shell: str, says: str | None, behind: str
) -> None:
    number = tmp_path / "product_serial"
    if says is not None:
        number.write_text(says)
    hook = composed(wire, "8.2").files[HOOK].replace(b"/sys/class/dmi/id/product_serial", str(number).encode())
    for stage, arguments in calls("8.2", good=True):
        done = installer(shell, hook, *arguments, stage=stage)
        assert (done.returncode, done.stderr) == (0, "")
    assert wire.reports == [f"installation-start{behind}", "filesystem-populated", "installation-complete", "done"]


@pytest.mark.parametrize("dialect", [name for name in GENERATIONS if calls(name, good=False)])
def test_a_failed_installation_is_reported_as_one(wire: Any, installer: Run, dialect: str) -> None:
    hook = composed(wire, dialect).files[HOOK]
    for stage, arguments in calls(dialect, good=False):
        installer("dash", hook, *arguments, stage=stage)
    assert wire.reports[-1] == "failed"
    assert "done" not in wire.reports


def test_the_answerfile_names_the_hook_for_each_stage_of_the_generation_and_mode(wire: Any) -> None:
    for dialect, generation in GENERATIONS.items():
        made = composed(wire, dialect)
        assert [one.stage for one in made.scripts] == list(generation.stages)
        assert {one.address for one in made.scripts} == {wire.address(HOOK)}
    restored = compose("8.2", Mode.RESTORE, [], Wishes(), wire.address, wire.progress)
    assert [one.stage for one in restored.scripts] == ["installation-start", "installation-complete"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("fetcher", ["python", "python3", "curl", "wget"])
def test_several_scripts_run_in_order_and_each_one_s_end_is_told(
    wire: Any, installer: Run, ramdisk: Callable[[str], Path], tmp_path: Path, shell: str, fetcher: str
) -> None:
    log = tmp_path / "log"
    body = f'#!/bin/sh\necho "$0 $* $XS_STAGE" >>{log}\nexit '.encode()
    site = [StageScript(FILLED, name, body + status) for name, status in (("one.sh", b"0\n"), ("two.sh", b"7\n"), ("three", b"0"))]
    hook = composed(wire, "4.1", *site, StageScript(FILLED, "lost.sh", address=f"{wire.base}/nowhere")).files[HOOK]
    assert installer(shell, hook, "/tmp/root", tools=ramdisk(fetcher)).returncode == 0
    ends = [("1.one.sh", "0"), ("2.two.sh", "7"), ("3.three", "0"), ("4.lost.sh", "not-fetched")]
    told = [f"filesystem-populated.{name}={status}" for name, status in ends]
    assert wire.reports == ["filesystem-populated", *told, "done"]
    ran = [line.split(" ") for line in log.read_text().splitlines()]
    assert [line[0].rpartition("/")[2].partition(".")[2] for line in ran] == ["1.one.sh", "2.two.sh", "3.three"]
    assert all(line[1:] == ["/tmp/root", "filesystem-populated"] for line in ran)


def test_scripts_of_another_stage_do_not_run(wire: Any, installer: Run, tmp_path: Path) -> None:
    mark = f"#!/bin/sh\ntouch {tmp_path}/".encode()
    site = [StageScript(stage, f"{stage}.sh", mark + stage.encode() + b"\n") for stage in GENERATIONS["xs9"].stages]
    hook = composed(wire, "xs9", *site).files[HOOK]
    for stage in GENERATIONS["xs9"].stages:
        installer("dash", hook, "0", stage=stage)
        assert (tmp_path / stage).exists()
        assert len(list(tmp_path.glob("*-*"))) == list(GENERATIONS["xs9"].stages).index(stage) + 1


@pytest.mark.parametrize("fetcher", ["python", "curl"])
def test_a_script_that_was_changed_on_its_way_does_not_run(
    wire: Any, installer: Run, ramdisk: Callable[[str], Path], tmp_path: Path, fetcher: str
) -> None:
    made = composed(wire, "8.2", StageScript(FILLED, "own.sh", b"#!/bin/sh\nexit 0\n"))
    wire.serve({"filesystem-populated.1.own.sh": f"#!/bin/sh\ntouch {tmp_path}/ran\n".encode()})
    tools = ramdisk(fetcher)
    if fetcher == "python":
        (tools / "sha256sum").unlink()   # then Python tells
    installer("dash", made.files[HOOK], "/tmp/root", tools=tools, stage="filesystem-populated")
    assert wire.reports == ["filesystem-populated", "filesystem-populated.1.own.sh=changed"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_with_pxeserve_away_the_installation_goes_on(installer: Run, ramdisk: Callable[[str], Path], shell: str) -> None:
    site = [StageScript(FILLED, "own.sh", b"#!/bin/sh\nexit 0\n")]
    made = compose("4.1", Mode.FRESH, site, Wishes(), lambda name: f"http://127.0.0.1:9/s/{name}", "http://127.0.0.1:9/p/TOKEN")
    ended = installer(shell, made.files[HOOK], "/tmp/root", tools=ramdisk("python"))
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(("refusals", "asked"), [(0, 1), (1, 2), (3, 4), (9, 4)])
def test_the_last_word_is_said_again_while_pxeserve_is_restarted(
    wire: Any, installer: Run, ramdisk: Callable[[str], Path], refusals: int, asked: int
) -> None:
    tools = ramdisk("python")
    (tools / "sleep").unlink()
    (tools / "sleep").symlink_to("/bin/true")
    wire.busy["/p/TOKEN/done"] = refusals
    assert installer("busybox", composed(wire, "4.1").files[HOOK], "/tmp/root", tools=tools).returncode == 0
    assert wire.reports == ["filesystem-populated", *["done"] * asked]


def test_with_nothing_to_fetch_with_the_installation_goes_on(wire: Any, installer: Run, ramdisk: Callable[[str], Path]) -> None:
    tools = ramdisk("wget")
    (tools / "wget").unlink()
    hook = composed(wire, "8.2", StageScript(FILLED, "own.sh", b"#!/bin/sh\nexit 0\n")).files[HOOK]
    assert installer("dash", hook, "/tmp/root", tools=tools, stage="filesystem-populated").returncode == 0
    assert wire.asked == []


def test_a_proxy_in_the_environment_is_not_asked(wire: Any, tmp_path: Path) -> None:
    script = tmp_path / "hook"
    script.write_bytes(composed(wire, "4.1").files[HOOK])
    environment = {"PATH": "/usr/bin:/bin", "http_proxy": "http://127.0.0.1:9"}
    subprocess.run(["sh", script, "/tmp/root"], env=environment, check=True, timeout=60)
    assert wire.reports == ["filesystem-populated", "done"]


def test_a_site_s_script_cannot_take_the_hook_s_own_input(wire: Any, installer: Run) -> None:
    hook = composed(wire, "4.1", StageScript(FILLED, "reads.sh", b"#!/bin/sh\ncat\n")).files[HOOK]
    assert installer("dash", hook, "/tmp/root").stdout == ""
    assert wire.reports[-1] == "done"


def failing(wire: Any, dialect: str, log: Path) -> bytes:
    """The hook of `dialect`, with its installer's log lying elsewhere."""
    hook = composed(wire, dialect).files[HOOK]
    assert b"\nlog=/tmp/install-log\n" in hook
    return hook.replace(b"\nlog=/tmp/install-log\n", f"\nlog={log}\n".encode())


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("fetcher", ["python", "python3", "curl"])
def test_the_end_of_the_installers_log_comes_before_the_word_that_it_failed(
    wire: Any, installer: Run, ramdisk: Callable[[str], Path], tmp_path: Path, shell: str, fetcher: str
) -> None:
    log = tmp_path / "install-log"
    log.write_bytes(bytes(range(256)) * 2048 + b"the last line\n")
    hook = failing(wire, "8.2", log)
    assert installer(shell, hook, "1", tools=ramdisk(fetcher), stage="installation-complete").returncode == 0
    assert wire.reports == ["installation-complete", "installation-complete.log", "failed"]
    sent = wire.posted["/p/TOKEN/installation-complete.log"]
    assert (len(sent), sent) == (LOG_BYTES, log.read_bytes()[-LOG_BYTES:])


@pytest.mark.parametrize("dialect", [name for name in GENERATIONS if calls(name, good=False)])
def test_every_generation_that_has_a_hook_for_it_sends_its_log(wire: Any, installer: Run, tmp_path: Path, dialect: str) -> None:
    log = tmp_path / "install-log"
    log.write_bytes(b"INSTALL FAILED.\n")
    hook = failing(wire, dialect, log)
    stage, arguments = calls(dialect, good=False)[-1]
    installer("busybox", hook, *arguments, stage=stage)
    assert list(wire.posted.values()) == [b"INSTALL FAILED.\n"]
    assert wire.reports[-1] == "failed"


def test_no_log_is_sent_when_all_went_well_or_there_is_none(
    wire: Any, installer: Run, ramdisk: Callable[[str], Path], tmp_path: Path
) -> None:
    log = tmp_path / "install-log"
    hook = failing(wire, "8.2", log)
    installer("dash", hook, "1", stage="installation-complete")
    log.write_bytes(b"all is well\n")
    installer("dash", hook, "0", stage="installation-complete")
    (tools := ramdisk("wget")).joinpath("tail").unlink()
    installer("dash", hook, "1", stage="installation-complete", tools=tools)
    assert wire.posted == {}
    assert [word for word in wire.reports if word in ("done", "failed")] == ["failed", "done", "failed"]
