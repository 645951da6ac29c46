"""Steps by which a toolstack confirms that a host is back in its pool: enabled, storage. Refuses to know how it came there."""

from __future__ import annotations

from pxeserve.operations.recovering.outcomes import Done, NotYet, Outcome, Stops
from pxeserve.operations.recovering.toolstacks import Ground
from pxeserve.recovery.planning.versions import numbers
from pxeserve.recovery.xapi import HostSeen, PlugSeen, StorageSeen

_NAMED = 5


def enabled(ground: Ground) -> Outcome:
    """Whether the host is back, enabled, and of the version of its pool."""
    with ground.leading() as session:
        mine = [one for one in session.hosts() if ground.is_it(one)]
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
    """Whether the pool has all shared storage of its record, and the host that came back is attached to all that its pool shares. What no
    other host that lives is attached to either is not this host's trouble: it is left to a person."""
    name = ground.host.name
    with ground.leading() as session:
        there = session.storages()
        hosts = session.hosts()
        mine = next((one for one in hosts if ground.is_it(one)), None)
        if mine is None:
            return NotYet(f"the pool holds no {name} yet")
        plugs = session.plugs()
    names = {one.name for one in there}
    missing = [one.name for one in ground.pool.pool.storage if one.shared and one.name not in names]
    if missing:
        return NotYet(f"not there yet: {', '.join(missing)}")
    own = {one.storage: one for one in plugs if one.host == mine.ref}
    loose = [one for one in there if one.shared and not one.tools and not (one.ref in own and own[one.ref].attached)]
    others = {one.ref for one in hosts if one.live and one.ref != mine.ref}
    used = {one.storage for one in plugs if one.attached and one.host in others}
    if waits := [f"{one.name} ({_plugs(one, mine, own.get(one.ref))})" for one in loose if one.ref in used or not others]:
        return NotYet(f"not attached to {name}: {'; '.join(waits[:_NAMED])}")
    if loose:
        left = f"no host is attached to {', '.join(one.name for one in loose[:_NAMED])}"
        seen = f"all shared storage is there, and {name} is attached to all that another host is; {left}"
        return Done(seen, left=left, by="; ".join(_plugs(one, mine, own.get(one.ref)) for one in loose[:_NAMED]))
    return Done(f"all shared storage is there, and {name} is attached to it")


def _plugs(storage: StorageSeen, host: HostSeen, plug: PlugSeen | None) -> str:
    """What attaches it."""
    if plug is not None:
        return f"xe pbd-plug uuid={plug.uuid}"
    return f"xe pbd-create sr-uuid={storage.uuid} host-uuid={host.uuid} with the device-config of another host's, then xe pbd-plug"
