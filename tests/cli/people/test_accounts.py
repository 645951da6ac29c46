"""Accounts, tokens and the audit at the machine itself, with no service running; and the plain text is nowhere afterwards."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

PXESERVE = Path(sys.executable).parent / "pxeserve"
PLANTED, ANOTHER = "planted pass phrase 77", "another pass phrase 88"


@pytest.fixture
def config() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pxa-"))
    folder.chmod(0o755)
    user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
    file = folder / "pxeserve.toml"
    file.write_text(f'[server]\ndata = "{folder}/data"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}')
    yield file
    shutil.rmtree(folder)


def run(config: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PXESERVE_CONFIG": str(config), "PXESERVE_DEBUG": ""}
    done = subprocess.run([PXESERVE, *words], env=environment, input=typed, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def told(config: Path, *words: str, typed: str = "") -> Any:
    done = run(config, *words, "--json", typed=typed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def nowhere(config: Path, *planted: str) -> None:
    files = b"".join(path.read_bytes() for path in config.parent.rglob("*") if path.is_file())
    assert [one for one in planted if one.encode() in files] == []


def test_from_the_first_account_to_a_token_and_the_audit_of_it_all(config: Path) -> None:
    made = run(config, "init", "--password-stdin", typed=f"{PLANTED}\n")
    assert (made.returncode, made.stdout) == (0, "admin administers this server: log in at its console\n"), made.stderr
    again = run(config, "init", "second", "--password-stdin", typed=f"{PLANTED}\n")
    assert (again.returncode, "an account already" in again.stderr) == (1, True)
    told(config, "user", "add", "olga", "--role", "viewer", "--password-stdin", typed=f"{PLANTED}\n")
    assert told(config, "user", "set-role", "olga", "operator")["role"] == "operator"
    assert told(config, "passwd", "olga", "--password-stdin", typed=ANOTHER)["ended"] == 0
    last = run(config, "user", "disable", "admin")
    assert (last.returncode, "last administrator" in last.stderr) == (1, True)
    shown = run(config, "token", "create", "for ci", "--role", "operator", "--user", "olga")
    text = re.search(r"^pxs_([a-z2-7]{8})_[A-Za-z0-9_-]{43}$", shown.stdout, re.MULTILINE)
    assert text is not None
    [token] = told(config, "token", "list")
    assert (token["id"], token["user"], token["state"]) == (text[1], "olga", "good")
    assert told(config, "token", "revoke", text[1][:6])["state"] == "revoked"
    lines = told(config, "audit", "list")["lines"]
    assert [(line["action"], line["object"]) for line in reversed(lines)] == [
        ("user.add", "admin"), ("user.add", "olga"), ("user.set-role", "olga"), ("user.password", "olga"),
        ("token.create", text[1][:6]), ("token.revoke", text[1][:6]),
    ]  # fmt: skip
    assert "token.revoke" in run(config, "audit", "list", "--action", "token.*").stdout
    whole = run(config, "audit", "verify")
    assert (whole.returncode, whole.stdout) == (0, "all 6 lines are as they were written\n")
    for name in ("one", "two"):
        told(config, "token", "create", name, "--role", "viewer", "--user", "olga")
    for words in ((), ("--user", "olga"), (text[1], "--all"), (text[1], "--user", "olga")):
        assert run(config, "token", "revoke", *words).returncode == 2
    assert run(config, "token", "revoke", "--all", "--user", "olga").stdout == "2 tokens of olga: none opens anything any more\n"
    assert {one["state"] for one in told(config, "token", "list")} == {"revoked"}
    nowhere(config, PLANTED, ANOTHER, text[0])
    with closing(sqlite3.connect(config.parent / "data" / "state" / "site.db")) as connection, connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 3")
    broken = run(config, "audit", "verify")
    assert (broken.returncode, broken.stdout) == (1, "the audit is not whole: at line 3: it was changed\n")


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("init", "--password-stdin"), "short\n", "12 characters at least"),
        (("init", "--password-stdin"), "", "12 characters at least"),
        (("init", "--password-stdin"), "x" * 2000, "1024 bytes at most"),
        (("init",), "no terminal anywhere\n", "--password-stdin"),
        (("init", "root", "--password-stdin"), f"{PLANTED}\n", "another name"),
        (("passwd", "nobody-here", "--password-stdin"), f"{PLANTED}\n", "no user nobody-here"),
        (("user", "add", "olga", "--role", "queen", "--password-stdin"), f"{PLANTED}\n", "queen is none"),
        (("token", "create", "x", "--role", "viewer"), "", "no account yet"),
    ],
)
def test_what_cannot_be_is_said_and_not_repeated(config: Path, words: tuple[str, ...], typed: str, says: str) -> None:
    done = run(config, *words, typed=typed)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert typed.strip() == "" or typed.strip() not in done.stderr


def typed_at_a_terminal(config: Path, answers: list[str]) -> tuple[int, str]:
    """What a terminal shows while somebody types `answers` to one prompt after the other, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"PXESERVE_CONFIG": str(config), "TERM": "dumb"})
        os.execv(PXESERVE, [str(PXESERVE), "init", "anna"])
    shown, deadline, prompts = "", time.monotonic() + 90, 0
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                break
        if prompts < len(answers) and shown.count(": ") > prompts and shown.endswith(": "):
            os.write(terminal, answers[prompts].encode() + b"\n")
            prompts += 1
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(config: Path) -> None:
    status, shown = typed_at_a_terminal(config, [PLANTED, ANOTHER, PLANTED, PLANTED])
    assert status == 0, shown
    assert "password of anna: " in shown
    assert "do not match" in shown
    assert PLANTED not in shown
    assert ANOTHER not in shown
    nowhere(config, PLANTED, ANOTHER)
