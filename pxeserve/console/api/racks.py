"""Racks: where their hosts stand."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Moment, Page
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
    because: str | None = Field(description="Why an install ended or stands still.")
    troubled: bool = Field(description="Whether a person should look.")
    install: str | None
    medium: str | None
    mode: str | None
    interactive: bool | None
    expires: float | None = Field(description="When an open install lapses, epoch seconds.")


class Picture(Answer):
    """A rack at a moment."""

    rack: str
    at: Moment
    counts: dict[str, int]
    troubled: int
    hosts: list[HostInRack]


ROUTES = (
    Route("GET", "/racks", "rack.list", "Racks, by name", Rack, query=Page, way=Way.LIST, key="rack"),
    Route("GET", "/racks/{name}", "rack.show", "Where each of its hosts stands", Picture),
)
