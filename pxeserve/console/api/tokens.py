"""API tokens: what programs come in by."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Moment, Name
from pxeserve.console.api.users import RoleWord, Whose


class TokenCreate(Body):
    """A new token."""

    name: str = Field(min_length=1, max_length=80, description="What it is for.")
    role: RoleWord | None = Field(None, description="Its owner's at most; needed where there is no scope, with which it is operator.")
    user: Name | None = Field(None, description="Its owner; oneself where nobody is named.")
    days: int | None = Field(None, ge=1, le=366, description="How long it is good; 90 where nothing is said.")
    hosts: list[Name] | None = Field(None, max_length=1000, description="Let it ask about these hosts alone.")
    racks: list[Name] | None = Field(None, max_length=1000, description="Let it ask about the hosts of these racks alone.")
    unattended: bool = Field(False, description="Let it do what else wants a fresh password.")
    scope: str | None = Field(None, max_length=40, description="`backup:write`: it sends backups of these pools, and can do nothing else.")
    pools: list[Name] | None = Field(None, max_length=200, description="Of which pools, with a scope.")


class Token(Answer):
    """A token without what opens anything."""

    id: str
    user: str
    name: str
    role: RoleWord
    hosts: list[str]
    racks: list[str]
    unattended: bool
    scope: str = Field(description="The one thing it may do; empty where its role says what.")
    pools: list[str]
    state: str = Field(description="good, expired or revoked.")
    made_at: Moment
    made_by: str
    expires_at: Moment
    used_at: float | None
    used_from: str
    revoked_at: float | None
    revoked_by: str


class TokenMade(Token):
    """A new token."""

    token: str = Field(description="What programs send; told this once.")


class RevokeAll(Body):
    """Whose tokens."""

    user: Name | None = Field(None, description="One's own where nobody is named, also the one that asks.")


class RevokedAll(Answer):
    """How many are worth nothing now."""

    revoked: int
    user: str


ROUTES = (
    Route("GET", "/tokens", "token.list", "Tokens, the newest first", Token, query=Whose, way=Way.LIST, key="id"),
    Route("POST", "/tokens", "token.create", "Make a token, whose text is told once", TokenMade, body=TokenCreate),
    Route("POST", "/tokens/revoke", "token.revoke-all", "Make all tokens of somebody worth nothing", RevokedAll, body=RevokeAll),
    Route("DELETE", "/tokens/{id}", "token.revoke", "Make a token worth nothing from now on", Token),
)
