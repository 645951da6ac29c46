"""The facts of a plan, gathered now: what is entered, what is imported, what an arming would come to, and whether the old machine answers.
Refuses to judge them.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, select

from pxeserve.answerfile.declared import SHOWN
from pxeserve.domain.host import Host
from pxeserve.errors import RefusedError
from pxeserve.events.record import harmless
from pxeserve.keys import load_keys
from pxeserve.operations.arming.surveying import Ready, Wish, survey
from pxeserve.operations.context import Context
from pxeserve.operations.preparing.host import erases
from pxeserve.operations.recovering.knocking import answers_as, knocked, whereabouts
from pxeserve.recovery.planning.facts import Backup, Facts, Guest, Prepared, Repository
from pxeserve.recovery.reaching import address_in, address_of
from pxeserve.snapshot import shared
from pxeserve.store import backups, pools, recoveries, times
from pxeserve.store import tables as t
from pxeserve.store.pools import PoolRow
from pxeserve.timeline.medians import medians
from pxeserve.timeline.stages import Phase

_MOST = 1000
_MEMBERS = 64
"""Members of a pool that are asked whether they could lead; XAPI's pools have as many at most."""

_EARLIER = 25
_INSTALLS = (
    Phase.KERNEL, Phase.BOOTS, Phase.NETWORK, Phase.ANSWERFILE, Phase.START, Phase.REPOSITORY, Phase.DISKS, Phase.PACKAGES, Phase.UNSEEN,
    Phase.UNPACKED, Phase.CONFIGURES, Phase.FILLED, Phase.COMPLETE,
)  # fmt: skip
"""The stages of an installation that the step `installed` is made of."""


def pool_of(connection: Connection, host: Host) -> PoolRow:
    """The pool of `host`. Raises RefusedError when it is in none."""
    found = pools.pool_of_host(connection, host.id)
    if found is None:
        fix = f"pxeserve pool add NAME --master {host.name}; a host without guests is installed: pxeserve host install {host.name}"
        raise RefusedError(f"{host.name} is in no pool, so nobody knows what it is to come back to", fix=fix)
    return found


def gathered(context: Context, host: Host, row: PoolRow, *, knock: bool = True, mine: str = "") -> Facts:
    """The facts of a recovery of `host`, of the pool in `row`. `knock`: ask whether the old machine answers; `mine` is the recovery that
    asks, which is no other plan. Raises PxeserveError when this server itself cannot arm."""
    snapshot = shared(context.store).current()
    with context.store.site.read() as connection:
        backup = _newest_backup(connection, row)
        damaged = _damaged(connection, row, backup)
        address = address_of(connection, host)
        other = recoveries.live_of_pool(connection, row.id)
        usual = _usual(connection) | _installs(context, host.profile)
        others = members_but(connection, host, row) if knock and row.pool.master == host.name else ()
    said = str(address) if address else ""
    member = row.pool.member(host.name)
    heard = knocked(whereabouts(context, host, row), member.fingerprint if member else "") if knock else ()
    return Facts(
        host.name, host.profile, row.pool, snapshot.medium_of(host), tuple(snapshot.media.values()), backup, heard,
        prepared(context, host), said, time.time(), usual, other.id if other is not None and other.id != mine else "",
        _first_that_answers(others), damaged,
    )  # fmt: skip


def members_but(connection: Connection, dead: Host, row: PoolRow) -> tuple[tuple[str, str, str], ...]:
    """Name, address and certificate of each member but the dead one for which both are known, in the pool's order."""
    found = []
    for member in row.pool.members:
        known = member.host != dead.name and member.fingerprint
        address = address_in(connection, row.pool, member.host) if known else None
        if address is not None:
            found.append((member.host, str(address), member.fingerprint))
    return tuple(found[:_MEMBERS])


