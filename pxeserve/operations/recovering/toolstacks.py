"""Steps that a toolstack carries out: leading, following, forgetting. Each looks first whether it is done.

Whatever a toolstack says is looked at before it is believed; a dead host is only declared dead once nothing answers in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pxeserve.domain.host import Host
from pxeserve.events.record import harmless
from pxeserve.keys import Keys
from pxeserve.operations.recovering.knocking import knocked
from pxeserve.operations.recovering.outcomes import Done, NotYet, Outcome, Stops
from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.planning.versions import numbers
from pxeserve.recovery.secrets import open_secrets
from pxeserve.recovery.xapi import (
    PORT,
    HangsError,
    HostSeen,
    IsMemberError,
    RefusalError,
    Session,
    UnreachableError,
    XapiError,
    connect,
    connect_to_itself,
)  # fmt: skip
from pxeserve.store.pools import PoolRow
from pxeserve.store.recoveries import RecoveryRow

SECONDS = 20.0
"""The longest that one call may take."""

_SILENT = 300.0
"""Seconds for which another member that does not answer is waited for, before it is taken for dead: a toolstack begins anew in less."""

_EACH, _MOST_OFF = 7, 3
"""So many times as long as usual may a call take that has the others follow, for each member that may be off, and for so many at most: the
master calls each itself, and one that is off keeps it waiting, for 3 seconds on its own network and for 127 beyond a router
(tcp_syn_retries, tcp(7))."""

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Other:
    """Another member of the pool than the dead one and the leader: where its toolstack answers, and by which certificate."""

    name: str
    address: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What the steps need: the recovery, the pool, the host that is recovered, who leads and where that one answers ("" where nobody
    knows), the other members whose addresses and certificates are known, the keys to the password, `still`, which raises PxeserveError
    when somebody has changed the recovery meanwhile, and the pool's UUID by its newest good backup ("": there is none)."""

    row: RecoveryRow
    pool: PoolRow
    host: Host
    leader: str
    address: str
    others: tuple[Other, ...]
    keys: Keys
    still: Callable[[], None]
    uuid: str = ""

    def leading(self, times: int = 1) -> Session:
        """A session with the pool's master, whose calls may take so many times as long as usual. Raises XapiError and PxeserveError."""
        return connect(*self._way(), seconds=SECONDS * times)

    def itself(self) -> Session:
        """A session with the leader-to-be alone, which need not lead yet. As `leading`."""
        return connect_to_itself(*self._way(), seconds=SECONDS)

    def of(self, other: Other, opened: Callable[..., Session]) -> Session:
        """A session with another member, by `connect` if that one leads, by `connect_to_itself` else. As `leading`."""
        password = open_secrets(self.pool, self.keys).password
        return opened(other.address, PORT, self.pool.pool.user, password, other.fingerprint, seconds=SECONDS)

    def _way(self) -> tuple[str, int, str, str, str]:
        member = self.pool.pool.member(self.leader)
        password = open_secrets(self.pool, self.keys).password
        return self.address, PORT, self.pool.pool.user, password, member.fingerprint if member else ""

    def is_it(self, one: HostSeen) -> bool:
        """Whether a host of the pool's database is the one that is recovered: by its address, else by its name."""
        return one.address == self.row.plan["address"] or one.name == self.host.name

    def missing(self) -> Stops | None:
        """What must be known before anybody is asked."""
        member = self.pool.pool.member(self.leader)
        if not self.address:
            return Stops(f"nobody knows where {self.leader} answers", give_static(self.leader))
        if member is None or not member.fingerprint:
            said = f"the certificate of {self.leader} was never told, so nobody can say who answers there"
            pool = self.pool.pool.name
            fix = f"pxeserve join certificate {pool} {self.leader} shows it; pxeserve pool trust {pool} {self.leader} SHA256 keeps it"
            return Stops(said, fix)
        if not open_secrets(self.pool, self.keys).password:
            return Stops(f"pool {self.pool.pool.name} has no password here", f"pxeserve pool secret {self.pool.pool.name}")
        return None


