"""Looks at a script before any installer does: what would keep it from running in the RAM disk of a generation.

Pure: bytes in, findings out. What the shells of this machine say is asked by `opinions.py`. Refuses to know where scripts come from.
"""

from __future__ import annotations

import re

from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.scripts.generations import GENERATIONS, Generation

MAX_BYTES = 64 << 10
"""Longest script, in bytes: it is kept in the store, sealed into the install and held in the RAM of the machine."""

_INTERPRETER_LINE = 126
"""Longest first line that kernels up to 5.0 read whole (linux, fs/binfmt_script.c: BINPRM_BUF_SIZE 128)."""

_BOM = b"\xef\xbb\xbf"
_CODING = re.compile(rb"coding[:=]\s*[-\w.]+")
_CRLF = "write it with plain line ends: dos2unix does, and editors can"


def check(script: bytes, dialect: str | None = None) -> list[Finding]:
    """What is wrong with `script`, for installers of `dialect` or, without one, for any; by line. Empty: nothing that can be seen here."""
    bounds = _bounds(script)
    if bounds:
        return bounds
    generation = GENERATIONS.get(dialect) if dialect is not None else None
    found = [*_first_line(script, generation), *_line_ends(script), *_letters(script, generation)]
    return sorted(found, key=lambda one: (one.line, one.code))


def interpreter(script: bytes) -> str | None:
    """What the first line names, such as `/bin/sh` or `/usr/bin/env python`, without its options; None when it names nothing."""
    first = script.partition(b"\n")[0]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "replace").split()
    if not words:
        return None
    return " ".join(words[:2]) if words[0] == "/usr/bin/env" else words[0]


def speaks_shell(script: bytes) -> str | None:
    """`sh` or `bash` when that is what the script is written for."""
    named = (interpreter(script) or "").replace("/usr/bin/env ", "/bin/")
    return {"/bin/sh": "sh", "/bin/bash": "bash"}.get(named)


def _bounds(script: bytes) -> list[Finding]:
    if not script.strip():
        return [_error("SH-001", 1, "the script is empty", "write one, or take it away", "host-installer, scripts.run_script")]
    if len(script) > MAX_BYTES:
        said = f"the script has {len(script)} bytes; {MAX_BYTES} are served at most"
        return [_error("SH-002", 1, said, "let a short script fetch what is large", "pxeserve")]
    if b"\0" in script:
        line = script[: script.index(b"\0")].count(b"\n") + 1
        return [_error("SH-003", line, "a NUL byte: this is no script", "is it a program, or text in UTF-16?", "execve(2)")]
    return []


def _first_line(script: bytes, generation: Generation | None) -> list[Finding]:
    if script.startswith(_BOM):
        said = "a byte order mark stands before #!, so no interpreter is found"
        return [_error("SH-004", 1, said, "save it as UTF-8 without a byte order mark", "execve(2)")]
    named = interpreter(script)
    if named is None:
        source = "host-installer, scripts.run_script: Missing interpreter in URL."
        return [_error("SH-005", 1, "the first line names no interpreter", "begin with #!/bin/sh", source)]
    found = []
    if len(script.partition(b"\n")[0]) > _INTERPRETER_LINE:
        said = f"the first line has over {_INTERPRETER_LINE} bytes, and kernels cut it there"
        found.append(_error("SH-006", 1, said, "shorten it", "execve(2)"))
    named = named.removesuffix("\r")
    known = generation.interpreters if generation else tuple(one for row in GENERATIONS.values() for one in row.interpreters)
    if named not in known:
        whose = f"of {generation.dialect} " if generation else ""
        usual = ", ".join(f"#!{one}" for one in dict.fromkeys(known) if "env" not in one)
        source = generation.source if generation else "host-installer, scripts.run_script"
        found.append(_error("SH-007", 1, f"the RAM disk of installers {whose}has no {named}", f"it runs {usual}", source))
    return found


def _line_ends(script: bytes) -> list[Finding]:
    if b"\r" not in script:
        return []
    line = script[: script.index(b"\r")].count(b"\n") + 1
    what = "so does the interpreter's name, and there is none of that name" if line == 1 else "shells take it for a part of the last word"
    return [_error("SH-008", line, f"the line ends with a carriage return: {what}", _CRLF, "execve(2)")]


def _letters(script: bytes, generation: Generation | None) -> list[Finding]:
    if script.removeprefix(_BOM).isascii():
        return []
    line = next(number for number, text in enumerate(script.split(b"\n"), 1) if not text.isascii())
    try:
        script.decode()
    except UnicodeDecodeError:
        return [_error("SH-009", line, "the script is not UTF-8", "save it as UTF-8", "pxeserve")]
    head = b"\n".join(script.split(b"\n")[:2])
    named = interpreter(script) or ""
    old = generation is None or "/usr/bin/python" in generation.interpreters
    if named.endswith("python") and old and not _CODING.search(head):
        said = "a character that is not ASCII in a Python 2 script that names no coding: it does not run at all"
        return [_error("SH-010", line, said, "write # -*- coding: utf-8 -*- into its second line", "PEP 263")]
    return [_warning("SH-011", line, "a character that is not ASCII", "consoles of installers may show another one", "host-installer, tui")]


def _error(code: str, line: int, message: str, fix: str, source: str) -> Finding:
    """What keeps the script from running."""
    return Finding(code, Severity.ERROR, line, 1, message, fix, source)


def _warning(code: str, line: int, message: str, fix: str, source: str) -> Finding:
    return Finding(code, Severity.WARNING, line, 1, message, fix, source)
