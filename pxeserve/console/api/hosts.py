"""Hosts, as the API speaks of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Moment, Name, Open, Page, Settings, Standing, Text
from pxeserve.operations.preparing.host import Mode
from pxeserve.timeline.missing import Next


class HostAdd(Body):
    """A machine that gets a name."""

    name: Name = Field(description="Letters, digits and hyphens, 63 at most; it becomes lower case.")
    profile: Name
    mac: list[Name] = Field([], max_length=64, description="The addresses of its network cards, in any usual spelling.")
    set: Settings = Field([], description="`address`, `uuid`, `serial`, `rack`, `tags`, or an answer, as KEY=VALUE.")


class HostSet(Body):
    """What changes. What is left out stays."""

    set: Settings | None = Field(None, description="KEY=VALUE sets, KEY= takes away, KEY+=VALUE adds to a list.")
    mac: list[Name] | None = Field(None, max_length=64, description="All its cards: what is not named is its no longer.")
    profile: Name | None = None


class HostSelection(Body):
    """Which hosts: all that is said must hold."""

    name: list[Name] | None = Field(None, max_length=1000, description="Their names; several times for several.")
    rack: Name | None = Field(None, description="The rack in which they stand.")
    tag: list[Name] | None = Field(None, max_length=100, description="Tags, all of which they carry.")


class HostPages(HostSelection, Page):
    """Which hosts, and which part of them."""


class Host(Answer):
    """A host as it was written. Secrets in its answers are not shown."""

    name: str
    mac: list[str]
    profile: str
    address: str | None = Field(description="The address that is kept for it where pxeserve gives addresses.")
    uuid: str | None
    serial: str | None
    rack: str | None
    tags: list[str]
    answerfile: Open = Field(description="Its own answers; what it inherits stands in its explanation.")


class HostEdited(Host):
    """A host after a change."""

    revision: str = Field(description="Changes with any part of it that people edit; the first half of its ETag.")
    notes: list[str] = Field(description="What is worth knowing, a sentence each.")


class HostStands(Host):
    """A host and where it stands."""

    state: str = Field(
        description="Of its newest install (armed, booting, answered, installing, done, failed, lapsed, cancelled, frozen), or idle."
    )
    install: str | None = Field(description="The id of its newest install.")
    installed: bool = Field(description="Whether an installation of it ever came to its end.")
    medium: Standing | None = Field(description="What it is installed from, or would be.")
    unheard: Next | None = Field(description="Why nothing was heard of it since it was armed.")
    doubt: str | None = Field(description="Why its install may run on another machine than was meant.")


class HostShown(HostStands):
    """The same, with its revision."""

    revision: str


class Removed(Answer):
    """What is gone."""

    removed: str


class InstallLog(Answer):
    """The end of an installer's log, with passwords masked."""

    host: str | None
    install: str
    stage: str
    at: Moment
    bytes: int = Field(description="As they came.")
    lines: list[str]


class Password(Answer):
    """A random root password. It is told once."""

    host: str
    install: str
    root_password: str | None
    not_replaced: str | None = Field(
        description="The one that went over the wire and is still in force, where the hook could not replace it."
    )


class Rendered(Body):
    """For which installation."""

    mode: Mode = "fresh"


class AnswerfileValue(Answer):
    """One value of an answerfile and who says it."""

    line: int
    element: str
    attribute: str | None
    value: str
    answer: str
    origin: str


class AnswerfileOf(Answer):
    """The answerfile that a host would get now. Passwords are hidden, and its tokens open nothing."""

    host: str
    mode: str
    dialect: str
    template: str | None
    answerfile: str
    warnings: list[str]
    origins: list[AnswerfileValue]
    defaults: list[AnswerfileValue] = Field(description="What it leaves to the installer, and what that does then.")


class HostTable(Answer):
    """Hosts for a spreadsheet."""

    csv: str


class TableBody(Body):
    """Hosts as a table or a list in YAML."""

    text: Text = Field(description="The table, or the list.")
    form: Literal["csv", "yaml"]
    file: str = Field("the table", min_length=1, max_length=255, description="What errors call it.")
    dry_run: bool = Field(False, description="Only tell what would change.")


class TableTaken(Answer):
    """What changed, a line each: `+` new, `~` changed."""

    changes: list[str]
    notes: list[str]
    dry_run: bool


class Counted(Answer):
    """A word, and how many hosts have it."""

    name: str
    hosts: int


class HostWords(Answer):
    """What hosts can be narrowed by."""

    racks: list[Counted]
    tags: list[Counted]
    profiles: list[Counted]


ROUTES = (
    Route("GET", "/hosts", "host.page", "Hosts, by name", HostStands, query=HostPages, way=Way.PAGES),
    Route("POST", "/hosts", "host.add", "Name a machine", HostEdited, body=HostAdd, status=201),
    Route("GET", "/hosts/{name}", "host.show", "One host", HostShown, way=Way.ONE),
    Route("PATCH", "/hosts/{name}", "host.set", "Change a host", HostEdited, body=HostSet, way=Way.EDIT),
    Route("DELETE", "/hosts/{name}", "host.remove", "Forget a host that has no live install", Removed, way=Way.REMOVE),
    Route("GET", "/hosts/{name}/log", "host.log", "The log of its newest installation that failed", InstallLog),
    Route("POST", "/hosts/{name}/password", "host.password", "Its random root password, told once", Password),
    Route("GET", "/hosts/{name}/answerfile", "answerfile.render", "The answerfile that it would get now", AnswerfileOf, query=Rendered),
    Route("GET", "/host-words", "host.words", "The racks, tags and profiles that there are", HostWords),
    Route("GET", "/host-table", "host.table", "Hosts as a spreadsheet reads them", HostTable, query=HostSelection),
    Route("POST", "/host-table", "host.import", "Add and change hosts by a table: all of it, or nothing", TableTaken, body=TableBody),
)
