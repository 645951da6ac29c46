"""How the good file is spoilt: what is exchanged for what in which generations, and the finding that has to come of it."""

from __future__ import annotations

from typing import NamedTuple

from pxeserve.answerfile.finding import Severity
from tests.answerfile.lint.samples import ALL, END, HASH, spoilt


class Case(NamedTuple):
    """What is exchanged for what, in the good file of some generations, and the finding: code, grave, where, and what it says."""

    dialects: tuple[str, ...]
    old: str
    new: str
    code: str
    severity: Severity
    at: str
    says: str


def more(dialects: tuple[str, ...], element: str, code: str, severity: Severity, at: str, says: str) -> Case:
    """An element more."""
    return Case(dialects, END, f"{element}{END}", code, severity, at, says)


def since(name: str) -> tuple[str, ...]:
    return ALL[ALL.index(name) :]


def until(name: str) -> tuple[str, ...]:
    return ALL[: ALL.index(name) + 1]


def between(first: str, last: str) -> tuple[str, ...]:
    return ALL[ALL.index(first) : ALL.index(last) + 1]


NEVER_READ = (
    "license", "eula", "pool-token", "time-config-method", "install-xen64", "filesystem-populated-script", "xenserver-network-backend",
)  # fmt: skip
HASHES = (HASH, "$1$salt$abcdefghijklmnopqrstuv", "$5$salt$abc", "$y$j9T$abc", "!!")
KEYMAP = "<keymap>us</keymap>"
ZONE = "<timezone>Europe/London</timezone>"


def changed(case: Case, dialect: str) -> str:
    text = spoilt(dialect, case.old, case.new)
    if case.old == "<installation>" and not case.new.endswith("installation>") and case.new.count("<") == 1:
        name = case.new[1:].split(">")[0].split(" ")[0]
        text = text.replace("</installation>", f"</{name}>")
    return text
