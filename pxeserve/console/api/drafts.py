"""Drafts of answerfiles, and saved ones. What reads only is asked by POST all the same: a file is no query."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Body, LintFinding, Moment, Name, Open
from pxeserve.operations.preparing.host import Mode

_TEXT = Field(max_length=1 << 20, description="The answerfile.")
_DIALECT = Field(description="The installer's generation, such as xcp-8.3.")
_MEDIUM = Field(None, description="The medium that the draft is for; none: a file by itself.")
_WHOSE = Field("", max_length=255, description="The profile's or the host's name; nothing for the site.")

What = Literal["site", "profile", "host"]
Modes = Literal["fresh", "reinstall", "upgrade", "restore", "oemhdd", "oemflash"]


class Dialect(Answer):
    """A generation of installers."""

    name: str
    product: str
    modes: list[str]


class FormQuery(Body):
    """Whose form."""

    dialect: Name = _DIALECT


class Form(Answer):
    """What a form shows, as data."""

    dialect: str
    product: str
    modes: list[str]
    groups: list[Open] = Field(description="Groups of fields, in the order in which people are asked.")
    password: Open = Field(description="What a root password may be: characters, bytes, and rounds of its hash.")
    elements: list[Open] = Field(description="Elements, attributes and words that an editor of its files completes.")
    presets: list[Open] = Field(description="Values to begin with.")
    example: str = Field(description="A file in which every element is explained.")


class Place(Body):
    """Where the packages of a file by itself come from."""

    type: Literal["url", "nfs", "local"]
    address: str = Field("", max_length=4096)


class Values(Body):
    """What a draft says."""

    answers: Open = Field({}, description="By their modern names, as profiles declare them.")
    mode: Modes = "fresh"
    source: Place | None = None


class Read(Body):
    """A file to be read as values."""

    text: str = _TEXT
    dialect: Name = _DIALECT
    medium: Name | None = _MEDIUM
    before: Values | None = Field(None, description="The values before it was typed in: what files do not say stays so.")


class Found(LintFinding):
    """A finding, and whether `POST /drafts/fix` puts it right."""

    fixable: bool


class Left(Answer):
    """An answer that no value can be."""

    field: str
    value: str
    why: str


class ReadOut(Answer):
    """What a file says."""

    verdict: Literal["accepted", "surprising", "refused"]
    findings: list[Found]
    draft: Open | None = Field(description="Its values; none while its installer stops at something that is there.")
    left: list[Left]


class Write(Body):
    """Values to be written."""

    draft: Values
    dialect: Name = _DIALECT
    medium: Name | None = _MEDIUM
    before: str | None = Field(None, max_length=1 << 20, description="The file that this one takes the place of.")


class Unmeant(Answer):
    """A value that nobody could mean."""

    element: str
    field: str = Field(description="Its path, such as admin-interface.ipaddr.")
    message: str


class Lost(Answer):
    """What the installer cannot be told."""

    field: str
    value: str
    why: str
    instead: str
    fix: str


class Missing(Answer):
    """What the installer still needs."""

    field: str
    set: str = Field(description="How it is set on a command line.")
    element: str


class WrittenOut(Answer):
    """A file made of values."""

    verdict: Literal["accepted", "surprising", "refused"] | None
    findings: list[Found]
    text: str | None = Field(description="None where a value could not be meant: `problems`.")
    problems: list[Unmeant]
    lost: list[Lost]
    missing: list[Missing]
    drops: list[str] = Field(description="What of the file before is not written again.")


class Fix(Body):
    """What to put right: one finding, or everything that needs no person to decide."""

    text: str = _TEXT
    dialect: Name = _DIALECT
    code: Name | None = None
    line: int = Field(0, ge=0, le=1 << 20)
    column: int = Field(0, ge=0, le=1 << 20)


class Fixed(Answer):
    """The file after that."""

    text: str
    made: list[LintFinding]


class Convert(Body):
    """A file, or values, and for whom they are to be."""

    source: Name = Field(description="The dialect that they are in.")
    target: Name = Field(description="The dialect that they are to be in.")
    text: str | None = Field(None, max_length=1 << 20)
    draft: Values | None = None
    medium: Name | None = _MEDIUM


class Converted(Answer):
    """The file for the other installer."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    text: str | None = Field(description="None when there can be none: `faults` say why.")
    changes: list[Open] = Field(description="Every difference, explained.")
    faults: list[str]


