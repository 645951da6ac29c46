"""One turn of one join: looks how both sides stand, and does the next thing. Keeps nothing between turns but the row, so that whoever is
killed goes on where they were; asks for the join itself only when neither the pool nor the host knows of one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from pxeserve.events.record import harmless
from pxeserve.recovery import xapi
from pxeserve.recovery.joining.checks import Hindrance, Side, former, hindrance
from pxeserve.recovery.xapi import HostSeen, IsMemberError, Session, TaskSeen, hushed

SECONDS = 30.0
"""The longest for one call."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a join: where its toolstack answers, how one logs in there, and by which certificate it is known."""

    address: str
    user: str
    fingerprint: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ends:
    """Both. `port` is where toolstacks answer."""

    pool: End
    host: End
    port: int = xapi.PORT
    seconds: float = SECONDS

    def session(self, end: End) -> Session:
        """A login at one of them. Raises XapiError, which holds none of both passwords: the host was told the pool's by its join."""
        confided = (self.pool.password, self.host.password)
        return xapi.connect(end.address, self.port, end.user, end.password, end.fingerprint, seconds=self.seconds, confided=confided)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a join stands after a turn. `uuid` is the host's; `note` what should be told and stops nothing."""

    state: str
    step: str
    because: str = ""
    fix: str = ""
    uuid: str = ""
    note: str = ""


def turn(ends: Ends, uuid: str) -> Stand:
    """Do the next thing. `uuid` is the host's as the row has it: nobody is told to join before it is written down. Raises XapiError."""
    stand, secrets = _turn(ends, uuid), (ends.pool.password, ends.host.password)
    said = {name: hushed(getattr(stand, name), secrets) for name in ("because", "fix", "note")}   # a host may take a password for its name
    return replace(stand, **said)


def _turn(ends: Ends, uuid: str) -> Stand:
    with ends.session(ends.pool) as master:
        hosts = master.hosts()
        if uuid and (me := _by_uuid(hosts, uuid)) is not None:
            return _listed(me, hosts)
        try:
            joiner = ends.session(ends.host)
        except IsMemberError as error:
            return _member(error, ends, hosts, uuid)
        with joiner:
            return _alone(ends, master, joiner, hosts, uuid)


def _alone(ends: Ends, master: Session, joiner: Session, hosts: tuple[HostSeen, ...], uuid: str) -> Stand:
    own = joiner.hosts()
    here = joiner.this_host()
    one = next((host for host in own if host.ref == here), None)
    if one is None:
        return Stand("failed", "look", "it says that it is none of its own hosts", "look at what answers there: xe host-list on it", uuid)
    if (under_way := _under_way(joiner, joiner.joins())) is not None:
        return Stand("joining", "wait", "its toolstack is joining", uuid=uuid or one.uuid, note=under_way)
    before = former(hosts, one)
    note = f"the pool still has {before.name} ({before.uuid}) from before, which does not live" if before is not None else ""
    wrong = _hindrance(master, joiner, hosts, own, one)
    if wrong is not None:
        return Stand("failed", "look", wrong.because, wrong.fix, uuid=one.uuid, note=note)
    if uuid != one.uuid:
        return Stand("joining", "join", uuid=one.uuid, note=note)
    joiner.join(ends.pool.address, ends.pool.user, ends.pool.password)
    return Stand("joining", "wait", "its toolstack is joining", uuid=uuid, note=note)


def _under_way(joiner: Session, tasks: tuple[TaskSeen, ...]) -> str | None:
    """What a join says that was begun before; None when there is none. One that failed is forgotten, and raises what it says."""
    for task in tasks:
        if task.state == "failure":
            joiner.forget_task(task)
            raise joiner.refusal(task)
        if task.state in ("pending", "success"):
            return ""
    return None


def _hindrance(master: Session, joiner: Session, hosts: tuple[HostSeen, ...], own: tuple[HostSeen, ...], one: HostSeen) -> Hindrance | None:
    pool = master.pool()
    lead = next((host for host in hosts if host.ref == pool.master), None)
    if lead is None:
        return Hindrance("the pool names no master among its hosts", "look at it: xe pool-list params=master, xe host-list")
    sides = (_side(joiner, one), _side(master, lead))
    return hindrance(*sides, len(own), joiner.storages(), (*joiner.vms_running(), *joiner.vms_suspended()), ha=pool.ha)


def _side(session: Session, host: HostSeen) -> Side:
    return Side(host, session.cpu_vendor(host), session.clock(host.ref) - time.time())


def _listed(me: HostSeen, hosts: tuple[HostSeen, ...]) -> Stand:
    """The pool knows it: done when it is there and enabled."""
    if me.live and me.enabled:
        before = former(hosts, me)
        note = f"{before.name} ({before.uuid}) from before still stands in the pool" if before is not None else ""
        return Stand("joined", "done", uuid=me.uuid, note=note)
    waits = "is not enabled yet" if me.live else "does not answer its master yet"
    return Stand(
        "joining", "wait", f"it is in the pool, and {waits}", "look at it: xe host-list params=enabled,host-metrics-live", uuid=me.uuid
    )


def _member(error: IsMemberError, ends: Ends, hosts: tuple[HostSeen, ...], uuid: str) -> Stand:
    """The host says that it is a member already."""
    if error.master != ends.pool.address:
        fix = "look whether this is the host that was meant; if it is: xe pool-eject it there, or install it again"
        return Stand("failed", "look", f"it is a member of another pool, whose master is at {harmless(error.master, 60)}", fix, uuid=uuid)
    me = next((one for one in hosts if one.address == ends.host.address and one.live), None)
    if me is not None:
        return _listed(me, hosts)
    return Stand("joining", "wait", "it follows the master, which does not list it yet", uuid=uuid)


def _by_uuid(hosts: tuple[HostSeen, ...], uuid: str) -> HostSeen | None:
    return next((one for one in hosts if one.uuid == uuid), None)
