"""What the hosts of a pool have in common, or may not: static addresses of their own, one product and generation, the same packs, disks
that no installation takes. Asked whenever anything of it is changed, and once more when a host is armed.

Refuses to know how a pool is declared (`scenarios`), and who changes what.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from pxeserve.answerfile.declared import AnswerError, Declared, read
from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium
from pxeserve.domain.pool import Pool, StorageKind
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.firstboot.steps import unlicensed
from pxeserve.recovery.reaching import static_address
from pxeserve.snapshot import Layers
from pxeserve.store import inventory, joins, pools


@dataclass(frozen=True, slots=True)
class Pooled:
    """One moment of the inventory, by which pools are judged: profiles with their inheritance resolved; `coming` are names of media that
    are not here yet and will be."""

    layers: Layers
    profiles: Mapping[str, Profile]
    media: Mapping[str, Medium]
    coming: frozenset[str] = frozenset()

    def check(self, pool: Pool, hosts: Mapping[str, Host]) -> None:
        """Raise PxeserveError for the first thing that keeps the hosts of `pool` from being one; `hosts` are by name, those of the pool
        among them."""
        for name in pool.hosts:
            if name not in hosts:
                raise NotFoundError(f"pool {pool.name}: there is no host {name}", fix="pxeserve host list shows them all")
        members = [hosts[name] for name in pool.hosts]
        self._addresses(pool, members)
        for host in members[1:]:
            self._alike(pool, members[0], host)
        for host in members:
            self._disks(pool, host)

    def refuse(self, pool: Pool, hosts: Mapping[str, Host], host: Host) -> None:
        """The same for arming `host`, which is one of them. Raises RefusedError."""
        try:
            self.check(pool, hosts)
        except PxeserveError as error:
            raise RefusedError(f"{host.name}: {error.message}", fix=error.fix) from None

    def notes(self, pool: Pool, hosts: Mapping[str, Host]) -> list[str]:
        """What is worth knowing of a pool that is good, a sentence each."""
        master, found = self._medium(hosts[pool.master]), list[str]()
        for name in pool.hosts[1:]:
            medium = self._medium(hosts[name])
            if medium is not None and master is not None and medium.version != master.version:
                found.append(
                    f"{name} would install {medium.product} {medium.version}, and the master {pool.master} {master.version}: "
                    "a host of another version is not let into a pool"
                )
        if master is not None and pool.version and (pool.product or master.product, pool.version) != (master.product, master.version):
            said = f"it runs {pool.product or master.product} {pool.version}"
            found.append(f"{said}, and its master {pool.master} would install {master.product} {master.version}")
        unnamed = [one.host for one in pool.members if not one.iqn]
        if unnamed and any(one.kind is StorageKind.ISCSI for one in pool.storage):
            found.append(f"no IQN is said for {', '.join(unnamed)}: the installer makes one up, which the target does not know")
        found += filter(None, [unlicensed(pool, master.dialect)] if master is not None else [])
        return found

    def _addresses(self, pool: Pool, members: Iterable[Host]) -> None:
        taken: dict[str, str] = {}
        for host in members:
            address = static_address(self.layers, host)
            if address is None:
                raise PxeserveError(
                    f"pool {pool.name}: host {host.name} has no static address, which a host in a pool needs: {self._has(host)}",
                    fix=give_static(host.name),
                )
            other = taken.setdefault(str(address), host.name)
            if other != host.name:
                raise ConflictError(
                    f"pool {pool.name}: host {host.name} and host {other} are both told the address {address}",
                    fix=f"pxeserve host set {host.name} --set admin-interface.ipaddr=ADDRESS",
                )

    def _has(self, host: Host) -> str:
        try:
            found = self.layers.of_host(host)
        except InheritanceError as error:
            return str(error)
        interface = found.values.get("admin-interface")
        said = interface.get("proto") if isinstance(interface, dict) else None
        if said is None:
            return "nothing is said about its management interface"
        by = f"({found.origin('admin-interface.proto')} says so)"
        return f"it is static, and no address is said {by}" if said == "static" else f"it asks for one by {str(said).upper()} {by}"

    def _alike(self, pool: Pool, master: Host, host: Host) -> None:
        """The master and another host install the same, with the same packs."""
        if self._waits_for(master) or self._waits_for(host):
            return
        first, second = self._medium(master), self._medium(host)
        if _kind(first) != _kind(second):
            raise PxeserveError(
                f"pool {pool.name}: host {host.name} would install {_named(second)} by profile {host.profile}, and its master "
                f"{master.name} {_named(first)} by profile {master.profile}: all hosts of a pool run the same",
                fix=f"pxeserve host set {host.name} --profile {master.profile}, or give profile {host.profile} a medium of that generation",
            )
        mine, theirs = self._packs(master, first), self._packs(host, second)
        if mine != theirs:
            more, who, other = (theirs - mine, host, master) if theirs - mine else (mine - theirs, master, host)
            raise PxeserveError(
                f"pool {pool.name}: host {who.name} gets {', '.join(sorted(more))}, and host {other.name} does not: "
                "a pack, such as the Linux Pack, is on all hosts of a pool or on none",
                fix="say packs (sources) in what all of them inherit, and not host by host; or use one medium for all",
            )

    def _disks(self, pool: Pool, host: Host) -> None:
        """A disk that the installer takes is no storage that is made afterwards."""
        declared = self._declared(host)
        if declared is None:
            return
        answers = declared.answers
        primary = answers.primary_disk
        taken = {f"/dev/{one}" for one in (*((primary.device, *primary.mirror) if primary else ()), *answers.guest_disks) if one}
        for one in pool.storage:
            if not one.shared and one.device in taken and (not one.hosts or host.name in one.hosts):
                raise PxeserveError(
                    f"pool {pool.name}: storage {one.name}: {one.device} of host {host.name} is a disk that its installer takes "
                    "(primary-disk, guest-disks)",
                    fix="name another disk; on those the installer makes storage by itself",
                )

    def _packs(self, host: Host, medium: Medium | None) -> set[str]:
        """What a host gets of packages, in the words of whoever reads it: repositories of its medium, and packs that come on top."""
        declared = self._declared(host)
        packs = {f"the pack {one.medium or one.address or one.kind}" for one in (declared.packs if declared else ())}
        return packs | {f"the repository {one}" for one in (medium.repositories if medium is not None else ())}

    def _declared(self, host: Host) -> Declared | None:
        """What is declared for it; None when that cannot be read, which is refused elsewhere."""
        try:
            return read(self.layers.of_host(host).values)
        except (AnswerError, InheritanceError):
            return None

    def _medium(self, host: Host) -> Medium | None:
        profile = self.profiles.get(host.profile)
        return self.media.get(profile.medium) if profile is not None and profile.medium else None

    def _waits_for(self, host: Host) -> bool:
        """Whether its medium is not here yet, so that nothing is known of it."""
        profile = self.profiles.get(host.profile)
        return profile is not None and profile.medium in self.coming


def hosts_of(connection: Connection, pool: Pool) -> dict[str, Host]:
    """The hosts of a pool that there are, by name."""
    return {name: host for name in pool.hosts if (host := inventory.host(connection, name)) is not None}


def refuse_if_pooled(connection: Connection, host: Host) -> None:
    """Raise ConflictError while `host` is in a pool."""
    found = pools.pool_of_host(connection, host.id)
    if found is None:
        return
    name = found.pool.name
    if found.pool.master == host.name:
        fix = f"pxeserve pool set {name} --master HOST makes another one its master, then --drop {host.name}"
        fix = fix if len(found.pool.members) > 1 else f"pxeserve pool remove {name} first"
        raise ConflictError(f"host {host.name} is the master of pool {name}", fix=fix)
    raise ConflictError(f"host {host.name} is in pool {name}", fix=f"pxeserve pool set {name} --drop {host.name} first")


def refuse_if_joining(connection: Connection, name: str, pool_id: int, stay: Container[str] = ()) -> None:
    """Raise ConflictError while a host that does not `stay` in pool `name` is being joined to it."""
    gone = [host for host in joins.hosts_under_way(connection, pool_id) if host not in stay]
    if gone:
        fix = "wait until it is joined or has failed (15 minutes at most): pxeserve join list"
        raise ConflictError(f"pool {name}: host {gone[0]} is being joined to it", fix=fix)


def _kind(medium: Medium | None) -> tuple[str, str] | None:
    return (medium.product, medium.dialect) if medium is not None else None


def _named(medium: Medium | None) -> str:
    return f"{medium.product} {medium.version} (medium {medium.name})" if medium is not None else "no medium"
