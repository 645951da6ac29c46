"""Machines that network-booted and are no hosts yet."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import Host, TableBody, TableTaken
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Moment, Name, Settings


class Machine(Answer):
    """One of them, as its firmware described itself."""

    mac: str
    first_seen: Moment
    last_seen: Moment
    boots: int = Field(description="How often it network-booted.")
    vendor_class: str = Field(description="Option 60.")
    arch: int | None = Field(description="Option 93.")
    uuid: str | None = Field(description="Option 97.")
    user_class: str = Field(description="Option 77.")
    hostname: str = Field(description="Option 12.")
    relay: str = Field(description="The relay agent's address.")
    circuit: str = Field(description="The relay agent's port, as it names it (option 82).")
    remote: str = Field(description="The relay agent, as it names itself (option 82).")
    firmware: str | None
    architecture: str | None
    notes: list[str]


class Adopt(Body):
    """What to call it."""

    name: Name
    profile: Name | None = Field(None, description="Needed for a new host; left out, it is another card of a host that is there.")
    set: Settings = Field([])


class Adopted(Host):
    """The host that it is now."""

    notes: list[str]


class Forgotten(Answer):
    """Which was forgotten."""

    forgotten: str


ROUTES = (
    Route(
        "GET", "/discovered", "discovered.list", "Discovered machines, the last seen first", Machine, query=Found, way=Way.LIST, key="mac"
    ),
    Route("GET", "/discovered/{mac}", "discovered.show", "One of them", Machine),
    Route("POST", "/discovered/{mac}/adopt", "discovered.adopt", "Make a host of it", Adopted, body=Adopt),
    Route("DELETE", "/discovered/{mac}", "discovered.forget", "Forget it until it boots again", Forgotten),
    Route("POST", "/discovered-table", "discovered.adopt-all", "Make hosts of those that a table names", TableTaken, body=TableBody),
)
