"""Drafts of answerfiles: the form of a generation, and a file and its values each made of the other. Asks who declares what of nobody, and
keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pxeserve.answerfile import passwords
from pxeserve.answerfile.answers import Mode, Source
from pxeserve.answerfile.catalogue.example import example
from pxeserve.answerfile.catalogue.form import completions, form
from pxeserve.answerfile.catalogue.presets import PRESETS
from pxeserve.answerfile.converting.convert import RefusedFileError, convert_answers
from pxeserve.answerfile.converting.convert import convert as carry_over
from pxeserve.answerfile.declared import AnswerError
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.drafting import Around, Draft, complete, drafted, told, unsaid, written
from pxeserve.answerfile.finding import Finding, as_data
from pxeserve.answerfile.lint import linted
from pxeserve.answerfile.lint.fixes import applied, fixed
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.answerfiles.conversion import refusal
from pxeserve.operations.answerfiles.linting import known_dialect
from pxeserve.operations.context import Context
from pxeserve.operations.editing.subject import around
from pxeserve.operations.registry import verb


class Place(BaseModel):
    """Where the packages of a file by itself come from: `type` as installers know it, and the address."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["url", "nfs", "local"]
    address: str = ""


class Values(BaseModel):
    """What a draft says: `answers` by their modern names, as profiles declare them; `mode`; and `source`, of a file by itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    answers: dict[str, Any] = {}
    mode: Mode = Mode.FRESH
    source: Place | None = None

    def draft(self) -> Draft:
        """As the room of answerfiles takes it."""
        return Draft(self.answers, self.mode, Source(self.source.type, self.source.address) if self.source is not None else None)


@verb("draft.dialects", role=Role.VIEWER)
def dialects(_context: Context) -> list[dict[str, Any]]:
    """All generations, oldest first: name, product and the modes that each knows."""
    return [{"name": one.name, "product": one.product, "modes": [str(mode) for mode in one.modes]} for one in DIALECTS.values()]


@verb("draft.form", role=Role.VIEWER)
def form_of(_context: Context, *, dialect: str) -> dict[str, Any]:
    """The fields of a form for installers of `dialect`, what each holds and what the installer makes of it; the elements that an editor
    completes in their files; and what one may begin with: values (`presets`), and a file that explains every element (`example`)."""
    found = known_dialect(dialect)
    return {
        "dialect": found.name,
        "product": found.product,
        "modes": [str(mode) for mode in found.modes],
        "groups": form(found),
        "password": {"shortest": passwords.SHORTEST, "longest": passwords.LONGEST, "rounds": passwords.ROUNDS},
        "elements": completions(found),
        "presets": [{"name": one.name, "about": one.about, "answers": dict(one.values)} for one in PRESETS],
        "example": example(found).decode("ascii"),
    }


@verb("draft.read", role=Role.VIEWER)
def read(context: Context, *, text: str, dialect: str, medium: str | None = None, before: Values | None = None) -> dict[str, Any]:
    """What a file says: `draft` holds its values, None when its installer stops at something that is there; `left` are answers that no
    value can be, and `findings` what the linter says. `before` are the values before it was typed in: what files do not say stays so."""
    spoken, bytes_ = known_dialect(dialect), text.encode("utf-8", "surrogatepass")
    found = drafted(bytes_, spoken, (before or Values()).draft(), _around(context, medium))
    return {
        **_judged(told(found.found), bytes_),
        "draft": _plain(found.draft) if found.draft is not None else None,
        "left": [{"field": one.field, "value": one.value, "why": one.why} for one in found.left],
    }


@verb("draft.write", role=Role.VIEWER)
def write(
    context: Context, *, draft: Values, dialect: str, medium: str | None = None, before: str | None = None
) -> dict[str, Any]:
    """The file of some values, however incomplete: `text` is None where one of them could not be meant (`problems`). `lost` is what the
    installer cannot be told, `missing` what it still needs, `drops` what of the file `before` goes: comments, and what was never read."""
    spoken = known_dialect(dialect)
    return _written(draft.draft(), spoken, _around(context, medium), before)


@verb("draft.fix", role=Role.VIEWER)
def fix(
    _context: Context, *, text: str, dialect: str, code: str | None = None, line: int = 0, column: int = 0
) -> dict[str, Any]:
    """A file with what one finding says put right, or (no `code`) all that needs no person to decide. Raises NotFoundError when the finding
    is not there, and PxeserveError when a person has to decide."""
    spoken, bytes_ = known_dialect(dialect), text.encode("utf-8", "surrogatepass")
    if code is None:
        better = fixed(bytes_, spoken)
        return {"text": better.text.decode("utf-8", "surrogatepass"), "made": as_data(better.made)["findings"]}
    finding = _finding(linted(bytes_, spoken).findings, code, line, column)
    if not finding.edits:
        raise PxeserveError(f"{code} in line {line}: a person has to decide", fix=finding.fix)
    return {"text": applied(bytes_, finding.edits).decode("utf-8", "surrogatepass"), "made": as_data([finding])["findings"]}


@verb("draft.convert", role=Role.VIEWER)
def convert(
    context: Context, *, source: str, target: str, text: str | None = None, draft: Values | None = None, medium: str | None = None
) -> dict[str, Any]:
    """A file, or the values of a draft, for installers of `target` instead of `source`: the file (`text`, None where there can be none:
    `faults`), and every difference. Raises RefusedError for a file that its own installer refuses."""
    one, other = known_dialect(source), known_dialect(target)
    if text is not None:
        try:
            done = carry_over(text.encode("utf-8", "surrogatepass"), one, other)
        except RefusedFileError as error:
            raise refusal("this file", error.finding, one) from None
    else:
        try:
            done = convert_answers(complete((draft or Values()).draft(), one, _around(context, medium)), one, other)
        except AnswerError as error:
            raise PxeserveError(str(error)) from None
    return {
        "from": one.name,
        "to": other.name,
        "text": done.text.decode("ascii") if done.text is not None else None,
        "changes": [asdict(change) for change in done.changes],
        "faults": list(done.faults),
    }


def sketch_of(values: Mapping[str, Any], dialect: Dialect, surroundings: Around) -> dict[str, Any]:
    """What `draft.write` says of values for a new installation."""
    return _written(Draft(values), dialect, surroundings, None)


def _around(context: Context, medium: str | None) -> Around:
    with context.store.site.read() as connection:
        return around(connection, context.config, medium)


def _written(draft: Draft, dialect: Dialect, surroundings: Around, before: str | None) -> dict[str, Any]:
    done = written(draft, dialect, surroundings)
    judged = _judged(told(linted(done.text, dialect)), done.text) if done.text is not None else {"verdict": None, "findings": []}
    return {
        **judged,
        "text": done.text.decode("ascii", "xmlcharrefreplace") if done.text is not None else None,
        "problems": [asdict(one) for one in done.problems],
        "lost": [{"field": one.field, "value": one.value, "why": one.why, "instead": one.instead, "fix": one.fix} for one in done.lost],
        "missing": [asdict(one) for one in done.missing],
        "drops": unsaid(before.encode("utf-8", "surrogatepass"), dialect) if before is not None else [],
    }


def _judged(findings: list[Finding], _text: bytes) -> dict[str, Any]:
    """The verdict and the findings; of each whether it can be put right by one press of a button."""
    said = as_data(findings)
    return {
        "verdict": said["verdict"],
        "findings": [{**plain, "fixable": bool(one.edits)} for plain, one in zip(said["findings"], findings, strict=True)],
    }


def _plain(draft: Draft) -> dict[str, Any]:
    source = {"type": draft.source.kind, "address": draft.source.address} if draft.source is not None else None
    return {"answers": dict(draft.values), "mode": str(draft.mode), "source": source}


def _finding(findings: tuple[Finding, ...], code: str, line: int, column: int) -> Finding:
    found = next((one for one in findings if (one.code, one.line, one.column) == (code, line, column)), None)
    if found is None:
        raise NotFoundError(f"there is no {code} at line {line}, column {column}", fix="look at the file as it is now")
    return found
