"""Racks: where their hosts stand."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found, Moment
from pxeserve.timeline.missing import Next


class Rack(Answer):
    """A rack; `-` stands for the hosts that are in none."""

    rack: str
    hosts: int
    counts: dict[str, int] = Field(description="Hosts by the state of their newest install.")


class HostInRack(Answer):
    """Where a host stands now."""

    host: str
    state: str
    since: float | None = Field(description="When it came into that state, epoch seconds.")
    step: str | None = Field(description="The last step that it reached since it was armed.")
    package: int | None = Field(description="Which package is being fetched, of `packages`.")
    packages: int | None
    heard_at: float | None = Field(description="When it was last heard, epoch seconds.")
    overdue: Next | None = Field(description="What should have come by now, and why it may not have.")
    unheard: Next | None = Field(description="Why nothing was heard at all.")
    next: Next | None = Field(description="What should come next.")
    doubt: str | None = Field(description="What about it is in doubt.")
    because: str | None = Field(description="Why an install ended or stands still.")
    troubled: bool = Field(description="Whether a person should look.")
    install: str | None
    medium: str | None
    mode: str | None
    interactive: bool | None
    expires: float | None = Field(description="When an open install lapses, epoch seconds.")


class Cell(Answer):
    """A host in the picture of everything."""

    host: str
    state: str
    step: str | None
    package: int | None
    packages: int | None
    troubled: bool


class RackOfAll(Answer):
    """A rack in it."""

    rack: str
    counts: dict[str, int]
    hosts: list[Cell] | None = Field(description="Left out where there are more hosts than anybody looks at.")
    total: int
    troubled: int


class StandsAt(Answer):
    """Where a host stands."""

    host: str
    state: str
    since: float | None
    step: str | None
    package: int | None
    packages: int | None
    heard_at: float | None
    overdue: Next | None
    unheard: Next | None
    next: Next | None
    doubt: str | None
    because: str | None


class Stuck(StandsAt):
    """One that a person should look at."""

    rack: str


class Overview(Answer):
    """Everything at a glance."""

    at: Moment
    hosts: int
    counts: dict[str, int]
    racks: list[RackOfAll]
    troubled: int
    unasked: int = Field(description="How many on their way were not asked whether something is overdue, as there are so many.")
    stuck: list[Stuck] = Field(description="The newest trouble first.")


class Picture(Answer):
    """A rack at a moment."""

    rack: str
    at: Moment
    counts: dict[str, int]
    troubled: int
    hosts: list[HostInRack]


ROUTES = (
    Route("GET", "/overview", "overview", "All racks with their hosts' states, and who is stuck", Overview),
    Route("GET", "/racks", "rack.list", "Racks, by name", Rack, query=Found, way=Way.LIST, key="rack"),
    Route("GET", "/racks/{name}", "rack.show", "Where each of its hosts stands", Picture),
)
