"""The service itself: how it fares, and how it is configured."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Open
from pxeserve.console.api.webhooks import Webhook
from pxeserve.doctor.finding import Finding


class MediumState(Answer):
    """A medium and its state."""

    name: str
    state: str


class Record(Answer):
    """How much of the past is known."""

    events: int
    oldest: float | None = Field(description="Epoch seconds.")
    bytes: int


class Status(Answer):
    """How the service fares."""

    version: str
    serving: bool
    data: str
    interface: str | None
    http: str | None
    dhcp: str
    hosts: dict[str, int] = Field(description="Hosts by the state of their newest install.")
    media: list[MediumState]
    ftp: str
    nfs: str
    doctor: list[Finding]
    record: Record
    metrics: str
    webhooks: list[Webhook]


ROUTES = (
    Route("GET", "/status", "status", "How the service fares", Status),
    Route("GET", "/settings", "settings.show", "The configuration in force", Open),
)
