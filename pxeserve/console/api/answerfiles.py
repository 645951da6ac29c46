"""Answerfiles as texts: judged, converted, taken over."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, LintFinding, Mode, Name, Open

_TEXT = Field(max_length=1 << 20, description="The answerfile.")


class Lint(Body):
    """A text, and who is to read it."""

    text: str = _TEXT
    dialect: Name = Field(description="The installer's generation, such as xcp-8.3.")
    name: str = Field("answerfile", min_length=1, max_length=255, description="What to call it.")


class Edit(Answer):
    """A repair that needs nobody to decide: the bytes from `start` up to `end` become `text`."""

    finding: int = Field(description="Which finding it mends, by its place in the list, from 0.")
    start: int
    end: int
    text: str


class Judged(Answer):
    """The verdict."""

    file: str
    verdict: Literal["accepted", "surprising", "refused"]
    findings: list[LintFinding]
    edits: list[Edit] = Field([], description="Left out where nothing can be mended so.")


class Convert(Body):
    """A text, for whom it was written and for whom it is to be."""

    text: str = _TEXT
    source: Name = Field(description="The dialect that it is in.")
    target: Name = Field(description="The dialect that it is to be in.")
    name: str = Field("answerfile", min_length=1, max_length=255)


class Change(Answer):
    """One difference between the two."""

    kind: str = Field(description="What sort of difference it is.")
    field: str
    old: str
    new: str
    why: str


class Converted(Answer):
    """The text for the other installer."""

    file: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    answerfile: str | None = Field(description="None when there can be none: `faults` say why.")
    changes: list[Change] = Field(description="Every difference, explained.")
    faults: list[str]


class Check(Body):
    """Whose answerfiles."""

    profile: Name | None = Field(None, description="Of its hosts and those of the profiles below it; else of all.")
    mode: Mode = "fresh"


class Checked(Answer):
    """What would become of one host's answerfile."""

    host: str
    profile: str
    verdict: Literal["accepted", "surprising", "refused", "none"]
    because: list[str]


class Whose(Body):
    """A profile or a host: one of the two."""

    profile: Name | None = None
    host: Name | None = None


class Reader(Answer):
    """Who reads."""

    dialect: str


class TakeOver(Whose):
    """Values that were found in an answerfile."""

    values: Open = Field(description="Answers by their names.")
    file: str = Field("a file", min_length=1, max_length=255)
    dry_run: bool = False


class Left(Answer):
    """A value that was not taken."""

    field: str
    value: str
    why: str


class TakenOver(Answer):
    """What was set."""

    whose: str
    dry_run: bool
    set: Open
    unchanged: list[str]
    replaced: Open
    left: list[Left] = Field(description="What the installer of this profile or host does not read, and so was left.")
    notes: list[str]


class Drawn(Answer):
    """A text that is drawn of a generation's data."""

    dialect: str
    what: Literal["example", "schema", "template"]
    text: str


ROUTES = (
    Route("POST", "/answerfiles/lint", "answerfile.lint", "What an installer makes of an answerfile", Judged, body=Lint),
    Route("POST", "/answerfiles/convert", "answerfile.convert", "An answerfile for another installer", Converted, body=Convert),
    Route("POST", "/answerfiles/check", "answerfile.check", "Judge the answerfiles of many hosts", list[Checked], body=Check, way=Way.JOB,
          about="the answerfiles of hosts"),
    Route("GET", "/answerfiles/drawn/{dialect}/{what}", "answerfile.drawn",
          "An explained example, a RELAX NG schema or a template to start from", Drawn),
    Route("GET", "/answerfiles/reader", "answerfile.reader", "Which dialect a profile's or a host's installer reads", Reader, query=Whose),
    Route("POST", "/answerfiles/import", "answerfile.import", "Declare what was found in an answerfile", TakenOver, body=TakeOver),
)  # fmt: skip