def met(error: XapiError, resume: str) -> Outcome:
    """What a call that came to nothing makes of a step: it is tried again, or it stops."""
    if error.passes:
        return NotYet(error.message)
    return Stops(error.message, f"{error.fix}; then pxeserve recovery resume {resume}")


def lead(ground: Ground) -> Outcome:
    """Have the chosen member lead the pool. One that leads already is left alone, and so is one that follows another than the dead host, or
    that has a master in another member: a pool with two masters loses its guests' disks."""
    try:
        with ground.leading() as session:
            if wrong := other_pool(ground, session, ground.leader):
                return wrong
            if session.pool().master == session.this_host():
                return Done(f"{ground.leader} leads the pool")
        return NotYet(f"{ground.leader} does not lead yet")
    except IsMemberError as error:
        if error.master != ground.row.plan["address"]:
            return _follows(ground, ground.leader, error.master)
    except RefusalError:
        pass  # in emergency mode a member takes no such login at all (XAPI's `emergency_calls`): what it says itself is asked now
    with ground.itself() as session:
        if not session.is_in_emergency_mode():
            return NotYet(f"{ground.leader} is not in emergency mode: it has not given up {ground.host.name}, or still hears it")
    for other in ground.others:
        if (found := _leads(ground, other)) is not None:
            return found
    with ground.itself() as session:
        ground.still()
        session.emergency_transition_to_master()
    return NotYet(f"{ground.leader} was told to lead, and its toolstack begins anew")


def _leads(ground: Ground, other: Other) -> Outcome | None:
    """Why nobody else may be made the master because of this member; None where it says that it waits for one. One that is silent may be
    dead as well, or begin anew as the new master: it is waited for."""
    try:
        try:
            with ground.of(other, connect) as session:
                leads = Stops(f"{other.name} leads the pool already", _led_by(ground, ground.pool.pool.name, other.name))
                return other_pool(ground, session, other.name) or leads
        except IsMemberError as error:
            known = {ground.row.plan["address"], ground.address}
            return None if error.master in known else _follows(ground, other.name, error.master)
        except RefusalError:
            with ground.of(other, connect_to_itself) as session:
                return None if session.is_in_emergency_mode() else NotYet(f"{other.name} is starting: it may lead the pool")
    except (UnreachableError, HangsError):
        waits = f"{other.name} does not answer: it may be starting as the new master, so it is waited for"
        return None if _waited(ground) > _SILENT else NotYet(waits)


def other_pool(ground: Ground, session: Session, who: str) -> Stops | None:
    """Why nothing may be done where `who` answers: it leads another pool than the one whose database was backed up. None where it is the
    same, or where no backup says which."""
    found = session.pool()
    if ground.uuid in ("", found.uuid):
        return None
    pool, stop = ground.pool.pool.name, f"pxeserve recovery stop {ground.row.id}"
    said = f"{who} is in another pool, {found.name or 'without a name'} ({found.uuid}): the newest backup of {pool} is of {ground.uuid}"
    gone = f"If {who} has left the pool: {stop}, pxeserve pool set {pool} --drop {who}, and plan anew"
    anew = f"if the pool was made anew, its old backups are another's: pxeserve backup remove ID; pxeserve recovery resume {ground.row.id}"
    return Stops(said, f"look there: xe pool-list, xe host-list. {gone}; {anew}")


def _follows(ground: Ground, who: str, master: str) -> Stops:
    said = f"{who} follows {harmless(master, 60) or 'nobody it names'}, not the dead {ground.host.name} at {ground.row.plan['address']}"
    return Stops(said, _led_by(ground, ground.pool.pool.name, "HOST"))


