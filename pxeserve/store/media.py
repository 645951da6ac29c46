"""Queries on media and their files. A medium is visible from the moment its rows are committed, and not before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import Medium, MediumState
from pxeserve.store import inventory
from pxeserve.store import tables as t

_SCRUB = "scrub"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a medium, as it was when it was imported. `offset`: where it begins, in bytes, in the image that it is served from;
    `stamp`: device, inode, size and times of the file when it was last read whole and right ("" for never)."""

    path: str
    position: int
    kind: str
    size: int
    md5: str
    sha256: str
    offset: int = 0
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a medium is at the moment of asking: its content's name, and whether it is good."""

    revision: str
    state: MediumState
    reason: str


def add(connection: Connection, medium: Medium, files: Iterable[FileRow], origin: str, at: float) -> None:
    """Make a medium visible with all its files. IntegrityError when the name or folder is taken."""
    connection.execute(
        insert(t.medium).values(
            name=medium.name,
            folder=medium.folder,
            format=medium.format,
            product=medium.product,
            version=medium.version,
            build=medium.build,
            dialect=medium.dialect,
            revision=medium.revision,
            boot=asdict(medium.boot) if medium.boot else None,
            repositories=list(medium.repositories),
            state=str(medium.state),
            state_reason=medium.state_reason,
            sample=medium.sample,
            role=str(medium.role),
            lies=str(medium.lies),
            place=medium.place,
            checked_at=at,
            origin=origin,
            imported_at=at,
        )
    )
    connection.execute(insert(t.medium_file), [{"medium": medium.name, **asdict(file)} for file in files])
    inventory.raise_revision(connection)


def by_name(connection: Connection, name: str) -> Medium | None:
    """The medium called `name`."""
    return next((medium for medium in inventory.media(connection) if medium.name == name), None)


def files(connection: Connection, name: str) -> list[FileRow]:
    """All files of a medium, by path."""
    rows = connection.execute(select(t.medium_file).where(t.medium_file.c.medium == name).order_by(t.medium_file.c.path))
    return [FileRow(row.path, row.position, row.kind, row.size, row.md5, row.sha256, row.offset, row.stamp) for row in rows]


def origin(connection: Connection, name: str) -> tuple[str, float]:
    """Where a medium came from, and when (epoch seconds)."""
    row = connection.execute(select(t.medium.c.origin, t.medium.c.imported_at).where(t.medium.c.name == name)).one()
    return row.origin, row.imported_at


def set_state(connection: Connection, name: str, state: MediumState, reason: str) -> None:
    """Say that a medium is good or damaged."""
    connection.execute(update(t.medium).where(t.medium.c.name == name).values(state=str(state), state_reason=reason))
    inventory.raise_revision(connection)


def condition(connection: Connection, name: str) -> Condition | None:
    """What a medium is at this moment; None when there is none of this name."""
    columns = (t.medium.c.revision, t.medium.c.state, t.medium.c.state_reason)
    row = connection.execute(select(*columns).where(t.medium.c.name == name)).first()
    return Condition(row.revision, MediumState(row.state), row.state_reason) if row else None


def checked_at(connection: Connection, name: str) -> float | None:
    """When every byte of a medium was last read and right (epoch seconds); None for never."""
    return connection.execute(select(t.medium.c.checked_at).where(t.medium.c.name == name)).scalar()


def set_checked(connection: Connection, name: str, at: float) -> None:
    """Say that every byte of it was read and right at epoch second `at`."""
    connection.execute(update(t.medium).where(t.medium.c.name == name).values(checked_at=at))


def scrubbing(connection: Connection) -> str | None:
    """How far the scrub has come, in its own words; None when it is not under way."""
    return connection.execute(select(t.meta.c.value).where(t.meta.c.key == _SCRUB)).scalar()


def set_scrubbing(connection: Connection, text: str | None) -> None:
    """Keep how far the scrub has come; None when it is not under way."""
    connection.execute(delete(t.meta).where(t.meta.c.key == _SCRUB))
    if text is not None:
        connection.execute(insert(t.meta).values(key=_SCRUB, value=text))


def set_stamps(connection: Connection, name: str, stamps: Mapping[str, str]) -> None:
    """Keep what the file system said of some of its files, by path."""
    if stamps:
        same = (t.medium_file.c.medium == name) & (t.medium_file.c.path == bindparam("of"))
        rows = [{"of": path, "now": stamp} for path, stamp in stamps.items()]
        connection.execute(update(t.medium_file).where(same).values(stamp=bindparam("now")), rows)


def set_version(connection: Connection, name: str, version: str, dialect: str) -> None:
    """Say which version a medium is that does not say it itself."""
    connection.execute(update(t.medium).where(t.medium.c.name == name).values(version=version, dialect=dialect))
    inventory.raise_revision(connection)


def remove(connection: Connection, name: str) -> None:
    """Make a medium invisible; its folder is removed afterwards."""
    connection.execute(delete(t.medium).where(t.medium.c.name == name))
    inventory.raise_revision(connection)


def users(connection: Connection, name: str) -> list[str]:
    """What still needs a medium: profiles that name it, who takes packages from it besides, and hosts with a live install from it."""
    profiles = connection.execute(select(t.profile.c.name).where(t.profile.c.medium == name).order_by(t.profile.c.name)).scalars()
    states = [str(state) for state in LIVE_STATES]
    live = select(t.host.c.name).join(t.install, t.install.c.host_id == t.host.c.id)
    hosts = connection.execute(live.where(t.install.c.medium == name, t.install.c.state.in_(states)).distinct()).scalars()
    return [f"profile {profile}" for profile in profiles] + [f"an install of {host}" for host in hosts] + _takers(connection, name)


def _takers(connection: Connection, name: str) -> list[str]:
    """Who names the medium among `sources` or `driver-sources`."""
    said: list[tuple[str, Mapping[str, Any]]] = [("site", inventory.site_answers(connection))]
    said += [(f"sources of profile {one.name}", one.answers) for one in inventory.profiles(connection)]
    said += [(f"sources of host {host}", answers) for host, answers in inventory.answers_of_hosts(connection)]
    return [who for who, answers in said if name in _named(answers)]


def _named(answers: Mapping[str, Any]) -> set[str]:
    items = [answers.get(key) for key in ("sources", "sources+", "driver-sources", "driver-sources+")]
    flat = [one for item in items for one in (item if isinstance(item, list) else [item])]
    return {str(one.get("medium")) if isinstance(one, Mapping) else str(one) for one in flat if one}


def folders(connection: Connection) -> set[str]:
    """The folders that belong to visible media."""
    return set(connection.execute(select(t.medium.c.folder)).scalars())
