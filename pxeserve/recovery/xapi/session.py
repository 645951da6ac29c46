"""A session with one toolstack: the few questions that pxeserve has, and the few acts. Everything it gives is typed, everything it raises
is an XapiError.

Refuses to know whether an act is wise: whoever asks for one has looked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import XenAPI

from pxeserve.recovery.xapi.deadline import Deadline
from pxeserve.recovery.xapi.errors import XapiError, refusal
from pxeserve.recovery.xapi.fields import Asked
from pxeserve.recovery.xapi.seen import (
    GuestSeen,
    HostSeen,
    PlugSeen,
    PoolSeen,
    StorageSeen,
    TaskSeen,
    guest_seen,
    host_seen,
    plug_seen,
    pool_seen,
    storage_seen,
    task_seen,
)
from pxeserve.recovery.xapi.transport import Transport

_CALLS = 20
"""A session lasts as long as so many calls may."""

JOIN = "Async.pool.join"
"""How XAPI names the task of a join."""

_EMERGENCY = "host.is_in_emergency_mode"


def connect(
    address: str, port: int, user: str, password: str, fingerprint: str, *, seconds: float, confided: Iterable[str] = ()
) -> Session:
    """Log in at a pool's master, or a host that is alone. `fingerprint` is the SHA-256 of its certificate in DER form, hex; nothing is said
    to any other. `seconds` is the longest for each call; the session lasts twenty times that. `confided` is what it was told in earlier
    sessions: no error holds any of that, nor the password.

    Raises XapiError; IsMemberError where a member answers, with its master's address."""
    made = _Opening(address, port, fingerprint, seconds, confided)
    made.log_in("login_with_password", user, password)
    return Session(made)


def connect_to_itself(address: str, port: int, user: str, password: str, fingerprint: str, *, seconds: float) -> Session:
    """Log in at a member without its master, for the acts of an emergency (`session.slave_local_login_with_password`). As `connect`."""
    made = _Opening(address, port, fingerprint, seconds)
    made.log_in("slave_local_login_with_password", user, password)
    return Session(made, "session.local_logout")


class _Opening:
    """A transport with XenAPI on it."""

    def __init__(self, address: str, port: int, fingerprint: str, seconds: float, confided: Iterable[str] = ()) -> None:
        whole = Deadline.within(_CALLS * seconds)
        self.transport = Transport(address, port, fingerprint, seconds=seconds, whole=whole)
        self.transport.confided.update(confided)
        self.api = XenAPI.Session(f"http://{address}:{port}/", transport=self.transport)

    def log_in(self, method: str, user: str, password: str) -> None:
        self.transport.asked = f"session.{method}"
        self.transport.confided.add(password)
        getattr(self.api, method)(user, password)
        self.transport.asked = f"session.{method}"
        Asked(self.transport.where, self.transport.asked).ref(self.api.handle)
        self.transport.confided.add(self.api.handle)
        self.api.last_login_method = self.api.last_login_params = None  # a session that is over is told, and not begun again


