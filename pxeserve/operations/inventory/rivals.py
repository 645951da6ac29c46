"""Whose is what: names, MACs, addresses, UUIDs and serials of all hosts at once, so that ten thousand are checked in one pass.

Refuses to know what hosts are answered; that is `inherited`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from sqlalchemy import Connection

from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.identity import swapped
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.serial import plain
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations.words.selection import nearest
from pxeserve.store import installs, inventory


class Rivals:
    """The hosts as they will be when a change is through: those that stand, and those that are put in their place by name. `armed` are
    those among the latter for which an install is under way, by name, as they are until then."""

    def __init__(
        self, config: Config, profiles: Iterable[str], hosts: Iterable[Host], armed: Mapping[str, Host] | None = None
    ) -> None:
        self._armed = armed or {}
        self._config = config
        self._profiles = set(profiles)
        self._macs: dict[str, str] = {}
        self._addresses: dict[IPv4Address, str] = {}
        self._uuids: dict[str, str] = {}
        self._serials: dict[str, str] = {}
        for host in hosts:
            self._take(host)

    def check(self, host: Host) -> None:
        """Refuse what could not work, and take its place: an unknown profile, an address outside every subnet, a MAC, address, UUID or
        serial that is another host's, a host that nothing is known of, another machine for an install that is under way. Raises
        PxeserveError."""
        whose = f"host {host.name}"
        if host.profile not in self._profiles:
            near = nearest(host.profile, self._profiles)
            fix = f"did you mean {near}?" if near else "pxeserve profile add makes one"
            raise NotFoundError(f"{whose}: there is no profile {host.profile}", fix=fix)
        if not host.macs and host.uuid is None:
            raise PxeserveError(f"{whose}: a host needs at least one MAC address, or a system UUID until its cards are known")
        for mac in host.macs:
            self._free(whose, mac, self._macs.get(mac), host)
        self._not_instead(whose, host)
        if host.address is not None:
            self._in_a_subnet(whose, host.address)
            self._free(whose, f"address {host.address}", self._addresses.get(host.address), host)
        if host.uuid is not None:
            owner = self._uuids.get(host.uuid) or self._uuids.get(swapped(host.uuid))
            self._free(whose, f"uuid {host.uuid}", owner, host, "boards with one UUID: enter their MACs and leave it out of both")
        if host.serial is not None:
            self._free(whose, f"serial {host.serial}", self._serials.get(plain(host.serial)), host)
        self._take(host)

    def _take(self, host: Host) -> None:
        self._macs |= dict.fromkeys(host.macs, host.name)
        if host.address is not None:
            self._addresses[host.address] = host.name
        if host.uuid is not None:
            self._uuids[host.uuid] = host.name
        if host.serial is not None:
            self._serials[plain(host.serial)] = host.name

    def _in_a_subnet(self, whose: str, address: IPv4Address) -> None:
        dhcp = self._config.dhcp
        if dhcp.mode == "server" and not any(address in subnet.network for subnet in dhcp.subnet):
            networks = ", ".join(str(subnet.network) for subnet in dhcp.subnet)
            raise PxeserveError(f"{whose}: address {address} is in no subnet that is served ({networks})")

    def _not_instead(self, whose: str, host: Host) -> None:
        """Whoever armed a host meant the machine that it was then: another one would be erased in its place. Its UUID and its serial number
        are what such a machine is told apart by, so they stand as well."""
        before = self._armed.get(host.name)
        if before is None:
            return
        fix = f"pxeserve host cancel {host.name} first, and arm it anew afterwards"
        for mac in host.macs:
            if mac not in before.macs:
                said = f"{whose}: an install of it is under way, and would go to {mac}, which was none of its cards when it was armed"
                raise ConflictError(said, fix=fix)
        for what, then, now in (("UUID", before.uuid, host.uuid), ("serial number", before.serial, host.serial)):
            if now != then:
                said = f"armed as the machine {_with(what, then)}, not {_with(what, now)}"
                raise ConflictError(f"{whose}: an install of it is under way, and it was {said}", fix=fix)

    @staticmethod
    def _free(whose: str, what: str, owner: str | None, host: Host, fix: str = "") -> None:
        if owner is not None and owner != host.name:
            raise ConflictError(f"{whose}: {what} is {owner}'s", fix=fix)


def beside(connection: Connection, config: Config, changed: Iterable[Host] = ()) -> Rivals:
    """The rivals of `changed` hosts, which are left out themselves: they are about to be what they were not."""
    names = {host.name for host in changed}
    profiles = (profile.name for profile in inventory.profiles(connection))
    present = inventory.hosts(connection)
    live = {row.host_id for row in installs.in_states(connection, LIVE_STATES) if row.rehearsal_mac is None}
    armed = {host.name: host for host in present if host.id in live and host.name in names}
    return Rivals(config, profiles, (host for host in present if host.name not in names), armed)


def _with(what: str, value: str | None) -> str:
    return f"with the {what} {value}" if value else f"without a {what}"
