"""What is found in scripts before an installer finds it; and our own scripts under the same eyes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve import resources
from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.finding import Severity
from pxeserve.answerfile.scripts.check import MAX_BYTES, check, interpreter
from pxeserve.answerfile.scripts.compose import Wishes, compose
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.answerfile.scripts.opinions import opinions

GOOD = b"#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(
    ("script", "code", "line"),
    [
        (b"", "SH-001", 1),
        (b"\n \n", "SH-001", 1),
        (GOOD + b"#" * MAX_BYTES, "SH-002", 1),
        (b"#!/bin/sh\necho \0\n", "SH-003", 2),
        ("#!/bin/sh\nexit 0\n".encode("utf-16"), "SH-003", 1),
        (b"\xef\xbb\xbf" + GOOD, "SH-004", 1),
        (b"echo hello\n", "SH-005", 1),
        (b"\n#!/bin/sh\n", "SH-005", 1),
        (b"#!\n", "SH-005", 1),
        (b"#!/bin/sh " + b"-e" * 80 + b"\n", "SH-006", 1),
        (b"#!/usr/bin/perl\n", "SH-007", 1),
        (b"#!/usr/bin/env ruby\n", "SH-007", 1),
        (b"#!/bin/sh\r\nexit 0\r\n", "SH-008", 1),
        (b"#!/bin/sh\nexit 0\r\n", "SH-008", 2),
        (b"#!/bin/sh\n# caf\xe9\n", "SH-009", 2),
        ("#!/usr/bin/python\n\nx = 'ü'\n".encode(), "SH-010", 3),
        ("#!/bin/sh\necho ü\n".encode(), "SH-011", 2),
    ],
)
def test_each_fault_is_found_at_its_line(script: bytes, code: str, line: int) -> None:
    found = check(script)
    assert [(one.code, one.line) for one in found] == [(code, line)]
    assert all(one.message and one.fix and one.source for one in found)


@pytest.mark.parametrize("first", ["/bin/sh", "/bin/bash", "/bin/sh -e", "/usr/bin/env sh", " /bin/sh"])
def test_shells_run_everywhere(first: str) -> None:
    for dialect in GENERATIONS:
        assert check(f"#!{first}\nexit 0\n".encode(), dialect) == []


@pytest.mark.parametrize(("named", "dialects"), [
    ("/usr/bin/python", set(GENERATIONS) - {"xs9"}), ("/usr/bin/env python", set(GENERATIONS) - {"xs9"}),
    ("/usr/bin/python3", {"xs8", "xs9"}),
])  # fmt: skip
def test_python_is_another_one_in_each_generation(named: str, dialects: set[str]) -> None:
    script = f"#!{named}\nprint(1)\n".encode()
    assert {dialect for dialect in GENERATIONS if check(script, dialect) == []} == dialects
    assert check(script) == []


def test_python_2_with_a_coding_line_may_say_anything() -> None:
    assert [one.code for one in check("#!/usr/bin/python\n# -*- coding: utf-8 -*-\nx = 'ü'\n".encode(), "8.2")] == ["SH-011"]
    assert [one.code for one in check("#!/usr/bin/python3\nx = 'ü'\n".encode(), "xs9")] == ["SH-011"]


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda more: b"#!/bin/sh\n" + more))
def test_nothing_makes_the_check_fail(script: bytes) -> None:
    for one in check(script, "4.1"):
        assert one.line <= script.count(b"\n") + 1
        assert "\n" not in one.message


def test_options_are_no_part_of_the_interpreter() -> None:
    assert interpreter(b"#!/bin/sh -eu\n") == "/bin/sh"
    assert interpreter(b"#!/usr/bin/env python -u\n") == "/usr/bin/env python"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_shell_of_this_machine_says_what_it_cannot_read(shell: str) -> None:
    found = [one for one in opinions(f"#!/bin/{shell}\nif true; then\necho x\n".encode()) if one.code == "SH-020"]
    assert [(one.severity, f"{shell} cannot read" in one.message) for one in found] == [(Severity.ERROR, True)]
    assert opinions(b"#!/usr/bin/python\nif:\n") == []


def test_a_script_is_read_and_never_run(tmp_path: Path) -> None:
    opinions(f"#!/bin/sh\ntouch {tmp_path}/ran\n`touch {tmp_path}/ran`\n".encode())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_what_shellcheck_finds_is_shown_with_its_place() -> None:
    found = opinions(b"#!/bin/sh\nif [ $1 = x ]; then\n  echo\nfi\n")
    assert [(one.code, one.line, one.source) for one in found] == [("SH-021", 2, "shellcheck SC2086")]
    assert found[0].severity is Severity.INFO


@pytest.mark.parametrize("dialect", GENERATIONS)
def test_our_own_scripts_pass(dialect: str) -> None:
    wishes = Wishes("2048M", "$1$salt$hash")
    made = compose(dialect, Mode.FRESH, [], wishes, lambda name: f"http://192.0.2.1/s/T/{name}", "http://192.0.2.1/p/T")
    for name, body in made.files.items():
        assert check(body, dialect) == [], name
        quoted = "shellcheck SC2016"   # a hash in quotes is meant to stay as it is
        assert [one for one in opinions(body) if one.source != quoted] == [], name


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_our_own_scripts_are_what_an_old_shell_reads() -> None:
    for path in sorted((resources.folder("answerfiles") / "hooks").glob("*.sh")):
        head = "#!/bin/sh\nprogress=$1 argumentless='' done_after='' first='' value='' hash=''\nscripts() { run \"$@\"; }\n"
        done = subprocess.run(["shellcheck", "--shell=sh", "-"], input=head + path.read_text(), capture_output=True, text=True, check=False)
        assert not [line for line in done.stdout.splitlines() if "SC3" in line], path