class Whose(Body):
    """Whose answers."""

    what: What
    name: str = _WHOSE


class Opening(Whose):
    """Whose answers, and for which installer."""

    dialect: Name | None = Field(None, description="Where the medium says none, or to look at another one.")


class Change(Answer):
    """When answers were last changed, and by whom."""

    at: Moment
    who: str


class Opened(Answer):
    """The answers of a site, a profile or a host."""

    what: What
    name: str
    profile: str | None = Field(description="Of a host.")
    medium: str | None
    dialect: str | None
    answers: Open = Field(description="Its own and what it inherits; secrets are not shown.")
    own: Open
    inherited: Open
    origins: Open = Field(description="Who said each inherited value, by its path.")
    written: WrittenOut | None
    hosts: list[str] = Field(description="Whose answerfiles they are part of, 200 at most.")
    hosts_in_all: int
    known: Open = Field(description="Names that there are, of scripts, media and templates, by the path where one may stand.")
    revision: str = Field(description="To be said when they are saved.")
    changed: Change | None


class Save(Whose):
    """What the answers are to come to."""

    answers: Open
    revision: str | None = Field(max_length=4000, description="As they were opened; null changes whatever there is.")
    note: str = Field("", max_length=200, description="For the history: why.")


class Saved(Answer):
    """What was declared."""

    difference: str
    own: Open
    notes: list[str]
    revision: str


class Preview(Body):
    """For which host, and with whose answers as they are not saved yet."""

    host: Name
    mode: Mode = "fresh"
    what: What | None = None
    name: str = _WHOSE
    answers: Open | None = None


class Line(Answer):
    """A line of two files."""

    sign: Literal[" ", "-", "+"] = Field(description="In both, only then, only now.")
    text: str


class Last(Answer):
    """The file that the host was last armed with."""

    text: str
    armed_at: Moment
    who: str
    delivered_at: float | None = Field(description="Epoch seconds; null: it was never delivered.")


class Previewed(Answer):
    """The file that a host would get."""

    host: str
    mode: str
    dialect: str
    template: str | None
    text: str = Field(description="The password hidden, TOKEN in the place of each token.")
    warnings: list[str]
    findings: list[LintFinding]
    origins: list[Open] = Field(description="Who said each value.")
    last: Last | None
    differs: list[Line]


ROUTES = (
    Route("GET", "/dialects", "draft.dialects", "Generations of installers, oldest first", list[Dialect]),
    Route("GET", "/drafts/form", "draft.form", "The fields of a form for one generation", Form, query=FormQuery),
    Route("POST", "/drafts/read", "draft.read", "The values that a file says, and what a linter says of it", ReadOut, body=Read),
    Route("POST", "/drafts/write", "draft.write", "The file that values come to", WrittenOut, body=Write),
    Route("POST", "/drafts/fix", "draft.fix", "Put right what needs no person to decide", Fixed, body=Fix),
    Route("POST", "/drafts/convert", "draft.convert", "A draft for another generation, with every difference", Converted, body=Convert),
    Route("GET", "/drafts/open", "draft.open", "The answers of the site, a profile or a host, to be edited", Opened, query=Opening),
    Route("POST", "/drafts/save", "draft.save", "Save them, as they were opened", Saved, body=Save),
    Route("POST", "/drafts/preview", "draft.preview", "The file a host would get, beside its last one", Previewed, body=Preview),
)
