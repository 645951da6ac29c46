"""The addresses of an answerfile as its installer would ask for them: what can be looked at before anything boots.

Refuses to look: it knows no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.dialects.shape import Dialect, Holds
from pxeserve.answerfile.lint import Linted
from pxeserve.answerfile.silent.case import Case


class Kind(StrEnum):
    """What lies at an address."""

    PACKAGES = "packages"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Lead:
    """An address, the element that names it with its place, and, for a script, the programs that the installer lets it begin with; () when
    it does not look."""

    kind: Kind
    url: str
    element: str
    line: int
    column: int
    interpreters: tuple[str, ...] = ()


def leads(linted: Linted, dialect: Dialect) -> Iterator[Lead]:
    """All addresses that this installer would fetch from, in order; local ones and NFS as `nfs://server:/path`."""
    if linted.document is None or linted.reading is None:
        return
    case = Case(linted.document, dialect, linted.reading)
    for node, element in case.texts():
        if element.text is None or not node.text.strip():
            continue
        kind, text = node.attributes.get("type", ""), case.text(node)
        line, column = case.places.of_text(node)
        if element.text.holds is Holds.ADDRESS and kind in ("url", "nfs"):
            yield Lead(Kind.PACKAGES, _source(case, kind, text), node.name, line, column)
        elif element.text.holds is Holds.SCRIPT:
            nfs = kind.lower() == "nfs" and element.attribute("type") is not None and not text.startswith("nfs://")
            yield Lead(Kind.SCRIPT, f"nfs://{text}" if nfs else text, node.name, line, column, _interpreters(case))


def _interpreters(case: Case) -> tuple[str, ...]:
    """5.6 means /usr/bin/python and misses a letter; xs8 alone added python3 (`scripts.py`)."""
    if case.before("5.6") or case.dialect.name == "xs9":
        return ()
    shells = ("/bin/sh", "/bin/bash", "/usr/bin/env python")
    if case.dialect.name == "5.6":
        return shells
    newer = ("/usr/bin/python3", "/usr/bin/env python3") if case.dialect.name == "xs8" else ()
    return (*shells, "/usr/bin/python", *newer)


def _source(case: Case, kind: str, text: str) -> str:
    if kind == "nfs":
        return f"nfs://{text}"
    known = re.match(r"(?:https?|ftp|file|nfs)://", text)
    return text if known or not case.before("8.2") else f"http://{text}"