class Session:
    """A login that stands. Ends with `close`, or as a context. All methods raise XapiError."""

    def __init__(self, made: _Opening, ends: str = "session.logout") -> None:
        self._api = made.api
        self._transport = made.transport
        self._ends = ends

    def __repr__(self) -> str:
        return f"Session({self._transport.where})"

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Log out; one who does not answer forgets the session by itself."""
        with contextlib.suppress(XapiError):
            self._ask(self._ends)

    def this_host(self) -> str:
        """The reference of the host that answers."""
        return self._reading("session.get_this_host").ref(self._ask("session.get_this_host", self._api.handle))

    def hosts(self) -> tuple[HostSeen, ...]:
        """All hosts of the pool, by name."""
        metrics = self._table("host_metrics.get_all_records")
        found = [host_seen(one, metrics) for one in self._table("host.get_all_records").values()]
        return tuple(sorted(found, key=lambda one: (one.name, one.uuid)))

    def pool(self) -> PoolSeen:
        """The pool; one that is alone is a pool as well."""
        found = list(self._table("pool.get_all_records").values())
        if len(found) != 1:
            raise self._reading("pool.get_all_records").wrong("", "one pool", found)
        return pool_seen(found[0])

    def storages(self) -> tuple[StorageSeen, ...]:
        """All storage repositories."""
        return tuple(storage_seen(one) for one in self._table("SR.get_all_records").values())

    def plugs(self) -> tuple[PlugSeen, ...]:
        """The ways of all hosts to their storage repositories."""
        call = "PBD.get_all_records"
        return tuple(map(plug_seen, self._reading(call).table(self._ask(call)).values()))

    def vms_running(self) -> tuple[GuestSeen, ...]:
        """Guests that run."""
        return self._guests("Running")

    def vms_suspended(self) -> tuple[GuestSeen, ...]:
        """Guests that are suspended."""
        return self._guests("Suspended")

    def cpu_vendor(self, host: HostSeen) -> str:
        """The vendor of a host's CPUs, also where its own record does not say it (before 5.6); "" when nothing does."""
        if host.cpu_vendor or not host.cpus:
            return host.cpu_vendor
        return self._reading("host_cpu.get_vendor").text(self._ask("host_cpu.get_vendor", host.cpus[0]))

    def clock(self, host: str) -> float:
        """What a host's clock shows, epoch seconds."""
        return self._reading("host.get_servertime").moment(self._ask("host.get_servertime", host))

    def joins(self) -> tuple[TaskSeen, ...]:
        """Joins that this host has begun and, for an hour, those that have ended."""
        found = [task_seen(one) for one in self._table("task.get_all_records").values() if one.record.get("name_label") == JOIN]
        return tuple(found)

    def refusal(self, task: TaskSeen) -> XapiError:
        """What a task that failed says."""
        words = task.words or ("INTERNAL_ERROR",)
        return refusal(self._transport.where, task.name.removeprefix("Async."), words, self._transport.confided)

    def forget_task(self, task: TaskSeen) -> None:
        """Remove a task that has ended."""
        self._ask("task.destroy", task.ref)

    def join(self, address: str, user: str, password: str) -> str:
        """Have the host that answers join the pool at `address`; the reference of the task, which `joins` tells of. Comes back before it
        is done: a join takes minutes, and ends with the host's toolstack beginning anew."""
        self._transport.confided.add(password)
        return self._reading(JOIN).ref(self._ask(JOIN, address, user, password))

    def is_in_emergency_mode(self) -> bool:
        """Whether the member that answers has given its master up; by `connect_to_itself`. `pool.emergency_transition_to_master` itself
        asks nobody: it is xe that refuses it to a member which still hears its master."""
        return self._reading(_EMERGENCY).yes(self._ask(_EMERGENCY))

    def emergency_transition_to_master(self) -> None:
        """Make the member that answers its pool's master; by `connect_to_itself`. Its toolstack begins anew."""
        self._ask("pool.emergency_transition_to_master")

    def recover_slaves(self) -> tuple[str, ...]:
        """Have all members that can be reached follow the master that answers; their references."""
        return self._reading("pool.recover_slaves").refs(self._ask("pool.recover_slaves"))

    def declare_dead(self, host: str) -> None:
        """Have the pool believe that a host is dead: its guests are halted in the database. Whoever asks must know that it is."""
        self._ask("host.declare_dead", host)

    def destroy_host(self, host: str) -> None:
        """Have the pool forget a host that does not live, with its local storage."""
        self._ask("host.destroy", host)

    def _guests(self, power: str) -> tuple[GuestSeen, ...]:
        call = "VM.get_all_records_where"
        found = self._reading(call).table(self._ask(call, f'field "power_state" = "{power}"'))
        return tuple(one for one in map(guest_seen, found.values()) if one is not None and one.power == power)

    def _table(self, call: str) -> Any:
        return self._reading(call).table(self._ask(call))

    def _reading(self, call: str) -> Asked:
        return Asked(self._transport.where, call)

    def _ask(self, call: str, *said: Any) -> Any:
        self._transport.asked = call
        if call == "session.logout":
            return self._api.session.logout(self._api.handle)
        return self._api.xenapi_request(call, said)
