"""Steps that the record confirms: the arming, the installation, the first boot and the join. Each looks first whether it is done.

Nothing here asks a toolstack.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.errors import ConflictError
from pxeserve.operations.arming.installs import armed
from pxeserve.operations.arming.surveying import Wish, survey
from pxeserve.operations.context import Context
from pxeserve.operations.recovering.gathering import digest, gathered
from pxeserve.operations.recovering.knocking import knocked, whereabouts
from pxeserve.operations.recovering.outcomes import Done, NotYet, Outcome, Stops, Waits, refuse_changed
from pxeserve.operations.recovering.proving import backup_reads
from pxeserve.recovery.planning.facts import Role
from pxeserve.recovery.planning.plan import prints
from pxeserve.store import first_boots, installs, joins
from pxeserve.store.installs import InstallRow
from pxeserve.store.joins import JoinRow
from pxeserve.store.pools import PoolRow
from pxeserve.store.recoveries import RecoveryRow

_ANEW = "make the plan anew: pxeserve recovery stop {id}, then pxeserve host recover {host}"
_AFTER = {InstallState.BOOTING, InstallState.ANSWERED, InstallState.INSTALLING, InstallState.DONE}
_OVER = {InstallState.FAILED, InstallState.LAPSED, InstallState.CANCELLED, InstallState.FROZEN}


def silent(context: Context, row: RecoveryRow, pool: PoolRow, host: Host) -> Outcome:
    """Whether the old machine is quiet at each address that it may have. What could not be heard is no silence: a person looks."""
    member = pool.pool.member(host.name)
    addresses = whereabouts(context, host, pool)
    addresses.setdefault(str(row.plan["address"]), "planned")
    heard = knocked(addresses, member.fingerprint if member else "")
    on, deaf = [one for one in heard if one.answers], [one for one in heard if one.deaf]
    places = ", ".join(one.place for one in heard)
    if not on and not deaf:
        return Done(f"nothing answers at port 443 of {places}")
    said = [f"{_WHO[one.same].format(host=host.name)} answers at {one.address}:443 ({one.whence})" for one in on]
    said += [f"whether it answers at {one.place} cannot be heard, as {one.deaf} ({one.fix})" for one in deaf]
    way = "switch it off" if on else "look at the machine itself"
    way += ", or, if it is another machine, give that another address" if any(not one.same for one in on) else ""
    return Waits(f"{'; '.join(said)}. Two machines with one UUID damage their guests' disks: {way}, and confirm that the old {host.name} "
                 f"is off. Knocked at {places}; pxeserve recovery resume {row.id} knocks again")


_WHO = {True: "the old {host}", False: "another machine", None: "something"}


def arm(context: Context, row: RecoveryRow, pool: PoolRow, host: Host) -> Outcome:
    """Compare what is now with what was agreed to, and arm the host: once, however often this is asked. The plan's prints are compared with
    the very answers that are frozen."""
    mark = armed_by(row)
    with context.store.site.read() as connection:
        newest = installs.newest_of(connection, host.id)
    if newest is not None and newest.armed_by == mark:
        return Done(f"install {newest.id} is armed", newest.id)
    if row.role == Role.SOLE and not (read := backup_reads(context, pool, Role.SOLE))["ok"]:
        return Stops(f"nothing is armed: {read['said']}", read["fix"])
    agreed: Mapping[str, str] = row.plan["prints"]
    now = prints(gathered(context, host, pool, knock=False, mine=row.id))
    found = survey(context, [host], Wish("fresh"), None)
    if found.refused:
        error = found.refused[0].error
        return Stops(error.message, error.fix or _way(row, host))
    ready = found.ready[0]
    medium = ready.checked.medium
    now |= {"host": digest(context, ready), "medium": medium.revision if medium else ""}
    changed = sorted(what for what, said in agreed.items() if not hmac.compare_digest(said.encode(), now.get(what, "").encode()))
    if changed:
        return Stops(f"nothing is armed: since the plan was agreed to, {' and '.join(_CHANGED[one] for one in changed)}", _way(row, host))
    acting = replace(context, actor=replace(context.actor, name=mark))

    def still(connection: Connection) -> None:
        """Whoever has given the recovery up, or changed it, while all this was looked at, has the last word."""
        refuse_changed(connection, row)

    try:
        made = armed(acting, (ready,), time.time(), "later", still)[0]
    except ConflictError as error:
        return Stops(error.message, error.fix or _way(row, host))
    return Done(f"install {made['install']} is armed from {made['medium']}", str(made["install"]))


_CHANGED = {
    "host": "what the host would be served has changed", "pool": "the pool's record has changed",
    "medium": "the medium is another one or holds something else", "backup": "there is another backup",
}  # fmt: skip


def armed_by(row: RecoveryRow) -> str:
    """By whom the install of this recovery, of this attempt, was armed; by it the install is found again."""
    attempt = next((int(one.get("attempt", 1)) for one in row.steps if one["name"] == "arm"), 1)
    return f"recovery {row.id}{f'/{attempt}' if attempt > 1 else ''} of {row.begun_by}"


def boot(connection: Connection, row: RecoveryRow) -> Outcome:
    """Whether its network boot was heard."""
    install = _install(connection, row)
    if isinstance(install, Stops):
        return install
    return Done(f"install {install.id} is {install.state}") if install.state in _AFTER else NotYet("power it on, to boot from the network")


def installed(connection: Connection, row: RecoveryRow) -> Outcome:
    """Whether it reported that it is done."""
    install = _install(connection, row)
    if isinstance(install, Stops):
        return install
    said = f"install {install.id} is {install.state}"
    return Done(said) if install.state is InstallState.DONE else NotYet(said)


def first_boot(connection: Connection, row: RecoveryRow) -> Outcome:
    """Whether its first-boot script has come so far that only others can go on: joined, or done."""
    found = first_boots.of_install(connection, row.install_id or "")
    if found is None:
        return NotYet("its first boot was not heard yet")
    if found.state == "done" or (row.role != "sole" and _join(connection, row) is not None):
        return Done(f"first boot: {found.step or found.state}")
    if found.state == "failed" and row.role == Role.SOLE and found.step and not found.step.startswith("toolstack"):
        return Done("its first boot did not do all of its steps: the record of the host names them; the restored database may hold them")
    if found.state == "failed":
        said = f"its first boot failed, and its last word was {found.step}" if found.step else "its first boot was not heard within a day"
        return Stops(said, f"see there why; it can tell no more: pxeserve recovery resume {row.id} arms it anew, to be installed again")
    return NotYet(f"first boot: {found.step or found.state}")


def joined(connection: Connection, row: RecoveryRow) -> Outcome:
    """Whether its join is done."""
    found = _join(connection, row)
    if found is None:
        return NotYet("it has not asked to be joined yet")
    if found.state == joins.FAILED:
        way = f"{found.fix or 'mend that'}; then pxeserve recovery resume {row.id}"
        return Stops(f"its join failed at {found.step}: {found.because}", way)
    return Done("it is joined") if found.state == joins.JOINED else NotYet(f"join: {found.step or found.state}")


def _join(connection: Connection, row: RecoveryRow) -> JoinRow | None:
    return joins.of_install(connection, row.install_id or "")


def _install(connection: Connection, row: RecoveryRow) -> InstallRow | Stops:
    found = installs.by_id(connection, row.install_id) if row.install_id else None
    again = f"when that is put right: pxeserve recovery resume {row.id} arms it anew"
    if found is None:
        return Stops("its install is gone from the store", again)
    if found.state in _OVER:
        return Stops(f"its install {found.id} is {found.state}: {found.ended_because or found.doubt or 'no reason is on record'}", again)
    return found


def _way(row: RecoveryRow, host: Host) -> str:
    return _ANEW.format(id=row.id, host=host.name)
