"""The inventory that the serving processes read: hosts, profiles, media. Immutable, and swapped whole when its revision changes.

Holds no install state: that is asked of the store at decision time, never cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.inheritance import InheritanceError, Layer, Merged, upon
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.domain.identity import by_uuid
from pxeserve.domain.medium import Medium
from pxeserve.domain.serial import by_serial
from pxeserve.store import Store, inventory

SITE = "site"
"""The name of what all hosts share, where it is told who said a value."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Who declares answers: the site, and profiles as they were written. What they come to is worked out once for each profile."""

    site: Mapping[str, Any]
    profiles: Mapping[str, Profile]
    _known: dict[str, Merged] = field(default_factory=dict, repr=False, compare=False)

    def of_site(self) -> Merged:
        """The site's own. Raises InheritanceError."""
        return upon(Merged(), Layer(SITE, self.site))

    def of_profile(self, name: str) -> Merged:
        """A profile's answers with all that it inherits. Raises InheritanceError for a parent that is missing or leads back."""
        below: list[str] = []
        above: str | None = name
        while above is not None and above not in self._known:
            if above in below:
                raise InheritanceError(f"profile {name}: its parents lead back to {above}")
            if above not in self.profiles:
                said = f"profile {below[-1]}: there is no parent profile {above}" if below else f"there is no profile {above}"
                raise InheritanceError(said)
            below.append(above)
            above = self.profiles[above].parent or None
        found = self._known[above] if above is not None else self.of_site()
        for one in reversed(below):
            found = self._known[one] = upon(found, Layer(f"profile {one}", self.profiles[one].answers))
        return found

    def of_host(self, host: Host) -> Merged:
        """A host's answers with all that it inherits. Raises InheritanceError."""
        return upon(self.of_profile(host.profile), Layer(f"host {host.name}", host.answers))

    def above(self, name: str) -> list[str]:
        """The parents of a profile, the nearest first, as far as they lead on."""
        found: list[str] = []
        profile = self.profiles.get(name)
        while profile is not None and profile.parent is not None and profile.parent not in found:
            found.append(profile.parent)
            profile = self.profiles.get(profile.parent)
        return found


def layers(connection: Connection) -> Layers:
    """The layers as they stand in the store, or in this very transaction."""
    return Layers(inventory.site_answers(connection), {profile.name: profile for profile in inventory.profiles(connection)})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the inventory. Profiles have their inheritance resolved, but for their answers: these are asked of `layers`. `by_uuid`
    and `by_serial` name the hosts that a system UUID or a serial number was entered for."""

    revision: int
    hosts: Mapping[str, Host]
    by_mac: Mapping[str, Host]
    by_id: Mapping[int, Host]
    profiles: Mapping[str, Profile]
    media: Mapping[str, Medium]
    layers: Layers
    by_uuid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_serial: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def profile_of(self, host: Host) -> Profile | None:
        """The host's profile, inheritance resolved; None when it is gone."""
        return self.profiles.get(host.profile)

    def medium_of(self, host: Host) -> Medium | None:
        """The medium that the host's profile names; None when there is none or it is gone."""
        profile = self.profile_of(host)
        return self.media.get(profile.medium) if profile and profile.medium else None


class SnapshotSource:
    """Gives the current snapshot; asking costs microseconds while nothing changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hosts = inventory.Hosts()
        self._kept: tuple[object, Snapshot] | None = None
        """With its moment, put down together: what a thread read before a commit is never taken for what another read after it."""

    def current(self) -> Snapshot:
        """The inventory as it stands in the store now."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        kept = self._kept
        if kept is not None and kept[0] == moment:
            return kept[1]
        current = self._read(kept[1] if kept is not None else None)
        self._kept = (moment, current)
        return current

    def _read(self, before: Snapshot | None) -> Snapshot:
        with self._store.site.read() as connection:
            revision = inventory.revision(connection)
            if before is not None and before.revision == revision:
                return before
            hosts, written = self._hosts.read(connection), layers(connection)
            return Snapshot(
                revision,
                {host.name: host for host in hosts},
                {mac: host for host in hosts for mac in host.macs},
                {host.id: host for host in hosts},
                resolve(written.profiles),
                {medium.name: medium for medium in inventory.media(connection)},
                written,
                by_uuid(hosts),
                by_serial(hosts),
            )


@lru_cache(maxsize=4)
def shared(store: Store) -> SnapshotSource:
    """The one source of this process for `store`: what is asked one after the other reads the inventory once."""
    return SnapshotSource(store)


def resolve(profiles: Mapping[str, Profile]) -> dict[str, Profile]:
    """Each profile with what it inherits from its parents: boot words and medium where it says nothing.

    A missing or circular parent ends the inheritance there; `operations` refuses to store one.
    """
    found: dict[str, Profile] = {}
    for first in profiles:
        below: dict[str, Profile] = {}
        name: str | None = first
        while name is not None and name in profiles and name not in found and name not in below:
            below[name] = profiles[name]
            name = profiles[name].parent
        circular = name in below
        base = None if name is None else below.get(name) or found.get(name)
        for one, profile in reversed(below.items()):
            base = _upon(base, profile) if base is not None else profile
            if one == first or not circular:
                found[one] = base
    return found


def _upon(base: Profile, profile: Profile) -> Profile:
    words = BootWords(
        profile.words.serial or base.words.serial,
        profile.words.dom0_mem or base.words.dom0_mem,
        profile.words.xen_args or base.words.xen_args,
        profile.words.kernel_args or base.words.kernel_args,
        profile.words.leave or base.words.leave,
        profile.words.secure_boot or base.words.secure_boot,
        profile.words.multipath or base.words.multipath,
        profile.words.network_device or base.words.network_device,
    )
    own_files = profile.medium or profile.plain
    return replace(
        profile,
        medium=profile.medium if own_files else base.medium,
        plain=profile.plain if own_files else base.plain,
        words=words,
    )
