"""The record: events, a page at a time, and what was ignored. Following it is a way of its own (`following`)."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Moment, Name, Open, Page


class Which(Body):
    """Which events: each field narrows."""

    host: Name | None = None
    mac: Name | None = None
    kind: Name | None = Field(None, description="A kind, or the beginning of one up to a dot: `dhcp` is `dhcp.discover` too.")
    install: Name | None = None
    rack: Name | None = Field(None, description="Of the hosts that stand in it.")
    tag: list[Name] | None = Field(None, max_length=100, description="Of the hosts that carry all of these.")


class Events(Which, Page):
    """Which events, and which part of them."""

    from_time: float | None = Field(None, alias="from", ge=0, le=1e11, description="Not before, epoch seconds.")
    to_time: float | None = Field(None, alias="to", ge=0, le=1e11, description="Not after, epoch seconds.")


class EventsOrStream(Events):
    """The same, or all that come from now on."""

    follow: bool = Field(False, description="As they come, as text/event-stream; `limit`, `cursor`, `from` and `to` then mean nothing.")


class Event(Answer):
    """What a machine did, or was done for it."""

    id: int = Field(description="Grows with every event that is written.")
    at: Moment
    kind: str
    host: str | None
    mac: str | None
    address: str | None
    install: str | None
    session: str | None
    text: str
    data: Open | None
    steady: float | None = Field(description="When it happened, on a clock that nobody sets.")


class Counter(Answer):
    """What was ignored or lost in the last hour."""

    source: str
    reason: str
    count: int


class Minutes(Body):
    """How far back."""

    minutes: int = Field(60, ge=10, le=7 * 1440, description="Minutes until now.")


class Series(Answer):
    """One kind of traffic."""

    key: str
    name: str
    unit: str
    values: list[float]


class Traffic(Answer):
    """What was asked of this server."""

    at: list[int] = Field(description="Epoch seconds, the same places for all series.")
    span: int = Field(description="How many seconds each place stands for.")
    series: list[Series]


ROUTES = (
    Route("GET", "/events", "event.page", "Events, the newest first; with `follow` as they come", Event, query=EventsOrStream,
          way=Way.PAGES, key="id"),
    Route("GET", "/traffic", "traffic", "What was asked of this server, by the minute", Traffic, query=Minutes),
    Route("GET", "/counters", "counters", "What was ignored or lost in the last hour", list[Counter]),
)  # fmt: skip
