"""A site's things in the form in which they are declared, and what a change makes of them, in a line each: old -> new.

Refuses to know what is about to change, and secrets: what is shown of them is that they are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Lies, Medium
from pxeserve.operations.inventory import hosts, profiles
from pxeserve.repo.sources.telling import told


def difference(kind: str, name: str, before: Mapping[str, str] | None, after: Mapping[str, str]) -> str:
    """The line of one thing: `+ host xen01: ...` with all of it when it is new (`before` None), else `~ host xen01: mac: old -> new`."""
    named = f"{kind} {name}".rstrip()
    if before is None:
        return f"+ {named}: " + ", ".join(f"{key} {value}" for key, value in after.items())
    changed = [
        f"{key}: {_shown(key, before)} -> {_shown(key, after)}"
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    return f"~ {named}: " + (", ".join(changed) or "its password")


def _shown(key: str, values: Mapping[str, str]) -> str:
    return values.get(key, "nothing")


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Tables within `values` made one, dots between their keys; what is empty left out."""
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        elif value not in (None, "", []):
            found[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return found


def profile_flat(profile: Profile) -> dict[str, str]:
    """A profile, flat, without its name."""
    return flat({key: value for key, value in profile_plain(profile).items() if key != "name"})


def host_flat(host: Host) -> dict[str, str]:
    """A host, flat, without its name."""
    return flat({key: value for key, value in host_plain(host).items() if key != "name"})


def profile_plain(profile: Profile) -> dict[str, Any]:
    """A profile as it is declared."""
    return _filled(profiles.described(profile))


def host_plain(host: Host) -> dict[str, Any]:
    """A host as it is declared."""
    return _filled(hosts.described(host))


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, {}, [])}


def medium_plain(medium: Medium, origin: str) -> dict[str, Any]:
    """A medium as it is declared; `origin` holds its sources, a line each."""
    sources = [told(source) for source in origin.split("\n")]
    plain = {"name": medium.name, "source": sources[0] if len(sources) == 1 else sources}
    return plain if medium.lies is Lies.COPIED else {**plain, "lies": str(medium.lies)}