def _led_by(ground: Ground, pool: str, who: str) -> str:
    return f"if that one leads: pxeserve recovery stop {ground.row.id}, pxeserve pool set {pool} --master {who}, and plan anew"


def follow(ground: Ground) -> Outcome:
    """Have the others follow, whatever the leader believes of them: it takes who was there for alive, for minutes. Done when all but the
    dead one were reached, and are heard. One that is off is not waited for: it is told to follow when it is back, by a person."""
    with ground.leading(_EACH * min(len(ground.pool.pool.members) - 1, _MOST_OFF)) as session:
        if wrong := other_pool(ground, session, ground.leader):
            return wrong
        told = session.recover_slaves()
        me = session.this_host()
        others = [one for one in session.hosts() if one.ref != me and not ground.is_it(one)]
    deaf = [one for one in others if not one.live or one.ref not in told]
    if not deaf:
        return Done(f"{ground.leader} hears all the others")
    off = _off(ground, [one for one in deaf if one.ref not in told])
    if waits := [one.name for one in deaf if one.name not in off]:
        return NotYet(f"{', '.join(waits[:_NAMED])} told to follow {ground.leader}{f'; {_some(off)} off' if off else ''}")
    left = f"{_some(off)} off and must be told to follow {ground.leader} when back"
    return Done(f"{ground.leader} hears the others; {left}", left=left, by=f"on {ground.leader}: xe pool-recover-slaves")


def _off(ground: Ground, unreached: Sequence[HostSeen]) -> list[str]:
    """The names of those that are off: silent where the record has them, or not reached for longer than a toolstack needs to begin anew."""
    if _waited(ground) > _SILENT:
        return [one.name for one in unreached]
    places = {
        other.address: one.name for one in unreached for other in ground.others if one.name == other.name or one.address == other.address
    }  # fmt: skip
    heard = knocked(places, "")
    return [one.whence for one in heard if not one.answers and not one.deaf]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more} {'was' if len(names) == 1 else 'were'}"


def _waited(ground: Ground) -> float:
    """Seconds since the step began."""
    began = ground.row.steps[ground.row.step].get("began")
    return time.time() - float(began) if began is not None else 0.0


def forget(ground: Ground) -> Outcome:
    """Take the dead host's entry away. One that the pool hears is waited for: it takes the dead for alive for ten minutes."""
    with ground.leading() as session:
        if wrong := other_pool(ground, session, ground.leader) or _other_version(ground, session):
            return wrong
        old = [one for one in session.hosts() if ground.is_it(one)]
        if not old:
            return Done(f"the pool holds no {ground.host.name}")
        if len(old) > 1:
            said = f"the pool holds {len(old)} hosts that may be {ground.host.name}"
            return Stops(said, "remove the wrong one by xe host-forget, then resume")
        if old[0].live:
            return NotYet(f"the pool still hears {old[0].name} at {old[0].address}, or has not given it up: is it switched off?")
        if old[0].ref == session.pool().master:
            way = f"make another host the master, then pxeserve recovery resume {ground.row.id}"
            return Stops(f"{old[0].name} still leads the pool in its own database", way)
        ground.still()
        session.declare_dead(old[0].ref)
        ground.still()
        session.destroy_host(old[0].ref)
    return NotYet(f"{ground.host.name} was taken out of the pool")


def _other_version(ground: Ground, session: Session) -> Stops | None:
    leading = session.this_host()
    runs = next((one for one in session.hosts() if one.ref == leading), None)
    product, _, version = str(ground.row.plan["version"]).rpartition(" ")
    if runs is None or (numbers(runs.version) == numbers(version) and runs.product.lower() == product.lower()):
        return None
    said = f"{ground.leader} runs {runs.runs()}, and the plan is for {product} {version}"
    pool = ground.pool.pool.name
    return Stops(said, f"pxeserve pool set {pool} --set 'product={runs.product}' --set version={runs.version}, "
                 f"then pxeserve recovery stop {ground.row.id}, and make the plan anew")
