"""What is made of the words of a host at its first boot: each goes into the record of the host, and what it asks for it is given while its
token lives. The token alone is not believed: whoever has it and another address than the host's is told as an alarm. Every refusal is None
or False, alike from outside. Refuses to know HTTP, and how a host is joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from sqlalchemy import Connection

from pxeserve.events.record import harmless
from pxeserve.installs import first_boot
from pxeserve.installs.alarms import Alarms, sound
from pxeserve.installs.first_boot import Kept
from pxeserve.installs.logs import shown
from pxeserve.keys import Keys
from pxeserve.moment import SYSTEM, Clock
from pxeserve.recovery.firstboot import inventory
from pxeserve.recovery.joining.asking import ask
from pxeserve.store import Store, first_boots, installs, joins, pools
from pxeserve.store.first_boots import FirstBootRow
from pxeserve.store.installs import InstallRow

STATES = {"begun": "begun", "waiting": "still waits", "done": "done", "failed": "failed"}
"""How a step may stand, and how that is said."""

_OTHER = "{address} told another certificate ({other}…) than this first boot did before ({one}…), which stays: compare them on the host"
_LINES, _LETTERS = 8, 400
_PRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(slots=True)
class FirstBoots:
    """The first boots of this service's hosts, for one process. Each act takes the token, the peer's address and epoch seconds."""

    store: Store
    keys: Keys
    clock: Clock = SYSTEM
    _due: Alarms = field(default_factory=Alarms, init=False, repr=False)

    def step(self, token: str, name: str, state: str, body: bytes, address: IPv4Address, now: float) -> bool:
        """Step `name` stands so; `body` are the last words of what ran. The same is told once a minute at most."""
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            if found is None or state not in STATES:
                return False
            row, install, kept = found
            if name not in kept.steps:
                return False
            first_boots.change(connection, row.install_id, state="running", step=f"{name} {state}", told_at=now)
            if self._due.due(f"{row.install_id}:{name}:{state}", address, now):
                said = _said(body, kept)
                because = f"{kept.steps[name]}: {STATES[state]}" + (f": {said}" if said and state != "begun" else "")
                told = {"step": name, "state": state, "because": because, "address": str(address)}
                installs.tell(connection, now, install, "firstboot.step", told)
            return True

    def inventory(self, token: str, body: bytes, address: IPv4Address, now: float) -> bool:
        """Keep what the host is made of."""
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            return found is not None and first_boots.change(connection, found[0].install_id, inventory=inventory.read(body), told_at=now)

    def certificate(self, token: str, body: bytes, address: IPv4Address, now: float) -> bool:
        """Keep by which certificate its toolstack answers: SHA-256 in hex, with colons or without. The first one that a first boot tells
        stays: another is an alarm."""
        text = body[:200].decode("ascii", "replace").strip().replace(":", "").lower()
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            if found is None or not _PRINT.fullmatch(text):
                return False
            row, install, kept = found
            if kept.fingerprint and kept.fingerprint != text:
                if self._due.due(f"{row.install_id}:certificate", address, now):
                    sound(connection, install, now, address, _OTHER.format(address=address, one=kept.fingerprint[:16], other=text[:16]))
                return False
            if not kept.fingerprint:
                told = first_boot.sealed(replace(kept, fingerprint=text), row.install_id, self.keys)
                first_boots.change(connection, row.install_id, sealed=told)
                pools.keep_fingerprint(connection, row.host_id, text, now)
            return True

    def join(self, token: str, address: IPv4Address, now: float) -> str | None:
        """How far its join is, one line: `asked`, `joining`, `joined`, or `failed` with why. The first question asks for it."""
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            if found is None or found[2].pool_id is None:
                return None
            row, pool_id = found[0], found[2].pool_id
        join = ask(self.store, row.install_id, row.host_id, pool_id, now)
        if join.state != "failed":
            return join.state
        return harmless(f"failed {join.because}" + (f" ({join.fix})" if join.fix else ""), 1000).replace("\n", " ")

    def secrets(self, token: str, address: IPv4Address, now: float) -> bytes | None:
        """What this host is to be told, a line each: a name and the word. The record says that it was (once a minute at most)."""
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            if found is None:
                return None
            row, install, kept = found
            if self._due.due(f"{row.install_id}:secrets", address, now):
                because = f"{address} was given what its steps ask for: {', '.join(sorted(kept.answers)) or 'nothing is kept for it'}"
                told = {"step": "secrets", "because": because, "address": str(address)}
                installs.tell(connection, now, install, "firstboot.secrets", told)
            return "".join(f"{name} {word}\n" for name, word in kept.answers.items()).encode()

    def over(self, token: str, word: str, body: bytes, address: IPv4Address, now: float) -> bool:
        """It is `done` or `failed`: its token is worth nothing from here on, and what was sealed for it is forgotten. Only its one-time
        password outlives it where a join is not done: that one may still be mended, and pxeserve logs in with it."""
        with self.store.site.write() as connection:
            found = self._heard(connection, token, address, now)
            if found is None or word not in ("done", "failed"):
                return False
            row, install, kept = found
            left = first_boot.sealed(Kept(kept.password), row.install_id, self.keys) if _may_be_joined(connection, row) else None
            first_boots.change(connection, row.install_id, state=word, sealed=left, told_at=now)
            failed = [kept.steps[one] for one in body[:2000].decode("ascii", "replace").split() if one in kept.steps]
            because = "all of its steps are done" if word == "done" else "it gave up: " + ("; ".join(failed) or row.step)
            installs.tell(connection, now, install, f"firstboot.{word}", {"because": because, "address": str(address), "step": row.step})
            return True

    def _heard(
        self, connection: Connection, token: str, address: IPv4Address, now: float
    ) -> tuple[FirstBootRow, InstallRow, Kept] | None:
        """The first boot of this token, if `address` is the host's: the one that was bound to its installation, or one that its system was
        told to have. Anybody else has the token from the wire, and is an alarm."""
        found = first_boot.heard(connection, token, now, self.clock)
        if found is None:
            return None
        row, install = found
        kept = first_boot.opened(row, self.keys)
        if address == install.bound_address or address in kept.addresses:
            return row, install, kept
        if self._due.due(f"{row.install_id}:stranger", address, now):
            known = ", ".join(str(one) for one in dict.fromkeys((*kept.addresses, install.bound_address)) if one) or "none"
            sound(connection, install, now, address, f"{address} used the token of a first boot of the host at {known}: it was not heard")
        return None


def _may_be_joined(connection: Connection, row: FirstBootRow) -> bool:
    join = joins.of_install(connection, row.install_id)
    return join is not None and join.state != joins.JOINED


def _said(body: bytes, kept: Kept) -> str:
    """The last lines of what ran, masked and harmless."""
    secrets = [*kept.answers.values(), kept.password]
    lines = [line for line in shown(body[:4096], secrets).splitlines() if line.strip()]
    return " / ".join(lines[-_LINES:])[-_LETTERS:]
