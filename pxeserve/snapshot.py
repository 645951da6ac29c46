"""The inventory that the serving processes read: hosts, profiles, media. Immutable, and swapped whole when its revision changes.

Holds no install state: that is asked of the store at decision time, never cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.domain.medium import Medium
from pxeserve.store import Store, inventory


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the inventory. Profiles have their inheritance resolved."""

    revision: int
    hosts: Mapping[str, Host]
    by_mac: Mapping[str, Host]
    by_id: Mapping[int, Host]
    profiles: Mapping[str, Profile]
    media: Mapping[str, Medium]

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
        self._current: Snapshot | None = None
        self._moment: object = None

    def current(self) -> Snapshot:
        """The inventory as it stands in the store now."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        current = self._current
        if current is not None and moment == self._moment:
            return current
        current = self._read()
        self._current, self._moment = current, moment
        return current

    def _read(self) -> Snapshot:
        with self._store.site.read() as connection:
            revision = inventory.revision(connection)
            if self._current is not None and self._current.revision == revision:
                return self._current
            hosts = inventory.hosts(connection)
            return Snapshot(
                revision,
                {host.name: host for host in hosts},
                {mac: host for host in hosts for mac in host.macs},
                {host.id: host for host in hosts},
                resolve({profile.name: profile for profile in inventory.profiles(connection)}),
                {medium.name: medium for medium in inventory.media(connection)},
            )


def resolve(profiles: Mapping[str, Profile]) -> dict[str, Profile]:
    """Each profile with what it inherits from its parents: answers merged by element, boot words and medium where it says nothing.

    A missing or circular parent ends the inheritance there; `operations` refuses to store one.
    """
    return {name: _resolved(profile, profiles, frozenset()) for name, profile in profiles.items()}


def _resolved(profile: Profile, profiles: Mapping[str, Profile], seen: frozenset[str]) -> Profile:
    parent = profiles.get(profile.parent) if profile.parent else None
    if parent is None or profile.name in seen:
        return profile
    base = _resolved(parent, profiles, seen | {profile.name})
    words = BootWords(
        profile.words.serial or base.words.serial,
        profile.words.dom0_mem or base.words.dom0_mem,
        profile.words.xen_args or base.words.xen_args,
        profile.words.kernel_args or base.words.kernel_args,
        profile.words.leave or base.words.leave,
        profile.words.secure_boot or base.words.secure_boot,
    )
    own_files = profile.medium or profile.plain
    return replace(
        profile,
        medium=profile.medium if own_files else base.medium,
        plain=profile.plain if own_files else base.plain,
        answers={**base.answers, **profile.answers},
        words=words,
    )
