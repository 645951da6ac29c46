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
    """An address, the element that names it with its place, and `checks`: the installer looks at a script's first line."""

    kind: Kind
    url: str
    element: str
    line: int
    column: int
    checks: bool


def leads(linted: Linted, dialect: Dialect) -> Iterator[Lead]:
    """All addresses that this installer would fetch from, in order; local ones and NFS as `nfs://server:/path`."""
    if linted.document is None or linted.reading is None:
        return
    case = Case(linted.document, dialect, linted.reading)
    checks = not case.before("5.6") and dialect.name != "xs9"
    for node, element in case.texts():
        if element.text is None or not node.text.strip():
            continue
        kind, text = node.attributes.get("type", ""), case.text(node)
        line, column = case.places.of_text(node)
        if element.text.holds is Holds.ADDRESS and kind in ("url", "nfs"):
            yield Lead(Kind.PACKAGES, _source(case, kind, text), node.name, line, column, False)
        elif element.text.holds is Holds.SCRIPT:
            nfs = kind.lower() == "nfs" and element.attribute("type") is not None and not text.startswith("nfs://")
            yield Lead(Kind.SCRIPT, f"nfs://{text}" if nfs else text, node.name, line, column, checks)


def _source(case: Case, kind: str, text: str) -> str:
    if kind == "nfs":
        return f"nfs://{text}"
    known = re.match(r"(?:https?|ftp|file|nfs)://", text)
    return text if known or not case.before("8.2") else f"http://{text}"