def _first_that_answers(others: Sequence[tuple[str, str, str]]) -> str:
    """The first whose toolstack answers, by its own certificate; "" when none does. All are asked at once."""
    if not others:
        return ""
    with ThreadPoolExecutor(len(others)) as asking:
        heard = list(asking.map(lambda one: answers_as(one[1], one[2]), others))
    return next((name for (name, _, _), answers in zip(others, heard, strict=True) if answers), "")


def _newest_backup(connection: Connection, row: PoolRow) -> Backup | None:
    """The newest good backup of a pool's database."""
    one = backups.newest_good(connection, row.id)
    if one is None:
        return None
    holds: Mapping[str, Any] = one.holds
    repositories = [Repository(_of(sr, "uuid"), _of(sr, "name"), _of(sr, "type"), bool(sr.get("shared"))) for sr in _list(holds, "srs")]
    guests = [Guest(_of(vm, "uuid"), _of(vm, "name"), _of(vm, "sr_uuid")) for vm in _list(holds, "suspended")]
    return Backup(
        one.id, one.taken_at, _of(holds, "product"), _of(holds, "version"), _of(holds, "build"), tuple(repositories), tuple(guests),
    )  # fmt: skip


def _damaged(connection: Connection, row: PoolRow, backup: Backup | None) -> str:
    """That the newest backup of a pool's database is a damaged one, and not `backup`; "" when it is not."""
    one = next((one for one in backups.damaged(connection, row.id) if one.kind == "database"), None)
    if one is None or (backup is not None and one.taken_at < backup.taken_at):
        return ""
    return harmless(f"backup {one.id} is damaged, {one.because}", 400)


def prepared(context: Context, host: Host) -> Prepared:
    """What arming `host` would come to now."""
    found = survey(context, [host], Wish("fresh"), SHOWN)
    if found.refused:
        why = found.refused[0].error
        return Prepared(refused=why.message, fix=why.fix or "")
    one = found.ready[0]
    warnings = one.checked.answered.warnings if one.checked.answered else []
    return Prepared(tuple(erases(one.checked)), tuple(warnings), digest=digest(context, one))


def digest(context: Context, ready: Ready) -> str:
    """Stands for the host and all that would be served for it; another one with any change. Keyed, as passwords are part of it."""
    host = ready.host
    parts = [
        host.name, sorted(host.macs), host.profile, host.uuid, host.serial, str(host.address), ready.checked.merged.values,
        ready.checked.template, ready.mode, sorted(erases(ready.checked)), ready.remembered.kept().get("scripts"),
    ]  # fmt: skip
    text = json.dumps(parts, default=str, sort_keys=True).encode()
    return hashlib.blake2b(text, key=load_keys(context.config.server.data).seal[:64], digest_size=20).hexdigest()


def _usual(connection: Connection) -> dict[str, float]:
    """How long steps of earlier recoveries took, in seconds: medians of those that were done."""
    done = select(t.recovery.c.steps).where(t.recovery.c.state == "done", t.recovery.c.drill.is_(False))
    rows = connection.execute(done.order_by(t.recovery.c.begun_at.desc()).limit(50))
    durations = (
        {one["name"]: one["ended"] - one["began"] for one in row.steps if one.get("began") and one.get("ended")} for row in rows
    )
    return {name: one.seconds for name, one in medians(durations).items()}


def _installs(context: Context, profile: str) -> dict[str, float]:
    """How long the step `installed` takes by earlier good installations of this profile, from the menu to the report that it is done."""
    with context.store.events.read() as connection:
        earlier = times.earlier(connection, profile, math.inf, _EARLIER)
    whole = ({"installed": sum(one.stages.get(stage, 0.0) for stage in _INSTALLS)} for one in earlier)
    return {name: one.seconds for name, one in medians(whole).items()}


def _list(holds: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = holds.get(key, [])
    return [one for one in found if isinstance(one, Mapping)][:_MOST] if isinstance(found, list) else []


def _of(record: Mapping[str, Any], key: str) -> str:
    return harmless(str(record.get(key) or ""), 255)

