"""Joins of hosts to their pools, and pools as they stand now."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found, Moment


class Join(Answer):
    """One of them."""

    id: str
    host: str
    pool: str
    install: str
    state: str = Field(description="asked, joining, joined or failed.")
    step: str
    because: str = Field(description="What stands in its way, or stopped it.")
    fix: str
    asked_at: Moment
    changed_at: Moment


class LookedAt(Answer):
    """A host of a pool, as its master and the record have it."""

    host: str
    recorded: bool
    listed: bool
    master: bool
    enabled: bool
    live: bool
    runs: str
    wrong: list[str] = Field(description="What is not as it should be, with its cause.")


class PoolStatus(Answer):
    """How a pool stands now."""

    pool: str
    asked: bool = Field(description="Whether its master answered.")
    trouble: str
    fix: str
    ha: bool
    hosts: list[LookedAt]


class HostCertificate(Answer):
    """The certificate that answers at a host's address."""

    host: str
    address: str
    fingerprint: str = Field(description="SHA-256 of its DER form, hex.")
    subject: str
    begins: Moment
    ends: Moment
    tls: str
    known: str | None = Field(description="The fingerprint that is trusted.")
    same: bool


ROUTES = (
    Route("GET", "/joins", "join.list", "Joins of hosts to their pools, the newest first", Join, query=Found, way=Way.LIST, key="id"),
    Route("POST", "/hosts/{host}/join", "join.again", "Take up a join that failed", Join),
    Route("GET", "/pools/{name}/status", "pool.status", "Ask a pool how it stands", PoolStatus),
    Route("GET", "/pools/{name}/hosts/{host}/certificate", "pool.certificate", "The certificate by which a host answers", HostCertificate),
)
