"""Profiles: what a kind of host gets."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Name, Open, Settings, Standing


class ProfileAdd(Body):
    """A new profile."""

    name: Name = Field(description="Lower-case letters, digits, dots and hyphens, 63 at most.")
    medium: Name | None = None
    parent: Name | None = Field(None, description="The profile whose answers and words it inherits.")
    set: Settings = Field([], description="Answers such as primary-disk=sda, or words for the boot such as boot.serial=ttyS0,115200.")


class ProfileSet(Body):
    """What changes. What is left out stays; an empty medium or parent takes it away."""

    medium: str | None = Field(None, max_length=255)
    parent: str | None = Field(None, max_length=255)
    set: Settings | None = None


class Profile(Answer):
    """A profile as it was written."""

    name: str
    medium: str | None
    parent: str | None
    answerfile: Open = Field(description="Its own answers; secrets are not shown.")
    boot: Open = Field(description="Words for the medium's boot entry, or plain files.")


class ProfileEdited(Profile):
    """A profile after a change."""

    revision: str
    notes: list[str]


class ProfileStands(Profile):
    """A profile and how its medium fares, its own or the inherited one."""

    installs: Standing | None


class ProfileShown(ProfileStands):
    """The same, with its revision."""

    revision: str


ROUTES = (
    Route("GET", "/profiles", "profile.list", "Profiles, by name", ProfileStands, query=Found, way=Way.LIST),
    Route("POST", "/profiles", "profile.add", "Make a profile", ProfileEdited, body=ProfileAdd, status=201),
    Route("GET", "/profiles/{name}", "profile.show", "One profile", ProfileShown, way=Way.ONE),
    Route("PATCH", "/profiles/{name}", "profile.set", "Change a profile", ProfileEdited, body=ProfileSet, way=Way.EDIT),
    Route("DELETE", "/profiles/{name}", "profile.remove", "Forget a profile that nobody uses", Removed, way=Way.REMOVE),
)
