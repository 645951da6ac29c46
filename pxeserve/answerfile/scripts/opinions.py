"""What programs of this machine say about a script: the shell whether it can be read, shellcheck what it thinks of it.

Nothing of the script is ever run. Both are bounded in time, and each is left out where it is not installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence

from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.scripts.check import speaks_shell

_SECONDS = 10.0
_MOST = 100
_LINE = re.compile(r"(?:line |: )(\d+):? ?(.*)")


def opinions(script: bytes) -> list[Finding]:
    """What the shell and shellcheck of this machine find in a shell script, by line; empty for scripts in anything else."""
    shell = speaks_shell(script)
    if shell is None:
        return []
    return [*_syntax(script, shell), *_shellcheck(script, shell)]


def _syntax(script: bytes, shell: str) -> list[Finding]:
    """Errors of `sh -n`, which reads and does not run."""
    done = _asked([shell, "-n"], script)
    if done is None or done.returncode == 0:
        return []
    last = next((line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()), "it cannot be read")
    place = _LINE.search(last)
    line, said = (int(place[1]), place[2]) if place else (1, last)
    text = "".join(char for char in said if char.isprintable())[:200]
    return [Finding("SH-020", Severity.ERROR, line, 1, f"{shell} cannot read this script: {text}", "correct it", f"{shell} -n")]


def _shellcheck(script: bytes, shell: str) -> list[Finding]:
    done = _asked(["shellcheck", "--format=json", f"--shell={shell}", "--norc", "-"], script)
    if done is None:
        return []
    try:
        said = json.loads(done.stdout)
        return [_told(one) for one in said[:_MOST]]
    except (ValueError, KeyError, TypeError):
        return []


def _told(one: dict[str, object]) -> Finding:
    severity = Severity.INFO if one["level"] in ("info", "style") else Severity.WARNING
    text = "".join(char for char in str(one["message"]) if char.isprintable())[:300]
    line, column, number = (int(str(one[key])) for key in ("line", "column", "code"))
    return Finding("SH-021", severity, line, column, text, f"shellcheck explains SC{number}", f"shellcheck SC{number}")


def _asked(command: Sequence[str], script: bytes) -> subprocess.CompletedProcess[bytes] | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    words = [program, *command[1:]]
    try:
        return subprocess.run(words, input=script, capture_output=True, timeout=_SECONDS, check=False, env={"LC_ALL": "C"})
    except (OSError, subprocess.TimeoutExpired):
        return None
