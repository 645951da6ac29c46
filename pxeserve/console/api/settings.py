"""The service itself: how it fares, and how it is configured."""

from __future__ import annotations

from pydantic import Field

from pxeserve.certificates import LARGEST
from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Body, Moment, Open
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
    console: str = Field(description="Where pages and API are, or off.")
    webhooks: list[Webhook]


class Certificate(Answer):
    """What the console serves with."""

    fingerprint: str = Field(description="SHA-256 of its DER form, as browsers show it.")
    subject: str
    issuer: str
    names: list[str]
    begins: Moment
    ends: Moment
    key: str
    own: bool = Field(description="Whether the service made it itself.")


class CertificateImport(Body):
    """PEM texts."""

    certificate: str = Field(max_length=LARGEST, description="With its chain.")
    key: str = Field(max_length=LARGEST)


ROUTES = (
    Route("GET", "/status", "status", "How the service fares", Status),
    Route("GET", "/tls", "tls.show", "The certificate that the console serves with", Certificate),
    Route("PUT", "/tls", "tls.import", "Serve with this certificate from now on", Certificate, body=CertificateImport),
    Route("DELETE", "/tls", "tls.forget", "Go back to the one that the service made itself", Certificate),
    Route("GET", "/settings", "settings.show", "The configuration in force", Open),
)
