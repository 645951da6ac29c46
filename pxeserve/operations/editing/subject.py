"""Whose answers are edited: the site's, a profile's or a host's, with what they inherit, and what an installer would make of them.

Refuses to change anything, and to know how answers are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.answers import Source
from pxeserve.answerfile.declared.packages import PROTOCOLS
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.drafting import PASSWORD, Around
from pxeserve.answerfile.inheritance import InheritanceError, Layer, Merged, upon
from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.errors import PxeserveError
from pxeserve.operations.inventory import hosts, profiles
from pxeserve.operations.inventory.remembering import What
from pxeserve.operations.media.sources import source_of
from pxeserve.snapshot import layers, resolve
from pxeserve.store import inventory


@dataclass(frozen=True, slots=True)
class Subject:
    """One of them. `own` are the answers that it declares, `inherited` those below it, `merged` both together; `medium` is what its
    installations come from, None where that is not one. `host` is set for a host."""

    what: What
    name: str
    own: Mapping[str, Any]
    inherited: Merged
    merged: Merged
    medium: Medium | None = None
    host: Host | None = None

    @property
    def layer(self) -> str:
        """As people read who said a value."""
        return f"{self.what} {self.name}".strip()

    @property
    def dialect(self) -> Dialect | None:
        """What its installer reads; None where that is not known."""
        return spoken(self.medium.dialect) if self.medium is not None else None


def subject(connection: Connection, what: What, name: str) -> Subject:
    """The site (`name` is not looked at), a profile or a host. Raises NotFoundError, and PxeserveError for layers that do not fit."""
    known = layers(connection)
    try:
        if what == "site":
            return _of("site", "", known.site, Merged())
        if what == "profile":
            profile = profiles.known(connection, name)
            below = known.of_profile(profile.parent) if profile.parent else known.of_site()
            return _of("profile", name, profile.answers, below, _medium(connection, name))
        host = hosts.known(connection, name)
        return _of("host", host.name, host.answers, known.of_profile(host.profile), _medium(connection, host.profile), host)
    except InheritanceError as error:
        raise PxeserveError(f"{what} {name}: {error}") from None


def _of(
    what: What, name: str, own: Mapping[str, Any], inherited: Merged, medium: Medium | None = None, host: Host | None = None
) -> Subject:
    found = Subject(what, name, own, inherited, inherited, medium, host)
    return Subject(what, name, own, inherited, upon(inherited, Layer(found.layer, own)), medium, host)


def _medium(connection: Connection, profile: str) -> Medium | None:
    found = resolve({one.name: one for one in inventory.profiles(connection)}).get(profile)
    return next((one for one in inventory.media(connection) if found is not None and one.name == found.medium), None)


def whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the editor knows them: where no password is said, a random one is made, and that is said."""
    return dict(values) if values.get(PASSWORD) is not None else {**values, PASSWORD: "random"}


def around(connection: Connection, config: Config, medium: str | None) -> Around:
    """What a draft for `medium` stands among; None: a file by itself."""
    media = {one.name: one for one in inventory.media(connection)}
    packs = {name: found for name, one in media.items() if (found := _source(config, one, "http")) is not None}
    if medium is None:
        return Around({}, packs)
    own = {over: found for over in PROTOCOLS if medium in media and (found := _source(config, media[medium], over)) is not None}
    return Around(own or {"http": Source("url", f"http://not-known-yet.invalid/media/{medium}")}, packs)


def _source(config: Config, medium: Medium, over: str) -> Source | None:
    with suppress(PxeserveError):
        found = source_of(config, medium, over)
        return Source(found.kind, found.address)
    return None
