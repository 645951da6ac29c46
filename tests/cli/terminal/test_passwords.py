"""Root passwords at the command line: typed twice and unseen, or a line of standard input; and the plain text is nowhere afterwards."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.answerfile import passwords

PXESERVE = Path(sys.executable).parent / "pxeserve"
MAC = "52:54:00:77:00:01"
PLANTED = "planted Secret 77"


@pytest.fixture
def config() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pxp-"))
    folder.chmod(0o755)
    user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
    file = folder / "pxeserve.toml"
    file.write_text(f'[server]\ndata = "{folder}/data"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}')
    yield file
    shutil.rmtree(folder)


def run(config: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PXESERVE_CONFIG": str(config), "PXESERVE_DEBUG": ""}
    return subprocess.run([PXESERVE, *words], env=environment, input=typed, capture_output=True, text=True, timeout=120, check=False)


def hashes(config: Path) -> list[bytes]:
    """All crypt strings in the store, in the order in which they lie there."""
    found = b"".join(path.read_bytes() for path in sorted((config.parent / "data" / "state").glob("site.db*")))
    return sorted(set(re.findall(rb"\$6\$rounds=656000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}", found)))


def opens(hashed: bytes, password: str) -> bool:
    text = hashed.decode()
    return passwords.sha512_crypt(password.encode(), text.split("$")[3], passwords.ROUNDS) == text


def nowhere(config: Path, *shown: str) -> None:
    files = b"".join(path.read_bytes() for path in config.parent.rglob("*") if path.is_file())
    assert PLANTED.encode() not in files
    assert PLANTED not in "".join(shown)


def test_a_line_of_standard_input_becomes_a_hash(config: Path) -> None:
    assert run(config, "profile", "add", "rack").returncode == 0
    assert run(config, "host", "add", "--name", "xen01", "--mac", MAC, "--profile", "rack").returncode == 0
    done = run(config, "host", "set", "xen01", "--password", "--set", "keymap=us", typed=f"{PLANTED}\n")
    assert done.returncode == 0, done.stderr
    [hashed] = hashes(config)
    assert opens(hashed, PLANTED)
    shown = run(config, "host", "show", "xen01").stdout
    assert "root-password" in shown
    assert "$6$" not in done.stdout + shown
    nowhere(config, done.stdout, done.stderr, shown)


def test_a_profile_s_password_is_kept_with_a_salt_for_each_host(config: Path) -> None:
    done = run(config, "profile", "add", "rack", "--password", typed=f"{PLANTED}\n")
    assert done.returncode == 0, done.stderr
    assert "making 8 hashes" in done.stderr
    found = hashes(config)
    assert len({hashed.split(b"$")[3] for hashed in found}) == 8
    assert opens(found[0], PLANTED)
    nowhere(config, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("typed", "says"), [("short\n", "6 characters at least"), ("", "6 characters at least"), ("x" * 300 + "\n", "255 bytes at most")]
)
def test_what_is_no_password_is_refused_and_not_repeated(config: Path, typed: str, says: str) -> None:
    done = run(config, "profile", "add", "rack", "--password", typed=typed)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert typed.strip() == "" or typed.strip() not in done.stderr
    assert run(config, "profile", "list").stdout.startswith("no profiles yet")


def typed_at_a_terminal(config: Path, answers: list[str]) -> tuple[int, str]:
    """What a terminal shows while somebody types `answers` to one prompt after the other, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"PXESERVE_CONFIG": str(config), "TERM": "dumb"})
        os.execv(PXESERVE, [str(PXESERVE), "profile", "set", "rack", "--password"])
    shown, deadline, prompts = "", time.monotonic() + 90, 0
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                break
        if shown.count(": ") > prompts and prompts < len(answers) and shown.endswith(": "):
            os.write(terminal, answers[prompts].encode() + b"\n")
            prompts += 1
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(config: Path) -> None:
    assert run(config, "profile", "add", "rack").returncode == 0
    status, shown = typed_at_a_terminal(config, [PLANTED, "another one", PLANTED, PLANTED])
    assert status == 0, shown
    assert "root password: " in shown
    assert "do not match" in shown
    assert "another one" not in shown
    assert opens(hashes(config)[0], PLANTED)
    nowhere(config, shown)
