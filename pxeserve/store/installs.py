"""Queries on installs: one row an arming, changed only by compare-and-set on its version, each change with its own event row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, null, select, text, update

from pxeserve.domain.install import LIVE_STATES, Install, InstallState
from pxeserve.moment import Moment
from pxeserve.store import audit
from pxeserve.store import tables as t
from pxeserve.store.ready import Ready


@dataclass(frozen=True, slots=True)
class InstallRow:
    """One install as it lies in the store. Times are epoch seconds, `armed_boottime` seconds of CLOCK_BOOTTIME. `doubt` says why it may run
    on another machine than was meant."""

    id: str
    host_id: int
    rehearsal_mac: str | None
    mode: str
    interactive: bool
    wants_answerfile: bool
    state: InstallState
    version: int
    armed_by: str
    armed_at: float
    armed_boot_id: str
    armed_boottime: float
    expires: float
    medium: str | None
    medium_revision: str | None
    bound_address: IPv4Address | None
    address_changes: int
    token_hash: str | None
    deliveries: int
    delivered_at: float | None
    sealed: bytes | None
    ended_at: float | None
    ended_because: str | None
    secret: bytes | None = None
    remembered: Mapping[str, Any] | None = None
    doubt: str | None = None

    @property
    def armed(self) -> Moment:
        """When it was armed."""
        return Moment(self.armed_at, self.armed_boot_id, self.armed_boottime)

    def view(self) -> Install:
        """As the rest of the house sees it."""
        return Install(
            id=self.id,
            host_id=self.host_id,
            mode=self.mode,
            interactive=self.interactive,
            wants_answerfile=self.wants_answerfile,
            state=self.state,
            expires=self.expires,
            bound_address=self.bound_address,
            medium=self.medium,
            medium_revision=self.medium_revision,
            rehearsal=self.rehearsal_mac is not None,
        )


class Newest(NamedTuple):
    """What is looked at of the newest install of every host of a site: its state, and what tells whether its time is over."""

    id: str
    state: InstallState
    armed_at: float
    armed_boot_id: str
    armed_boottime: float
    expires: float
    ended_at: float | None
    medium: str | None

    @property
    def armed(self) -> Moment:
        """When it was armed."""
        return Moment(self.armed_at, self.armed_boot_id, self.armed_boottime)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A script's or a progress report's token: what it is for, never the token itself."""

    install_id: str
    kind: str
    name: str


def by_id(connection: Connection, install_id: str) -> InstallRow | None:
    """The install with this id."""
    return _one(connection.execute(select(t.install).where(t.install.c.id == install_id)).first())


def newest_of(connection: Connection, host_id: int) -> InstallRow | None:
    """The host's newest install, whatever its state; rehearsals are not installs."""
    return _one(connection.execute(_NEWEST_OF, {"host": host_id}).first())


def newest(connection: Connection) -> dict[int, Newest]:
    """Of the newest install of every host that has one, by the host's row id, what is looked at where there are ten thousand."""
    return {host: Newest(name, _STATES[state], *rest) for host, name, state, *rest in _NEWEST.ask(connection)}


def newest_by_host(connection: Connection, host_ids: Collection[int] | None = None) -> dict[int, InstallRow]:
    """The newest install of each of these hosts, or of all, by one query; without what is sealed in them, which nobody looks at here,
    and of all without what was remembered either."""
    heavy = ("sealed", "secret") if host_ids is not None else ("sealed", "secret", "remembered")
    light = [null().label(column.name) if column.name in heavy else column for column in t.install.columns]
    newest_first = (t.install.c.armed_at.desc(), t.install.c.id.desc())
    nth = func.row_number().over(partition_by=t.install.c.host_id, order_by=newest_first).label("nth")
    query = select(*light, nth).where(t.install.c.rehearsal_mac.is_(None))
    if host_ids is not None:
        query = query.where(t.install.c.host_id.in_(host_ids))
    ranked = query.subquery()
    rows = connection.execute(select(*(ranked.c[column.name] for column in t.install.columns)).where(ranked.c.nth == 1))
    return {row.host_id: _row(row) for row in rows}


