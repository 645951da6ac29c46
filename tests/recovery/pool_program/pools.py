"""What hosts do as a pool: join, leave, lose their master and find another, forget who is dead, take a database back.

The checks of a join come in the order in which XAPI makes them, with its words.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable

from tests.recovery.pool_program import records
from tests.recovery.pool_program.world import FailureError, Host, World

Restart = Callable[[Host], None]


class Pools:
    """Acts on the world. `restart` takes a host's toolstack down and brings it back after a while."""

    def __init__(self, world: World, restart: Restart) -> None:
        self._world = world
        self._restart = restart

    def join(self, host: Host, address: str, user: str, password: str) -> None:
        """`pool.join` on `host`: into the pool of who answers at `address`."""
        world = self._world
        with world.lock:
            master = self._leader(host, address, user, password)
            self._checked(host, master)
            self.take_in(host, master)
        self.come_back(host)

    def take_in(self, host: Host, master: Host) -> None:
        """`host` becomes a member of `master`'s pool, whatever speaks against it; not enabled yet."""
        world = self._world
        with world.lock:
            own, pool = world.database(host), world.database(master)
            made = records.add_host(pool, host)
            pool["host"][made]["enabled"] = False
            for storage in own["SR"].values():
                if not storage["shared"]:
                    copied = records.add_sr(pool, storage["name_label"], storage["type"], shared=False)
                    pool["SR"][copied]["uuid"] = storage["uuid"]
                    records.add_pbd(pool, made, copied, {"device": "/dev/sda3"})
            for ref, storage in pool["SR"].items():
                if storage["shared"]:
                    records.add_pbd(pool, made, ref, {})
            for pif in own["PIF"].values():
                network = next(iter(pool["network"]))
                pool["host"][made]["PIFs"].append(
                    records.add(pool, "PIF", {**pif, "host": made, "network": network, "uuid": records.ref()[10:]})
                )
            del world.databases[host["database"]]
            host["database"], host["master"] = master["database"], master["address"]
            world.save()

    def _leader(self, host: Host, address: str, user: str, password: str) -> Host:
        world = self._world
        if host["booting"]:
            raise FailureError("HOST_STILL_BOOTING")
        if host["master"]:
            raise FailureError("HOST_IS_SLAVE", host["master"])
        master = world.at(address)
        if master is None:
            raise FailureError("JOINING_HOST_CONNECTION_FAILED")
        if master["master"]:
            raise FailureError("HOST_IS_SLAVE", master["master"])
        if (user, password) != (master["user"], master["password"]):
            raise FailureError("SESSION_AUTHENTICATION_FAILED", user, "Authentication failure")
        if master["booting"]:
            raise FailureError("JOINING_HOST_SERVICE_FAILED")
        return master

    def _checked(self, host: Host, master: Host) -> None:
        own, pool = self._world.database(host), self._world.database(master)
        if host["uuid"] == master["uuid"]:
            raise FailureError("OPERATION_NOT_ALLOWED", "Host cannot become slave of itself")
        if any(one["ha_enabled"] for one in (*own["pool"].values(), *pool["pool"].values())):
            raise FailureError("HA_IS_ENABLED")
        if len(own["host"]) > 1:
            raise FailureError("JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS")
        guests = [one for one in own["VM"].values() if not one["is_control_domain"]]
        if any(one["power_state"] in ("Running", "Paused", "Suspended") for one in guests):
            raise FailureError("JOINING_HOST_CANNOT_HAVE_RUNNING_OR_SUSPENDED_VMS")
        mine, theirs = own["host"][self._world.me(host)], pool["host"][self._world.me(master)]
        names = ("product_version", "product_brand", "build_number", "package-linux")
        if any(mine["software_version"].get(name) != theirs["software_version"].get(name) for name in names):
            if records.numbers(host["version"]) >= (7, 0):
                raise FailureError("POOL_JOINING_HOST_MUST_HAVE_SAME_PRODUCT_VERSION")
            raise FailureError("HOSTS_NOT_HOMOGENEOUS", "software version differs")
        if host["cpu"] != master["cpu"]:
            raise FailureError("HOSTS_NOT_HOMOGENEOUS", "CPUs differ")
        if any(one["shared"] for one in own["SR"].values()):
            raise FailureError("JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS")
        if any(one["management"] and not one["physical"] for one in own["PIF"].values()):
            raise FailureError("POOL_JOINING_HOST_MUST_HAVE_PHYSICAL_MANAGEMENT_NIC")
        if mine["external_auth_type"] != theirs["external_auth_type"]:
            raise FailureError("POOL_JOINING_EXTERNAL_AUTH_MISMATCH")
        if host["edition"] != master["edition"]:
            raise FailureError("LICENCE_RESTRICTION")

    def eject(self, host: Host, gone: str) -> None:
        """`pool.eject` on the master: `gone` (a reference) becomes a fresh host of its own."""
        world = self._world
        with world.lock:
            record = self._record(host, gone)
            if gone == world.pool(host)["master"]:
                raise FailureError("HOST_CANNOT_DESTROY_SELF", gone)
            machine = world.of(record)
            if machine is None or machine["dead"]:
                raise FailureError("HOST_OFFLINE", gone)
            self._forget(host, gone)
            world.install(machine["name"], machine["address"], **{name: machine[name] for name in ("user", "password", "version", "cpu")})

    def destroy(self, host: Host, gone: str) -> None:
        """`host.destroy` on the master: its record and its local storage go. Only for one that does not live."""
        world = self._world
        with world.lock:
            record = self._record(host, gone)
            world.look(host)
            if gone == world.pool(host)["master"]:
                raise FailureError("HOST_CANNOT_DESTROY_SELF", gone)
            if world.database(host)["host_metrics"][record["metrics"]]["live"]:
                raise FailureError("HOST_IS_LIVE", gone)
            if any(one["resident_on"] == gone and not one["is_control_domain"] for one in world.database(host)["VM"].values()):
                raise FailureError("HOST_HAS_RESIDENT_VMS", gone)
            self._forget(host, gone)
            world.save()

    def declare_dead(self, host: Host, gone: str) -> None:
        """`host.declare_dead`: its guests are halted in the database, so that they can be started elsewhere."""
        with self._world.lock:
            database = self._world.database(host)
            record = self._record(host, gone)
            database["host_metrics"][record["metrics"]]["live"] = False
            for guest in database["VM"].values():
                if guest["resident_on"] == gone and not guest["is_control_domain"]:
                    guest |= {"power_state": "Halted", "resident_on": records.NULL}
            self._world.save()

    def is_in_emergency(self, host: Host) -> bool:
        """`host.is_in_emergency_mode`: a member whose master does not live."""
        with self._world.lock:
            return bool(host["master"]) and self._world.at(host["master"]) is None

    def become_master(self, host: Host) -> None:
        """`pool.emergency_transition_to_master` on a member: it goes by its copy of the pool's database from now on."""
        world = self._world
        with world.lock:
            if not host["master"]:
                raise FailureError("OPERATION_NOT_ALLOWED", "host is already master")
            world.databases[key := f"{host['database']}:{host['epoch']}:{host['name']}"] = copy.deepcopy(world.database(host))
            host["database"], host["master"] = key, ""
            world.pool(host)["master"] = world.me(host)
            world.save()
        self.come_back(host)

    def recover_slaves(self, host: Host) -> list[str]:
        """`pool.recover_slaves` on the new master: whoever can be reached follows it."""
        world = self._world
        with world.lock:
            found = []
            for ref, record in world.database(host)["host"].items():
                machine = world.of(record)
                if machine is None or machine is host or machine["dead"]:
                    continue
                machine["database"], machine["master"] = host["database"], host["address"]
                found.append(ref)
            world.save()
        return found

    def restore(self, host: Host, database: records.Database) -> None:
        """Take a pool's database back on a freshly installed master: the machine becomes who its record in there says."""
        world = self._world
        with world.lock:
            leader = database["host"][next(iter(database["pool"].values()))["master"]]
            host["uuid"] = leader["uuid"]
            world.databases[host["database"]] = database
            world.save()
        self.come_back(host)

    def _record(self, host: Host, ref: str) -> records.Record:
        try:
            return self._world.database(host)["host"][ref]
        except KeyError:
            raise FailureError("HANDLE_INVALID", "host", ref) from None

    def _forget(self, host: Host, gone: str) -> None:
        database = self._world.database(host)
        for kind in ("PBD", "PIF", "host_cpu"):
            for ref in [ref for ref, one in database[kind].items() if one["host"] == gone]:
                del database[kind][ref]
        del database["host_metrics"][database["host"].pop(gone)["metrics"]]
        for ref, storage in list(database["SR"].items()):
            storage["PBDs"] = [one for one in storage["PBDs"] if one in database["PBD"]]
            if not storage["shared"] and not storage["PBDs"]:
                del database["SR"][ref]
        for ref in [ref for ref, one in database["VM"].items() if one["is_control_domain"] and one["affinity"] == gone]:
            del database["VM"][ref]

    def come_back(self, host: Host) -> None:
        """The toolstack begins again, and its host is enabled when it has."""

        def again() -> None:
            time.sleep(0.05)  # what was answered goes out first
            self._restart(host)
            with self._world.lock:
                if host["database"] in self._world.databases and not host.get("stays_disabled"):
                    self._world.database(host)["host"][self._world.me(host)]["enabled"] = True
                    self._world.save()

        threading.Thread(target=again, daemon=True).start()
