"""What an installer fetches with a token: its answerfile, once; its scripts; and the reports that it sends back.

A token is worth something only for the right address, in the right state, in time. Every refusal looks the same from outside;
what it was is written into the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from sqlalchemy import Connection

from pxeserve.answerfile.scripts.names import ROTATION
from pxeserve.domain.install import InstallState
from pxeserve.installs import seal, secret
from pxeserve.installs.alarms import Alarms, sound
from pxeserve.installs.evidence import PROVEN, Evidence, Neighbours, evidence, neighbour
from pxeserve.installs.expiry import has_lapsed
from pxeserve.installs.fitness import medium_fault
from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.keys import Keys
from pxeserve.moment import SYSTEM, Clock
from pxeserve.store import Store, installs, inventory
from pxeserve.store.installs import InstallRow

REPEATS = 2
REPEAT_WINDOW = 600.0
"""The same address may fetch an answerfile twice more, within ten minutes (seconds here): installers retry, people reboot."""

TOKEN_LIFE = 4 * 3600.0
"""Seconds after the delivery for which scripts and reports are taken."""

_alarms = Alarms()
_refusals = Alarms()
_scripts = Alarms()


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answerfile about to be sent. Send all of `body` but its last byte, then call `commit`; only when that says True, send the last."""

    body: bytes = field(repr=False)
    install_id: str
    _commit: Callable[[], bool] = field(repr=False)

    def commit(self) -> bool:
        """Consume the install, durably. False: somebody else was first, or it ended meanwhile; the last byte must not be sent."""
        return self._commit()


def deliver(
    store: Store, keys: Keys, token: str, address: IPv4Address, now: float, *, clock: Clock = SYSTEM, neighbours: Neighbours = neighbour
) -> Delivery | None:
    """The answerfile that `token` opens for `address` at epoch second `now`, or None. Nothing is consumed until `Delivery.commit`."""
    hashed = seal.token_hash(token)
    if hashed is None:
        return None
    with store.site.read() as connection:
        row = installs.by_token(connection, hashed)
        macs = _macs(connection, row) if row else ()
    if row is None:
        return None
    if row.sealed is None:
        _refused(store, row, address, now, f"that install is {row.state}, and its answers are gone")
        return None
    frozen = seal.unseal(row.sealed, row.id, keys.seal)
    if frozen.answerfile is None:
        return None
    if row.state in (InstallState.BOOTING, InstallState.ANSWERED) and _is_withheld(store, row, address, now):
        return None
    if row.state is InstallState.BOOTING:
        if has_lapsed(row, now, clock):
            _refused(store, row, address, now, "that install's time has run out")
            return None
        moved_to = _allowed_change(store, row, macs, address, now, frozen.bind, neighbours)
        if row.bound_address != address and moved_to is None:
            _stranger(store, row, address, now)
            return None
        return Delivery(frozen.answerfile, row.id, lambda: _consume(store, row.id, address, now))
    if row.state is InstallState.ANSWERED:
        if row.bound_address != address:
            _stranger(store, row, address, now)
            return None
        if _may_repeat(row, now):
            return Delivery(frozen.answerfile, row.id, lambda: _repeat(store, row.id, address, now))
        _refused(store, row, address, now, f"it came {row.deliveries} times, and is repeated {REPEATS} times within 10 minutes at most")
        return None
    _refused(store, row, address, now, f"that install is {row.state}")
    return None


def script(store: Store, keys: Keys, token: str, name: str, address: IPv4Address, now: float) -> bytes | None:
    """The hook script `name` that `token` opens; fetching it says that an installer is at work. None: not with this token, not now."""
    with store.site.write() as connection:
        row = reporting(connection, token, "script", name, now)
        if row is None or row.sealed is None:
            return None
        move(connection, row, Happening.INSIDE, now, data={"address": str(address), "script": name})
    return seal.unseal(row.sealed, row.id, keys.seal).scripts.get(name)


STAGES: Mapping[str, Happening] = {
    "installing": Happening.INSIDE,
    "installation-start": Happening.INSIDE,
    "packages-installed": Happening.INSIDE,
    "filesystem-populated": Happening.INSIDE,
    "installation-complete": Happening.INSIDE,   # that it has begun; `done` or `failed` comes when its scripts have run
    "install-failed": Happening.INSIDE,
    "done": Happening.DONE,
    "failed": Happening.FAILED,
}
"""What an installer may report, by the hook that it runs."""

_ENDED = re.compile(
    r"(?P<script>[a-z-]{1,30}\.(?:\d{1,3}|pxeserve)\.[A-Za-z0-9][A-Za-z0-9._-]{0,62})=(?P<status>\d{1,3}|not-fetched|changed)", re.ASCII
)
"""How one script ended, as the hook reports it."""


def is_report(said: str) -> bool:
    """Whether `said` is something that an installer may report."""
    return said in STAGES or _ENDED.fullmatch(said) is not None


def progress(store: Store, keys: Keys, token: str, said: str, address: IPv4Address, now: float) -> bool:
    """Take an installer's word on how far it is (one of STAGES), or on how a script ended (`SCRIPT=STATUS`, 0 to 255, `not-fetched` or
    `changed`). False when the token is not good for it or nothing changed."""
    happening, ended = STAGES.get(said), _ENDED.fullmatch(said)
    if happening is None and ended is None:
        return False
    with store.site.write() as connection:
        row = reporting(connection, token, "progress", "", now)
        if row is None:
            return False
        if ended is not None:
            _script_ended(connection, keys, row, ended["script"], ended["status"], address, now)
            return True
        assert happening is not None
        because = f"the installer reported {said}"
        moved = move(connection, row, happening, now, data={"address": str(address), "because": because})
        return moved or row.state is InstallState.INSTALLING