def live(connection: Connection, host_ids: Collection[int]) -> dict[int, InstallState]:
    """Which of these hosts have an install that has not ended, and how far it is."""
    states = [str(state) for state in LIVE_STATES]
    query = select(t.install.c.host_id, t.install.c.state).where(t.install.c.rehearsal_mac.is_(None), t.install.c.state.in_(states))
    return {row.host_id: InstallState(row.state) for row in connection.execute(query.where(t.install.c.host_id.in_(host_ids)))}


def last_done(connection: Connection, host_ids: Collection[int] | None = None) -> dict[int, float]:
    """When the last installation of each of these hosts, or of all, was reported done, in epoch seconds; those without one are left out."""
    install = t.install.c
    query = select(install.host_id, func.max(install.ended_at).label("at")).where(install.state == str(InstallState.DONE))
    query = query.where(install.rehearsal_mac.is_(None)).group_by(install.host_id)
    if host_ids is not None:
        query = query.where(install.host_id.in_(host_ids))
    return {row.host_id: row.at or 0.0 for row in connection.execute(query)}


def of_rehearsal(connection: Connection, mac: str) -> InstallRow | None:
    """The install of a rehearsal identity."""
    return _one(connection.execute(select(t.install).where(t.install.c.rehearsal_mac == mac)).first())


def by_token(connection: Connection, token_hash: str) -> InstallRow | None:
    """The install whose answerfile's token has this SHA-256 (hex)."""
    return _one(connection.execute(select(t.install).where(t.install.c.token_hash == token_hash)).first())


def in_states(connection: Connection, states: frozenset[InstallState]) -> list[InstallRow]:
    """All installs in one of `states`, rehearsals too."""
    rows = connection.execute(select(t.install).where(t.install.c.state.in_([str(state) for state in states])))
    return [_row(row) for row in rows]


def with_secret(connection: Connection) -> list[InstallRow]:
    """All installs beside which a root password is kept."""
    return [_row(row) for row in connection.execute(select(t.install).where(t.install.c.secret.is_not(None)))]


def add(connection: Connection, row: InstallRow) -> None:
    """Insert a new install. IntegrityError when the host already has a live one."""
    connection.execute(insert(t.install).values(_columns(row)))


def advance(connection: Connection, row: InstallRow, changes: Mapping[str, Any]) -> bool:
    """Compare and set: apply `changes` if the row is still in the state and version it was read in. False: somebody else was first."""
    values = {key: str(value) if isinstance(value, IPv4Address | InstallState) else value for key, value in changes.items()}
    same = (t.install.c.id == row.id) & (t.install.c.version == row.version) & (t.install.c.state == str(row.state))
    return connection.execute(update(t.install).where(same).values(**values, version=row.version + 1)).rowcount == 1


def remove(connection: Connection, install_id: str) -> None:
    """Remove an install with its tokens: for rehearsals only."""
    connection.execute(delete(t.install).where(t.install.c.id == install_id))


def tell(connection: Connection, at: float, row: InstallRow, kind: str, data: Mapping[str, Any]) -> None:
    """The event of a transition, part of its transaction; the worker takes it over into the record. What nobody may deny afterwards is a
    line of the audit too (`AUDITED`)."""
    told = {**data, "rehearsal": True} if row.rehearsal_mac else dict(data)
    connection.execute(insert(t.install_event).values(at=at, install_id=row.id, host_id=row.host_id, kind=kind, data=told))
    if kind in AUDITED and row.rehearsal_mac is None:
        host = connection.execute(select(t.host.c.name).where(t.host.c.id == row.host_id)).scalar() or f"host {row.host_id}"
        address = data.get("address")
        result = str(data.get("because") or (f"to {address}" if address else "ok"))
        audit.append(connection, at, f"address {address}" if address else "service", kind, host, f"{row.id}: {result}"[:_LONGEST])


