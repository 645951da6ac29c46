"""Answerfiles: check any, and show the one that a host would get."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pxeserve.answerfile.dialects.old import OLD, old_spoken
from pxeserve.answerfile.lint import lint as check
from pxeserve.answerfile.lint import verdict
from pxeserve.answerfile.model import SHOWN
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.installs import Mode, checked
from pxeserve.operations.registry import verb


def lint(name: str, text: bytes, dialect: str) -> dict[str, Any]:
    """The verdict on one answerfile. Needs no service. Raises PxeserveError for a dialect that this release does not know."""
    known_dialect = old_spoken(dialect)
    if known_dialect is None:
        raise PxeserveError(f"dialect {dialect} is not known to this release; known: {', '.join(OLD)}, 5.0, 5.5")
    findings = check(text, known_dialect)
    return {"file": name, "verdict": verdict(findings), "findings": [asdict(finding) for finding in findings]}


@verb("answerfile.render")
def render(context: Context, *, name: str, mode: Mode = "fresh") -> dict[str, Any]:
    """The answerfile that host `name` would get now, with the password hidden and tokens that open nothing."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    found = checked(context, host, mode, interactive=False, password=SHOWN)
    if found.frozen.answerfile is None:
        raise PxeserveError(f"{name}: its profile boots plain files, which fetch no answerfile")
    return {"host": name, "answerfile": found.frozen.answerfile.decode("ascii")}
