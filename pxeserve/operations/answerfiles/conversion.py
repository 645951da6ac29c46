"""Converting an answerfile from one generation to another. Asks no host and keeps nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pxeserve.answerfile.catalogue import example, schema, template
from pxeserve.answerfile.converting.convert import RefusedFileError
from pxeserve.answerfile.converting.convert import convert as carry_over
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.finding import Finding
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.operations.answerfiles.linting import known_dialect
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb


@verb("answerfile.convert", role=Role.VIEWER)
def convert(_context: Context, *, text: str, source: str, target: str, name: str = "answerfile") -> dict[str, Any]:
    """An answerfile for installers of `source`, given as a text, for those of `target`; see `converted`."""
    return converted(name, text.encode("utf-8", "surrogatepass"), known_dialect(source), known_dialect(target))


@verb("answerfile.drawn", role=Role.VIEWER)
def drawn(_context: Context, *, dialect: str, what: Literal["example", "schema", "template"]) -> dict[str, Any]:
    """What is drawn of a generation's own data: an answerfile in which every element is explained, a RELAX NG schema for editors, or a
    Jinja2 template to start from."""
    known = known_dialect(dialect)
    match what:
        case "example":
            text = example.example(known)
        case "schema":
            text = schema.schema(known)
        case "template":
            text = template.template(known)
    return {"dialect": known.name, "what": what, "text": text.decode("utf-8")}


def converted(name: str, text: bytes, source: Dialect, target: Dialect) -> dict[str, Any]:
    """The file's new text (None when there can be none, in which case `faults` say why and what to do) and every difference, explained.
    Raises RefusedError for a file that its own installer refuses, with the linter's finding."""
    try:
        done = carry_over(text, source, target)
    except RefusedFileError as error:
        raise refusal(name, error.finding, source) from None
    return {
        "file": name,
        "from": source.name,
        "to": target.name,
        "answerfile": done.text.decode("ascii") if done.text is not None else None,
        "changes": [asdict(change) for change in done.changes],
        "faults": list(done.faults),
    }


def refusal(name: str, finding: Finding, dialect: Dialect) -> RefusedError:
    """What to say of a file that installers of `dialect` refuse."""
    said = f"{name}: line {finding.line}:{finding.column}: {finding.code}: installers of {dialect.name} refuse it: {finding.message}"
    return RefusedError(said, fix=finding.fix)