AUDITED = frozenset({"install.answered", "install.redelivered", "install.lapsed", "install.frozen", "install.alarm", "install.stale-token",
                     "firstboot.secrets"})  # fmt: skip
"""What happens to an install without a person: its answers were given out, once or again, or the secrets of its first boot; its time ran
out; somebody else asked."""

_LONGEST = 300


def add_token(connection: Connection, token_hash: str, token: TokenRow) -> None:
    """Let a token of a script or a progress report be known by its SHA-256."""
    connection.execute(insert(t.install_token).values(hash=token_hash, install_id=token.install_id, kind=token.kind, name=token.name))


def token(connection: Connection, token_hash: str) -> TokenRow | None:
    """What the token with this SHA-256 is for."""
    row = connection.execute(select(t.install_token).where(t.install_token.c.hash == token_hash)).first()
    return TokenRow(row.install_id, row.kind, row.name) if row else None


def remove_tokens(connection: Connection, install_id: str) -> None:
    """Make all of an install's script and progress tokens worthless."""
    connection.execute(delete(t.install_token).where(t.install_token.c.install_id == install_id))


def add_rehearsal(connection: Connection, mac: str, host_id: int, expires: float) -> None:
    """Let `mac` stand for a host until `expires`."""
    connection.execute(insert(t.rehearsal).values(mac=mac, host_id=host_id, expires=expires))


def rehearsed_host(connection: Connection, mac: str, now: float) -> int | None:
    """The row id of the host that `mac` stands for in a rehearsal."""
    query = select(t.rehearsal.c.host_id).where(t.rehearsal.c.mac == mac, t.rehearsal.c.expires > now)
    return connection.execute(query).scalar()


def rehearsed_macs(connection: Connection) -> frozenset[str]:
    """The MACs of all rehearsals, also of those whose time is over."""
    return frozenset(connection.execute(select(t.rehearsal.c.mac)).scalars())


def remove_rehearsal(connection: Connection, mac: str) -> None:
    """End a rehearsal identity and the install that stood for it."""
    connection.execute(delete(t.install).where(t.install.c.rehearsal_mac == mac))
    connection.execute(delete(t.rehearsal).where(t.rehearsal.c.mac == mac))


def stale_rehearsals(connection: Connection, now: float) -> list[str]:
    """MACs of rehearsals whose time is over."""
    return list(connection.execute(select(t.rehearsal.c.mac).where(t.rehearsal.c.expires <= now)).scalars())


def _columns(row: InstallRow) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in t.install.columns}
    values["state"] = str(row.state)
    values["bound_address"] = str(row.bound_address) if row.bound_address else None
    return values


def _one(row: Row[Any] | None) -> InstallRow | None:
    return _row(row) if row is not None else None


def _row(row: Row[Any]) -> InstallRow:
    values = dict(zip(_NAMES, row, strict=True))  # a third of what asking the row for each name costs, and there are ten thousand
    values["state"] = _STATES[values["state"]]
    values["bound_address"] = IPv4Address(values["bound_address"]) if values["bound_address"] else None
    return InstallRow(**values)


_NAMES = tuple(column.name for column in t.install.columns)
_STATES = {str(state): state for state in InstallState}
_NEWEST_OF = (
    select(t.install)
    .where(t.install.c.host_id == bindparam("host"), t.install.c.rehearsal_mac.is_(None))
    .order_by(t.install.c.armed_at.desc(), t.install.c.id.desc())
    .limit(1)
)


_NEWEST = Ready(
    text(f"""
SELECT host_id, {", ".join(Newest._fields)} FROM install AS one WHERE rehearsal_mac IS NULL AND id = (
    SELECT id FROM install WHERE host_id = one.host_id AND rehearsal_mac IS NULL ORDER BY armed_at DESC, id DESC LIMIT 1)
"""),  # noqa: S608 - names of columns
    [],
)
