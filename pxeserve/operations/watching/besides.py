"""What the rules of the missing step are told besides a host's own events: what stands now in the configuration and the store, and what
the network did. Refuses to know the rules.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pxeserve.doctor.standing import GONE
from pxeserve.domain.host import Host
from pxeserve.domain.medium import MediumState
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.server.address import base_url
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import events as stored
from pxeserve.timeline.missing.situation import Known

_HOUR = 60
"""Minutes."""


def known(context: Context, host: Host | None) -> Known:
    """What is known besides its events; `host` is whose boot it is, None for a machine that is in no inventory."""
    config = context.config
    snapshot = shared(context.store).current()
    ports = config.tftp.ports if not config.tftp.single_port else "port 69"
    with context.store.events.read() as connection:
        ignored, others = _ignored(connection), _others(connection)
    found = Known(
        mode=config.dhcp.mode,
        bind=config.arming.bind,
        http=_http(context),
        tftp=f"UDP {ports}",
        ignored=ignored,
        others=others,
        damaged=_damaged(snapshot),
    )
    return known_of(found, host, snapshot) if host else found


def known_of(known: Known, host: Host, snapshot: Snapshot) -> Known:
    """`known`, with what `host` adds to it."""
    profile = snapshot.profile_of(host)
    if profile is None:
        return known
    return replace(known, leave=profile.words.leave, secure_boot=profile.words.secure_boot == "yes")


def _http(context: Context) -> str:
    try:
        return base_url(context.config)
    except PxeserveError:
        return ""


def _ignored(connection: Connection) -> dict[str, int]:
    rows = stored.counters(connection, int(time.time()) // 60 - _HOUR)
    sums: dict[str, int] = {}
    for _, source, reason, count in rows:
        if source == "dhcp" and reason not in _USUAL:
            sums[reason] = sums.get(reason, 0) + count
    return sums


_USUAL = frozenset({"other-server", "not-for-a-proxy", "not-pxe", "no-boot-file"})
"""What is ignored on every network, and says nothing."""


def _others(connection: Connection) -> tuple[str, ...]:
    """The DHCP servers of others: what the doctor said of them lately, and whose offers machines took."""
    since = max(stored.newest_id(connection) - _LATELY, 0)
    told = [row for row in stored.of_doctor(connection, _LATELY) if row.id > since]
    asked = stored.following(connection, stored.Wanted(kind="dhcp.request", since=since), _LATELY)
    named = _standing(told)
    taken = dict.fromkeys(str(row.data["server"]) for row in asked if row.data and row.data.get("server"))
    return (*named, *(server for server in taken if not any(server in one for one in named)))[:_MOST_SERVERS]


def _standing(told: Sequence[stored.EventRow]) -> list[str]:
    """The servers that the doctor has found and not taken back."""
    found: dict[str, str] = {}
    for row in told:
        data = row.data or {}
        if data.get("code") in _SERVERS:
            what = str(data.get("text", data.get("what", "")))
            found[f"{data.get('code')} {data.get('where')}"] = "" if row.kind == GONE else _named(what)
    return [one for one in found.values() if one]


def _named(what: str) -> str:
    """The servers in a sentence of the doctor's."""
    return what.partition(" lends addresses")[0].rpartition("on this network: ")[2]


_SERVERS = frozenset({"second-server", "two-servers", "allowed-server"})
_LATELY = 3000
"""Events, the newest, that are looked at for servers: an explanation must not wait for all of the record."""
_MOST_SERVERS = 4


def _damaged(snapshot: Snapshot) -> dict[str, str]:
    return {name: one.state_reason or "damaged" for name, one in snapshot.media.items() if one.state is not MediumState.GOOD}
