"""`pxeserve answerfile lint`, as people and programs run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answerfile.lint.samples import ALL, good

PXESERVE = Path(sys.executable).parent / "pxeserve"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PXESERVE, "answerfile", "lint", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    refused, accepted, surprising = (tmp_path / name for name in ("refused.xml", "accepted.xml", "surprising.xml"))
    refused.write_text("<installation/>")
    accepted.write_text(good("8.2"))
    surprising.write_text(good("8.2").replace("keymap>", "keymaps>"))
    return refused, accepted, surprising


def test_a_line_a_file_and_one_when_one_is_refused(files: tuple[Path, Path, Path]) -> None:
    done = run(*files, "--dialect", "8.2", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["file"], one["verdict"]) for one in lines] == [(str(file), file.stem) for file in files]
    assert (done.returncode, done.stderr) == (1, "")
    assert run(*files[1:], "--dialect", "8.2").returncode == 0


def test_people_read_place_cause_fix_and_source(files: tuple[Path, Path, Path]) -> None:
    shown = run(files[2], "--dialect", "8.2").stdout
    assert shown.splitlines()[0] == f"{files[2]}: surprising"
    assert "3:3: warning XA-020: <keymaps> is not an element of 8.2" in shown
    assert "did you mean <keymap>? (--fix does it)" in shown
    assert "Citrix Hypervisor 8.2 installer" in shown


def test_what_was_fixed_is_said(files: tuple[Path, Path, Path]) -> None:
    done = run(files[2], "--dialect", "8.2", "--fix")
    assert done.stdout.splitlines()[0] == f"{files[2]}: accepted"
    assert "fixed: 3:3: XA-020" in done.stdout
    assert files[2].read_text() == good("8.2")


def test_wrong_use_is_two_and_names_what_is_known(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    done = run(files[1], "--dialect", "9.9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "dialect 9.9 is not known" in done.stderr
    assert ", ".join(ALL) in done.stderr
    assert run("--dialect", "8.2").returncode == 2
    assert run(files[1]).returncode == 2
    done = run(tmp_path, tmp_path / "missing.xml", files[1], "--dialect", "8.2", "--json")
    assert done.returncode == 2
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["accepted"]
    assert (f"error: {tmp_path}: Is a directory" in done.stderr, "missing.xml: No such file" in done.stderr) == (True, True)
    assert "Traceback" not in done.stderr


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text(good("xs9").replace("us</", "[red]\u009b31mü\u202e</"))
    done = run(file, "--dialect", "xs9")
    assert "\u009b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "[red]" in done.stdout
