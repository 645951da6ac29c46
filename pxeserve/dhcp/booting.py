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
from pxeserve.dhcp.outcome import Boot
from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Decision, Site, Target, Weight, decide
from pxeserve.installs.subject import subject
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store

_SESSIONS_KEPT = 4096


class Boots:
    """Asks `decide` for each client that boots. One exchange (a MAC's xid) keeps one session, from its first DISCOVER to its ACK."""

    def __init__(self, store: Store, snapshots: SnapshotSource, loaders: Loaders, sessions: SessionIds, dhcp_mode: str) -> None:
        self._store = store
        self._snapshots = snapshots
        self._loaders = loaders
        self._sessions = sessions
        self._mode = dhcp_mode
        self._open: OrderedDict[tuple[str, int, IPv4Address], str] = OrderedDict()

    def boot(self, asker: Asker, xid: int, address: IPv4Address, now: float) -> Boot:
        """See `outcome.Booter`."""
        who = subject(self._store, self._snapshots.current(), asker.mac)
        site = self._loaders.site_for(who.medium, self._mode)
        client = replace(asker.client, firmware=_firmware(asker, site), address=address if int(address) else None)
        decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, now=now)
        session = self._session(client, xid, address, now)
        return Boot(
            file=_file(decision, session),
            because=decision.because,
            refused=decision.target is Target.ADDRESS_ONLY and any(reason.weight is Weight.REFUSED for reason in decision.because),
            session=session,
            host=who.host.name if who.host else None,
            install=who.install.id if who.install else None,
        )

    def _session(self, client: Client, xid: int, address: IPv4Address, now: float) -> str:
        key = (client.mac, xid, address)
        session = self._open.pop(key, None) or self._sessions.make(address, client.mac, now)
        self._open[key] = session
        if len(self._open) > _SESSIONS_KEPT:
            self._open.popitem(last=False)
        return session


def _firmware(asker: Asker, site: Site) -> Firmware | None:
    """iPXE gets its own loader where there is one. Where there is none it loads what the card's firmware would: it is a PXE stack too."""
    return Firmware.IPXE if asker.ipxe and Firmware.IPXE in site.loaders else asker.client.firmware


def _file(decision: Decision, session: str) -> str | None:
    if decision.target is Target.ADDRESS_ONLY or decision.loader is None:
        return None
    return f"b/{session}/{decision.loader.set}/{decision.loader.file}"
