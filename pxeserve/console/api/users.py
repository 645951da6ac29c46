"""People who may come in, and their sessions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Moment, Name

RoleWord = Literal["viewer", "operator", "admin"]
_PASSWORD = Field(min_length=1, max_length=1024, description="12 characters at least. It is hashed, and nothing else of it is kept.")


class UserAdd(Body):
    """A new account."""

    name: Name
    role: RoleWord
    password: str = _PASSWORD


class RoleSet(Body):
    """Another role."""

    role: RoleWord


class PasswordSet(Body):
    """Another password."""

    password: str = _PASSWORD


class UserMade(Answer):
    """An account, without its password."""

    name: str
    role: RoleWord
    disabled: bool
    created_at: Moment
    created_by: str
    password_at: Moment
    entered_at: float | None = Field(description="When somebody last logged in by it, epoch seconds.")
    entered_from: str


class User(UserMade):
    """An account and what it has open."""

    sessions: int
    tokens: int = Field(description="Those that are good.")


class UserChanged(User):
    """An account after a change that ended its sessions."""

    ended: int = Field(description="Sessions that ended.")


class Whose(Found):
    """Whose: one's own; as an administrator everybody's, or somebody's."""

    user: Name | None = None


class Session(Answer):
    """A browser that is logged in."""

    id: str
    user: str
    address: str
    agent: str
    begun_at: Moment
    seen_at: Moment
    fresh: bool = Field(description="Whether the password was given a short while ago.")
    this: bool = Field(description="Whether it asks this very question.")


class EndAll(Body):
    """Whose sessions."""

    user: Name | None = Field(None, description="One's own where nobody is named, all but this one.")


class Ended(Answer):
    """The session that has ended."""

    ended: str
    user: str


class EndedAll(Answer):
    """How many have ended."""

    ended: int
    user: str


ROUTES = (
    Route("GET", "/users", "user.list", "Accounts, by name", User, query=Found, way=Way.LIST),
    Route("POST", "/users", "user.add", "Make an account", UserMade, body=UserAdd, status=201),
    Route("GET", "/users/{name}", "user.show", "One account", User),
    Route("PUT", "/users/{name}/role", "user.set-role", "Give an account another role; its sessions end", UserChanged, body=RoleSet),
    Route("PUT", "/users/{name}/password", "user.password", "Give an account another password; its sessions end", UserChanged,
          body=PasswordSet),
    Route("POST", "/users/{name}/disable", "user.disable", "Let nobody in by an account", UserChanged),
    Route("POST", "/users/{name}/enable", "user.enable", "Let its owner in again", User),
    Route("DELETE", "/users/{name}", "user.remove", "Forget an account with its sessions and tokens", Removed),
    Route("GET", "/sessions", "session.list", "Sessions, the last used first", Session, query=Whose, way=Way.LIST, key="id"),
    Route("DELETE", "/sessions/{id}", "session.end", "End a session", Ended),
    Route("POST", "/sessions/end", "session.end-all", "End all sessions of somebody", EndedAll, body=EndAll),
)  # fmt: skip
