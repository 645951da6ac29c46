"""Steps that a toolstack carries out or confirms: leading, following, forgetting, enabled, storage. Each looks first whether it is done.

Whatever a toolstack says is looked at before it is believed; a dead host is only declared dead once nothing answers in its place.
"""

from __future__ import annotations

from pxeserve.domain.host import Host
from pxeserve.events.record import harmless
from pxeserve.keys import Keys
from pxeserve.operations.recovering.outcomes import Done, NotYet, Outcome, Stops
from pxeserve.recovery.planning.versions import numbers
from pxeserve.recovery.secrets import open_secrets
from pxeserve.recovery.xapi import PORT, HostSeen, IsMemberError, Session, XapiError, connect, connect_to_itself
from pxeserve.store.pools import PoolRow
from pxeserve.store.recoveries import RecoveryRow

SECONDS = 20.0
"""The longest that one call may take."""


class Ground:
    """What the steps need: the pool, where its leader answers, and the keys to its password. `address` is the leader's."""

    def __init__(self, row: RecoveryRow, pool: PoolRow, host: Host, leader: str, address: str, keys: Keys) -> None:
        self.row, self.pool, self.host, self.leader = row, pool, host, leader
        self._address = address
        self._keys = keys

    def leading(self) -> Session:
        """A session with the pool's master. Raises XapiError and PxeserveError."""
        return connect(*self._way(), seconds=SECONDS)

    def itself(self) -> Session:
        """A session with the leader-to-be alone, which need not lead yet. As `leading`."""
        return connect_to_itself(*self._way(), seconds=SECONDS)

    def _way(self) -> tuple[str, int, str, str, str]:
        member = self.pool.pool.member(self.leader)
        password = open_secrets(self.pool, self._keys).password
        return self._address, PORT, self.pool.pool.user, password, member.fingerprint if member else ""

    def missing(self) -> Stops | None:
        """What must be known before anybody is asked."""
        member = self.pool.pool.member(self.leader)
        if not self._address:
            fix = f"pxeserve host set {self.leader} --set admin-interface.proto=static --set admin-interface.ipaddr=ADDRESS"
            return Stops(f"nobody knows where {self.leader} answers", fix)
        if member is None or not member.fingerprint:
            said = f"the certificate of {self.leader} was never told, so nobody can say who answers there"
            pool = self.pool.pool.name
            fix = f"pxeserve join certificate {pool} {self.leader} shows it; pxeserve pool trust {pool} {self.leader} SHA256 keeps it"
            return Stops(said, fix)
        if not open_secrets(self.pool, self._keys).password:
            return Stops(f"pool {self.pool.pool.name} has no password here", f"pxeserve pool secret {self.pool.pool.name}")
        return None


def met(error: XapiError, resume: str) -> Outcome:
    """What a call that came to nothing makes of a step: it is tried again, or it stops."""
    if error.passes:
        return NotYet(error.message)
    return Stops(error.message, f"{error.fix}; then pxeserve recovery resume {resume}")


def lead(ground: Ground) -> Outcome:
    """Have the chosen member lead the pool. One that leads already is left alone, and so is one that follows another than the dead host: a
    pool with two masters loses its guests' disks."""
    try:
        with ground.leading() as session:
            if session.pool().master == session.this_host():
                return Done(f"{ground.leader} leads the pool")
        return NotYet(f"{ground.leader} does not lead yet")
    except IsMemberError as error:
        dead, pool = ground.row.plan["address"], ground.pool.pool.name
        if error.master != dead:
            said = f"{ground.leader} follows {harmless(error.master) or 'nobody it names'}, not the dead {ground.host.name} at {dead}"
            way = f"if that one leads: pxeserve recovery stop {ground.row.id}, pxeserve pool set {pool} --master HOST, and plan anew"
            return Stops(said, way)
    with ground.itself() as session:
        if not session.is_in_emergency_mode():
            return NotYet(f"{ground.leader} is not in emergency mode: it has not given up {ground.host.name}, or still hears it")
        session.emergency_transition_to_master()
    return NotYet(f"{ground.leader} was told to lead, and its toolstack begins anew")


def follow(ground: Ground) -> Outcome:
    """Have the others follow. Done when the leader hears all but the dead one."""
    with ground.leading() as session:
        deaf = [one.name for one in session.hosts() if not one.live and not _is_it(ground, one)]
        if not deaf:
            return Done(f"{ground.leader} hears all the others")
        session.recover_slaves()
    return NotYet(f"{', '.join(deaf[:5])} told to follow {ground.leader}")


def forget(ground: Ground) -> Outcome:
    """Take the dead host's entry away. One that lives is no dead one, and stops the recovery."""
    with ground.leading() as session:
        if wrong := _other_version(ground, session):
            return wrong
        old = [one for one in session.hosts() if _is_it(ground, one)]
        if not old:
            return Done(f"the pool holds no {ground.host.name}")
        if len(old) > 1:
            said = f"the pool holds {len(old)} hosts that may be {ground.host.name}"
            return Stops(said, "remove the wrong one by xe host-forget, then resume")
        if old[0].live:
            said = f"the pool hears {old[0].name} at {old[0].address}: it is not dead"
            return Stops(said, f"switch it off, or end this: pxeserve recovery stop {ground.row.id}")
        if old[0].ref == session.pool().master:
            way = f"make another host the master, then pxeserve recovery resume {ground.row.id}"
            return Stops(f"{old[0].name} still leads the pool in its own database", way)
        session.declare_dead(old[0].ref)
        session.destroy_host(old[0].ref)
    return NotYet(f"{ground.host.name} was taken out of the pool")


def enabled(ground: Ground) -> Outcome:
    """Whether the host is back, enabled, and of the version of its pool."""
    with ground.leading() as session:
        mine = [one for one in session.hosts() if _is_it(ground, one)]
        if not mine:
            return NotYet(f"the pool holds no {ground.host.name} yet")
        wanted = str(ground.row.plan["version"])
        product, _, version = wanted.rpartition(" ")
        if numbers(mine[0].version) != numbers(version) or (mine[0].product and mine[0].product.lower() != product.lower()):
            said = f"{ground.host.name} came back half upgraded: it runs {mine[0].runs()}, and {wanted} was planned"
            return Stops(said, "move no guest there; see which medium it was installed from, and make the plan anew: "
                         f"pxeserve recovery stop {ground.row.id}, then pxeserve host recover {ground.host.name}")
        if not mine[0].live or not mine[0].enabled:
            return NotYet(f"{ground.host.name} is {'not enabled' if mine[0].live else 'not heard'} yet")
    return Done(f"{ground.host.name} is enabled, {wanted}")


def storage(ground: Ground) -> Outcome:
    """Whether the pool has all shared storage of its record."""
    with ground.leading() as session:
        there = {one.name for one in session.storages()}
    missing = [one.name for one in ground.pool.pool.storage if one.shared and one.name not in there]
    return NotYet(f"not there yet: {', '.join(missing)}") if missing else Done("all shared storage is there")


def _is_it(ground: Ground, one: HostSeen) -> bool:
    """Whether a host of the pool's database is the one that is recovered: by its address, else by its name."""
    return one.address == ground.row.plan["address"] or one.name == ground.host.name


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
