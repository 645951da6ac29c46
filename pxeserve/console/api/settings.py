"""The service itself: how it fares, and how it is configured."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Moment, Open
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


class Key(Answer):
    """One key of the configuration."""

    section: str
    key: str
    value: Any
    default: Any
    description: str
    origin: str | None = Field(description="A file and its line, a variable of the environment, or the command line; None for a default.")


class Process(Answer):
    """One process of the service."""

    name: str
    work: str
    pid: int | None = Field(description="None when it should be there and is not.")
    seconds: float | None = Field(description="Since it began.")
    memory: int | None = Field(description="Bytes that it holds.")


class CertificateShown(Answer):
    """The certificate that browsers see."""

    fingerprint: str = Field(description="SHA-256 of its DER form.")
    subject: str
    issuer: str
    names: list[str]
    begins: Moment
    ends: Moment
    key: str
    self_made: bool
    state: str = Field(description="good, ends soon, or over.")


class Quirk(Answer):
    """How firmware, a loader or an installer lies, and what is done about it."""

    about: str
    name: str
    seen: str
    does: str
    source: str
    tests: list[str]
    precaution: bool


class Expected(Answer):
    """What should come."""

    expected: str
    where: str
    overdue: str
    means: str
    source: str


class MissingCause(Answer):
    """Why it may not."""

    code: str
    when: str
    text: str
    tell: str
    fix: str
    source: str


class Missing(Answer):
    """What follows a step."""

    after: str
    expects: list[Expected]
    causes: list[MissingCause]


ROUTES = (
    Route("GET", "/status", "status", "How the service fares", Status),
    Route("GET", "/settings", "settings.show", "The configuration in force", Open),
    Route("GET", "/settings-keys", "settings.keys", "Each key of it, with what it is for and where it was said", list[Key]),
    Route("GET", "/processes", "service.processes", "The service's processes", list[Process]),
    Route("GET", "/certificate", "service.certificate", "The console's certificate", CertificateShown | None),
    Route("GET", "/quirks", "quirks.list", "How firmware, loaders and installers lie", list[Quirk]),
    Route("GET", "/missing-steps", "missing.list", "What should come after each step, and why it may not", list[Missing]),
)
