"""Converting an answerfile from one generation to another. Needs no service, and keeps nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pxeserve.answerfile.convert import RefusedFileError
from pxeserve.answerfile.convert import convert as carry_over
from pxeserve.answerfile.dialects import DIALECTS, spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import MalformedError, parse
from pxeserve.errors import PxeserveError


def convert(name: str, text: bytes, source: str, target: str) -> dict[str, Any]:
    """The answerfile `text` of generation `source`, for generation `target`: its new text (None when there can be none, in which case
    `faults` say why and what to do) and every difference, explained. Raises PxeserveError for a dialect that is not known, and for a file
    that its own installer refuses."""
    old, new = _dialect(source), _dialect(target)
    try:
        done = carry_over(parse(text), old, new)
    except MalformedError as error:
        raise PxeserveError(f"{name}: line {error.line}:{error.column}: {error.message}", fix=error.fix) from None
    except RefusedFileError as error:
        found = error.finding
        place = f"line {found.line}:{found.column}" if found.line else "whole file"
        said = f"{name}: {place}: installers of {source} refuse it: {found.message} ({found.source})"
        raise PxeserveError(said, fix=found.fix) from None
    return {
        "file": name,
        "from": source,
        "to": target,
        "answerfile": done.text.decode("ascii") if done.text is not None else None,
        "changes": [asdict(change) for change in done.changes],
        "faults": list(done.faults),
    }


def _dialect(name: str) -> Dialect:
    found = spoken(name)
    if found is None:
        raise PxeserveError(f"dialect {name} is not known to this release; known: {', '.join(DIALECTS)}")
    return found
