"""What each call answers: who may ask it where, the few that act, and the reading of fields that all classes have in common."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xmlrpc.client import DateTime

from tests.recovery.pool_program import dump, records
from tests.recovery.pool_program.faults import Faults
from tests.recovery.pool_program.pools import Pools
from tests.recovery.pool_program.world import FailureError, Host, World

_LOCAL = {
    "pool.emergency_transition_to_master",
    "pool.emergency_reset_master",
    "session.local_logout",
    "pool.is_slave",
    "host.is_in_emergency_mode",
}
"""Calls that a session of the host itself (`slave_local_login_with_password`) may ask."""


class Calls:
    """Answers calls of one world."""

    def __init__(self, world: World, pools: Pools, faults: Faults) -> None:
        self._world = world
        self._pools = pools
        self._faults = faults
        self._acts: dict[str, Callable[..., Any]] = {
            "session.get_this_host": lambda host, _session: self._world.me(host),
            "pool.join": lambda host, *said: self._pools.join(host, *said) or "",
            "pool.eject": lambda host, ref: self._pools.eject(host, ref) or "",
            "pool.emergency_transition_to_master": lambda host: self._pools.become_master(host) or "",
            "host.is_in_emergency_mode": lambda host: self._pools.is_in_emergency(host),
            "pool.recover_slaves": lambda host: self._pools.recover_slaves(host),
            "pool.is_slave": lambda host, _ref: bool(host["master"]),
            "host.destroy": lambda host, ref: self._pools.destroy(host, ref) or "",
            "host.declare_dead": lambda host, ref: self._pools.declare_dead(host, ref) or "",
            "host.get_servertime": lambda host, _ref: self._clock(host),
            "host.enable": lambda host, ref: self._set(host, "host", ref, "enabled", True),
            "host.disable": lambda host, ref: self._set(host, "host", ref, "enabled", False),
            "host.restart_agent": lambda host, _ref: self._pools.come_back(host) or "",
            "VM.power_state_reset": self._reset,
            "VM.hard_shutdown": self._reset,
        }

    def answer(self, host: Host, name: str, said: tuple[Any, ...]) -> Any:
        """The value of a call. FailureError as XAPI words it."""
        if name.startswith("session.") and name != "session.get_this_host":
            return self._session(host, name, said)
        session, *rest = said or ("",)
        owner, local = self._world.sessions.get(str(session), ("", False))
        if owner != f"{host['name']}:{host['epoch']}" or (host["master"] and not local):
            raise FailureError("SESSION_INVALID", str(session))
        if local and name not in _LOCAL:
            raise FailureError("HOST_IS_SLAVE", host["master"])
        if host["booting"]:
            raise FailureError("HOST_STILL_BOOTING")
        if name.startswith("Async."):
            return self._later(host, name.removeprefix("Async."), rest)
        return self._one(host, name, rest)

    def _session(self, host: Host, name: str, said: tuple[Any, ...]) -> Any:
        local = name == "session.slave_local_login_with_password"
        if name in ("session.logout", "session.local_logout"):
            self._world.sessions.pop(str(said[0]), None)
            return ""
        if name != "session.login_with_password" and not local:
            raise FailureError("MESSAGE_METHOD_UNKNOWN", name)
        if host["booting"]:
            raise FailureError("HOST_STILL_BOOTING")
        if host["master"] and not local:
            # in emergency mode xapi answers what is no call of an emergency, such as this login, with what it is in it for
            raise FailureError("HOST_STILL_BOOTING") if self._pools.is_in_emergency(host) else FailureError("HOST_IS_SLAVE", host["master"])
        if said[:2] != (host["user"], host["password"]):
            raise FailureError("SESSION_AUTHENTICATION_FAILED", str(said[0]), "Authentication failure")
        made = records.ref()
        self._world.sessions[made] = (f"{host['name']}:{host['epoch']}", local)
        return made

    def _one(self, host: Host, name: str, rest: list[Any]) -> Any:
        act = self._acts.get(name)
        if act is not None:
            return act(host, *rest)
        with self._world.lock:
            self._world.look(host)
            return self._read(host, name, rest)

    def _read(self, host: Host, name: str, rest: list[Any]) -> Any:
        kind, _, what = name.partition(".")
        database = self._world.database(host)
        if kind not in database:
            raise FailureError("MESSAGE_METHOD_UNKNOWN", name)
        table = database[kind]
        if what == "get_all":
            return list(table)
        if what == "get_all_records":
            return table
        if what == "get_all_records_where":
            wanted = dict(re.findall(r'field "(\w+)"\s*=\s*"([\w:-]*)"', rest[0]))
            return {ref: one for ref, one in table.items() if all(str(one[key]) == value for key, value in wanted.items())}
        if what == "destroy" and kind == "task":
            return table.pop(rest[0], "") and ""
        if what == "get_by_uuid":
            found = [ref for ref, one in table.items() if one["uuid"] == rest[0]]
            if not found:
                raise FailureError("UUID_INVALID", kind, str(rest[0]))
            return found[0]
        if what == "get_by_name_label":
            return [ref for ref, one in table.items() if one.get("name_label") == rest[0]]
        if not rest or rest[0] not in table:
            raise FailureError("HANDLE_INVALID", kind, str(rest[0]) if rest else "")
        record = table[rest[0]]
        if what == "get_record":
            return record
        act, _, field = what.partition("_")
        if act in ("get", "set") and field in record:
            return record[field] if act == "get" else self._set(host, kind, rest[0], field, rest[1])
        raise FailureError("MESSAGE_METHOD_UNKNOWN", name)

    def _set(self, host: Host, kind: str, ref: str, field: str, value: Any) -> str:
        with self._world.lock:
            table = self._world.database(host)[kind]
            if ref not in table:
                raise FailureError("HANDLE_INVALID", kind, ref)
            table[ref][field] = value
            self._world.save()
        return ""

    def _reset(self, host: Host, ref: str) -> str:
        self._set(host, "VM", ref, "power_state", "Halted")
        return self._set(host, "VM", ref, "resident_on", records.NULL)

    def _later(self, host: Host, name: str, rest: list[Any]) -> str:
        with self._world.lock:
            task = {
                "name_label": f"Async.{name}", "name_description": "", "status": "pending", "progress": 0.0, "result": "",
                "error_info": [], "created": self._clock(host).value, "resident_on": self._world.me(host), "type": "<none/>",
            }  # fmt: skip
            database = self._world.database(host)
            ref = records.add(database, "task", task)

        def run() -> None:
            record = database["task"][ref]
            try:
                value = self._one(host, name, rest)
                record |= {"status": "success", "progress": 1.0, "result": f"<value>{value}</value>" if value else ""}
            except FailureError as error:
                record |= {"status": "failure", "progress": 1.0, "error_info": error.words}

        threading.Thread(target=run, daemon=True).start()
        return ref

    def _clock(self, host: Host) -> DateTime:
        return DateTime((datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=host["ahead"])).strftime("%Y%m%dT%H:%M:%SZ"))

    def dumped(self, host: Host) -> bytes:
        """The body of GET /pool/xmldbdump."""
        with self._world.lock:
            database = {**self._world.database(host), "task": {}}
            return dump.written(database, records.BUILDS[host["version"]][2])

    def restored(self, host: Host, content: bytes, *, dry_run: bool) -> None:
        """What PUT /pool/xmldbdump does."""
        database = dump.read(content, records.BUILDS[host["version"]][2])
        leader = next(iter(database["pool"].values()))["master"]
        cards = {one["device"] for one in database["PIF"].values() if one["host"] == leader and one["physical"]}
        own = {one["device"] for one in self._world.database(host)["PIF"].values() if one["physical"]}
        if not cards <= own:
            raise FailureError("RESTORE_TARGET_MISSING_DEVICE", *sorted(cards - own))
        if not dry_run:
            self._pools.restore(host, database)

    def known(self, session: str, host: Host) -> bool:
        """Whether a session is one of that host."""
        return self._world.sessions.get(session, ("", False))[0] == f"{host['name']}:{host['epoch']}"

    def password(self, user: str, password: str, host: Host) -> bool:
        """Whether these are the host's."""
        return (user, password) == (host["user"], host["password"])
