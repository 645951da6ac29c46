"""What the one boot decision means for DHCP: a boot file's path with the boot session in it, or none.

The only place of this room that knows the inventory, the installs and the loaders.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from ipaddress import IPv4Address

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.loops import LIMIT, WINDOW, Loops
from pxeserve.dhcp.outcome import Boot, Named
from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Decision, Loader, Reason, Site, Target, Weight, decide
from pxeserve.installs.subject import Subjects
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store

_SESSIONS_KEPT = 4096


class Boots:
    """Asks `decide` for each client that boots. One exchange (a MAC's xid) keeps one session, from its first DISCOVER to its ACK."""

    def __init__(
        self, store: Store, snapshots: SnapshotSource, loaders: Loaders, sessions: SessionIds, http_port: int = 80
    ) -> None:
        self._subjects = Subjects(store, snapshots)
        self._loaders = loaders
        self._sessions = sessions
        self._http_port = http_port
        self._loops = Loops()
        self._open: OrderedDict[tuple[str, int, int], str] = OrderedDict()

    def boot(self, asker: Asker, xid: int, address: IPv4Address, now: float) -> Boot:
        """See `outcome.Booter`."""
        who = self._subjects.of(asker.mac, asker.client.uuid)
        site = self._loaders.site_for(who.medium, who.profile)
        client = _as_it_will_be(asker, site, address)
        decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, claim=who.claim, now=now)
        loader = decision.loader
        named = None if loader is None else (decision.target, loader.set, loader.file)
        if loader is not None and self._loops.is_one(client.mac, xid, named, now):
            decision, named = _out_of_the_loop(decision, loader), None
        session = self._session(client.mac, xid, address, now)
        return Boot(
            file=_file(decision, session),
            because=decision.because,
            refused=decision.target is Target.ADDRESS_ONLY and any(reason.weight is Weight.REFUSED for reason in decision.because),
            session=session,
            host=who.host.name if who.host else None,
            install=who.install.id if who.install else None,
            http_port=self._http_port if decision.loader and decision.loader.http else None,
            named=named,
            firmware=client.firmware,
            claims=who.claim.hosts[0] if who.claim else None,
        )

    def host_of(self, mac: str) -> str | None:
        """See `outcome.Booter`."""
        return self._subjects.host_of(mac)

    def rehearses(self, mac: str) -> bool:
        """See `outcome.Booter`."""
        return self._subjects.of(mac).rehearsal

    def standing(self) -> object:
        """See `twins.Strangers`. What strangers are led to depends on the loaders that were imported and on nothing else."""
        return self._subjects.moment()

    def stranger(self, mac: str, xid: int, address: IPv4Address, named: Named, now: float) -> str | None:
        """See `twins.Strangers`."""
        if self._subjects.knows(mac) or self._loops.is_one(mac, xid, named, now):
            return None
        return self._session(mac, xid, address, now)

    def _session(self, mac: str, xid: int, address: IPv4Address, now: float) -> str:
        key = (mac, xid, int(address))
        session = self._open.pop(key, None) or self._sessions.make(address, mac, now)
        self._open[key] = session
        if len(self._open) > _SESSIONS_KEPT:
            self._open.popitem(last=False)
        return session


def _out_of_the_loop(decision: Decision, loader: Loader) -> Decision:
    text = (
        f"{loader.file} was named to this machine {LIMIT} times within {WINDOW:.0f} s and it asked again each time, so it is "
        "named no more until that is over: the loader does not start (Secure Boot, wrong architecture), or it is an iPXE that does not say "
        "so in option 77; look at the machine's screen"
    )
    reason = Reason(Weight.REFUSED, "loop", text, "dhcp")
    return replace(decision, target=Target.ADDRESS_ONLY, loader=None, because=(*decision.because, reason))


def _firmware(asker: Asker, site: Site) -> Firmware | None:
    """iPXE gets a script where one can be written. Where none can it loads what the card's firmware would: it is a PXE stack too."""
    script = asker.script
    if script is None:
        return asker.client.firmware
    known = script in site.loaders or script in site.missing_loader
    return script if known else asker.client.firmware


def _as_it_will_be(asker: Asker, site: Site, address: IPv4Address) -> Client:
    firmware, known = _firmware(asker, site), address if int(address) else None
    client = asker.client
    if firmware is client.firmware and known == client.address:
        return client
    return client._replace(firmware=firmware, address=known)


def _file(decision: Decision, session: str) -> str | None:
    if decision.target is Target.ADDRESS_ONLY or decision.loader is None:
        return None
    return f"b/{session}/{decision.loader.set}/{decision.loader.file}"
