"""Webhooks: whom the record is posted to."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found


class Webhook(Answer):
    """One of them, and how it fares."""

    name: str
    to: str
    events: list[str]
    state: str = Field(description="not begun, good or failing.")
    failing_since: float | None
    waiting: int
    oldest: float | None = Field(description="When the oldest event that waits happened, epoch seconds.")
    delivered: int
    refused: int
    dropped: int
    again_at: float | None
    last_at: float | None
    last_result: str


class Tested(Answer):
    """What was answered to a message that tells of nothing."""

    webhook: str
    delivery: str
    taken: bool
    status: int
    text: str
    body: str
    seconds: float


ROUTES = (
    Route("GET", "/webhooks", "webhook.list", "Webhooks of the configuration", Webhook, query=Found, way=Way.LIST),
    Route("POST", "/webhooks/{name}/test", "webhook.test", "Post a message that tells of nothing", Tested),
)
