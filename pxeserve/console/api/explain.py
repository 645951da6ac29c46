"""What a machine would get, and what it did get: explanations and timelines."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pxeserve.console.api.hosts import InstallLog
from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Body, Moment, Reason
from pxeserve.domain.client import Firmware
from pxeserve.timeline.medians import Median
from pxeserve.timeline.missing import Next


class Asked(Body):
    """As what it boots."""

    firmware: Firmware | None = Field(None, description="Left out: what it last said of itself, else bios.")


class Loader(Answer):
    """What it loads first."""

    set: str
    file: str
    origin: str
    http: bool


class OpenInstall(Answer):
    """The install that decides."""

    id: str
    state: str
    expires: Moment


class Declared(Answer):
    """One answer and who says it."""

    answer: str
    value: Any
    origin: str


class Dhcp(Answer):
    """What DHCP would say."""

    mode: str
    answers: bool
    address: str | None
    last_heard: float | None = Field(description="Epoch seconds.")
    ignored: dict[str, int] = Field(description="What DHCP ignored in the last hour, by reason, where the machine was never heard.")
    because: list[Reason]


class Quirk(Answer):
    """Why it is treated otherwise than the standard says."""

    name: str
    seen: str
    does: str
    source: str


class Explanation(Answer):
    """The whole decision."""

    mac: str
    firmware: str
    firmware_because: list[Reason]
    host: str | None
    macs: list[str]
    target: str = Field(description="installer, plain, own-disk or address-only.")
    loader: Loader | None
    medium: str | None
    install: OpenInstall | None
    menu: str | None = Field(description="As it would be rendered; its token is left out.")
    answers: list[Declared]
    because: list[Reason]
    dhcp: Dhcp
    quirks: list[Quirk]
    leave: list[Reason]
    evidence: list[Reason]
    answerfile: list[Reason]
    standing: list[Reason]
    outlook: list[str] = Field(description="What comes next, in order.")
    next: Next | None


class Span(Body):
    """How much of the record, and as of when."""

    limit: int = Field(10_000, ge=1, le=10_000, description="Events that are looked at, the newest.")
    at: float | None = Field(None, ge=0, le=1e11, description="As it was told at that moment, epoch seconds.")


class Stage(Answer):
    """One stage of an installation."""

    name: str
    at: Moment
    offset: float = Field(description="Seconds since the installation began.")
    seconds: float | None = Field(description="How long it took; none while it lasts.")
    lasting: float | None = Field(description="How long it has lasted; none when it is over.")
    bytes: int | None
    rate: float | None = Field(description="Bytes a second.")
    detail: str
    ok: bool
    because: list[Reason]
    median: Median | None = Field(description="How long earlier installations of the profile took for it.")


class LogEnd(Answer):
    """The last lines of the installer's log."""

    stage: str
    at: Moment
    bytes: int
    last: list[str]


class Installation(Answer):
    """One installation, stage by stage."""

    install: str
    state: str
    mode: str
    medium: str
    by: str
    at: Moment
    seconds: float
    ended: bool
    boots: int
    stages: list[Stage]
    log: LogEnd | None
    look: dict[str, Any] | None = Field(description="Where its installer tells what went wrong, where no log came.")


class Line(Answer):
    """One step of a boot."""

    at: Moment
    offset: float = Field(description="Seconds since the boot's first step.")
    step: str
    text: str
    ok: bool
    bytes: int | None
    seconds: float | None
    rate: float | None
    count: int
    events: list[int] = Field(description="The ids of its first and its last event.")
    because: list[Reason]


class Boot(Answer):
    """One boot."""

    mac: str | None
    session: str | None
    began: Moment
    rehearsal: bool
    target: str | None
    reached: str
    next: Next | None
    lines: list[Line]


class Beside(Answer):
    """What belongs to no boot."""

    at: Moment
    text: str
    ok: bool


class Timeline(Answer):
    """What the record means."""

    host: str
    state: str
    boots: list[Boot]
    beside: list[Beside]
    next: Next | None
    installs: list[Installation]
    unheard: Next | None
    whole: bool = Field(description="Whether it tells all that is on record; false when there may be older events than `limit` gave.")


ROUTES = (
    Route("GET", "/explain/{mac}", "explain", "What a machine would get now, and why; by a card's address or a host's name", Explanation,
          query=Asked),
    Route("GET", "/hosts/{host}/timeline", "timeline", "A host's installations and boots", Timeline, query=Span),
    Route("GET", "/installs/{install}/timeline", "timeline", "One installation, with the boots that belong to it", Timeline, query=Span),
    Route("GET", "/installs/{install}/log", "host.log", "Its installer's log", InstallLog),
)  # fmt: skip