def _script_ended(
    connection: Connection, keys: Keys, row: InstallRow, script: str, status: str, address: IPv4Address, now: float
) -> None:
    """It goes into the record, once a minute for each script; that root's password was replaced ends the worth of the delivered one."""
    if _scripts.due(f"{row.id}:{script}", address, now):
        word = "script-done" if status == "0" else "script-failed"
        because = f"{script}: {_SAID.get(status, f'ended with {status}')}"
        installs.tell(connection, now, row, f"install.{word}", {"script": script, "status": status, "because": because})
    if (script, status) == (ROTATION, "0"):
        secret.replaced(connection, row, keys)


_SAID = {"0": "done", "not-fetched": "the installer could not fetch it", "changed": "it came changed, and did not run"}


def reporting(connection: Connection, token: str, kind: str, name: str, now: float) -> InstallRow | None:
    """The install for which `token` is a live token of this kind."""
    hashed = seal.token_hash(token)
    found = installs.token(connection, hashed) if hashed else None
    if found is None or (found.kind, found.name) != (kind, name):
        return None
    row = installs.by_id(connection, found.install_id)
    if row is None or row.state not in (InstallState.ANSWERED, InstallState.INSTALLING):
        return None
    if row.delivered_at is None or not -60 <= now - row.delivered_at < TOKEN_LIFE:
        return None
    return row


def _macs(connection: Connection, row: InstallRow) -> tuple[str, ...]:
    if row.rehearsal_mac:
        return (row.rehearsal_mac,)
    host = inventory.host_by_id(connection, row.host_id)
    return host.macs if host else ()


def _allowed_change(
    store: Store, row: InstallRow, macs: tuple[str, ...], address: IPv4Address, now: float, bind: str, neighbours: Neighbours
) -> IPv4Address | None:
    """`address` when the install may move to it: once, and with evidence that it is the same machine."""
    if row.bound_address == address or row.address_changes >= 1:
        return None
    proofs = {evidence(store, mac, address, now, neighbours=neighbours) for mac in macs}
    proven = bool(proofs & PROVEN) or (bind == "token" and Evidence.FOREIGN not in proofs)
    return address if proven else None


def _may_repeat(row: InstallRow, now: float) -> bool:
    in_time = row.delivered_at is not None and 0 <= now - row.delivered_at < REPEAT_WINDOW
    return in_time and row.deliveries <= REPEATS


def _consume(store: Store, install_id: str, address: IPv4Address, now: float) -> bool:
    with store.site.write() as connection:
        row = installs.by_id(connection, install_id)
        if row is None or row.state is not InstallState.BOOTING or medium_fault(connection, row.medium, row.medium_revision) is not None:
            return False
        changes: dict[str, object] = {"deliveries": 1, "delivered_at": now, "bound_address": address}
        if row.bound_address != address:
            if row.address_changes >= 1:
                return False
            changes["address_changes"] = row.address_changes + 1
            installs.tell(connection, now, row, "install.address-changed", {"from": str(row.bound_address), "to": str(address)})
        return move(connection, row, Happening.ANSWER, now, data={"address": str(address), "what": "answerfile"}, changes=changes)


def _repeat(store: Store, install_id: str, address: IPv4Address, now: float) -> bool:
    with store.site.write() as connection:
        row = installs.by_id(connection, install_id)
        if row is None or row.state is not InstallState.ANSWERED or row.bound_address != address or not _may_repeat(row, now):
            return False
        if not installs.advance(connection, row, {"deliveries": row.deliveries + 1}):
            return False
        installs.tell(connection, now, row, "install.redelivered", {"address": str(address), "delivery": row.deliveries + 1})
        return True


def _is_withheld(store: Store, row: InstallRow, address: IPv4Address, now: float) -> bool:
    """Whether the medium turned bad after the arming. The answerfile is what starts an installer on a disk, so it stays here until the
    medium is good again, or the arming lapses."""
    with store.site.read() as connection:
        fault = medium_fault(connection, row.medium, row.medium_revision)
    if fault is None:
        return False
    if _alarms.due(row.id, address, now):
        with store.site.write() as connection:
            because = f"the answerfile was not given to {address}: {fault}"
            installs.tell(connection, now, row, "install.withheld", {"address": str(address), "because": because})
    return True


def _refused(store: Store, row: InstallRow, address: IPv4Address, now: float, why: str) -> None:
    """A token that was right once: a machine that was switched on before somebody cancelled or armed anew, or that asks once too often."""
    if _refusals.due(row.id, address, now):
        with store.site.write() as connection:
            because = f"{address} asked for an answerfile by a token that is worth nothing now: {why}"
            installs.tell(connection, now, row, "install.stale-token", {"address": str(address), "because": because})


def _stranger(store: Store, row: InstallRow, address: IPv4Address, now: float) -> None:
    """A right token from a wrong address: somebody listens on the wire. Before it is consumed the arming stops until a person looks."""
    because = f"{address} used the token of an answerfile that belongs to {row.bound_address}"
    with store.site.write() as connection:
        current = installs.by_id(connection, row.id)
        if current is None or not (_alarms.due(row.id, address, now) or current.state is InstallState.BOOTING):
            return
        sound(connection, current, now, address, because)
        move(connection, current, Happening.STRANGER, now, data={"address": str(address), "because": because})
