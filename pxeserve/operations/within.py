"""What somebody may ask whose token is limited to some hosts or racks: about those, and nothing else.

A token with a scope does one thing alone, and reads nothing.

Whatever is not in the table below is refused, also what comes to be: a limited token looks after its hosts and arms them. It edits nothing,
and sees nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.host import Host
from pxeserve.errors import RefusedError
from pxeserve.operations.context import Actor, Context, Limit
from pxeserve.operations.words.selection import chosen, selection
from pxeserve.store import inventory

Arguments = Mapping[str, Any]
SCOPES: Mapping[str, str] = {"backup:write": "backup.add"}
"""What a token may be made for alone: the scope's word, and the one verb."""
Meant = Callable[[Connection, Arguments], list[Host] | None]
"""The hosts that arguments mean; None when they mean none, or cannot be told."""


def refuse_outside(context: Context, limit: Limit, verb: str, arguments: Arguments) -> None:
    """Raises RefusedError (`forbidden`) unless `verb`, asked with `arguments`, is about hosts within `limit` alone."""
    if limit.scope:
        refuse_beyond(context.actor, verb)
        if arguments.get("pool") not in limit.pools:
            raise _outside(f"{context.actor.name} is limited to {said(limit)}")
        if arguments.get("another"):  # from then on the pool's own would be refused, and let go
            raise _outside(f"{context.actor.name} is limited to {said(limit)}, and may not say that a database is another pool's")
        return
    known = _TABLE.get(verb)
    if known is None:
        raise _outside(f"{context.actor.name} is limited to {said(limit)}, and {verb} is about more")
    meant, others = known
    more = sorted(arguments.keys() - others)
    if more:
        raise _outside(f"{context.actor.name} is limited to {said(limit)}, and may not say {more[0]} to {verb}")
    with context.store.site.read() as connection:
        hosts = meant(connection, arguments)
    if hosts is None or any(not holds(limit, host) for host in hosts):
        raise _outside(f"{context.actor.name} is limited to {said(limit)}")


def refuse_others(actor: Actor, hosts: Collection[str], racks: Collection[str], known: Mapping[str, Host]) -> None:
    """Raises RefusedError (`forbidden`) unless `actor` may ask about all of these, in the same words whether the others are there or not.
    `known` are all hosts by their names."""
    limit = actor.limit
    if limit is None:
        return
    mine = {name for name in hosts if name in known and holds(limit, known[name])}
    if set(hosts) - mine or set(racks) - limit.racks:
        raise _outside(f"{actor.name} is limited to {said(limit)}")


def refuse_beyond(actor: Actor, verb: str | None) -> None:
    """Raises RefusedError (`forbidden`) for whoever has a scope, unless `verb` is what it lets them do."""
    if actor.limit is not None and actor.limit.scope and SCOPES.get(actor.limit.scope) != verb:
        fix = "use a token without a scope for anything else"
        raise RefusedError(f"{actor.name} is limited to {said(actor.limit)}, and nothing else", code="forbidden", fix=fix)


def holds(limit: Limit, host: Host) -> bool:
    """Whether `host` is one of them."""
    return host.name in limit.hosts or (host.rack is not None and host.rack in limit.racks)


def said(limit: Limit) -> str:
    """As it stands in a sentence: `host xen01, rack R2`, `backup:write of pool A`."""
    if limit.scope:
        return f"{limit.scope} of pool {', '.join(sorted(limit.pools))}"
    return ", ".join([*(f"host {name}" for name in sorted(limit.hosts)), *(f"rack {name}" for name in sorted(limit.racks))])


def _outside(message: str) -> RefusedError:
    return RefusedError(message, code="forbidden", fix="name hosts or a rack of these, or use a token without a limit")


def _one(argument: str) -> Meant:
    def meant(connection: Connection, arguments: Arguments) -> list[Host] | None:
        name = arguments.get(argument)
        found = inventory.host(connection, name.strip().lower()) if isinstance(name, str) else None
        return [found] if found is not None else None

    return meant


def _chosen(connection: Connection, arguments: Arguments) -> list[Host] | None:
    names, rack, tags = arguments.get("name"), arguments.get("rack"), arguments.get("tag")
    told = isinstance(names, list | None) and isinstance(rack, str | None) and isinstance(tags, list | None)
    if not told or not all(isinstance(word, str) for word in [*(names or ()), *(tags or ())]):
        return None
    return chosen(inventory.hosts(connection), selection(names, rack, tags))


def _rack(connection: Connection, arguments: Arguments) -> list[Host] | None:
    rack = arguments.get("name")
    if not isinstance(rack, str) or rack == "-":
        return None
    return chosen(inventory.hosts(connection), selection(None, rack, None))


def _nobody(_connection: Connection, _arguments: Arguments) -> list[Host] | None:
    return []


_NAME, _HOST, _MAC = _one("name"), _one("host"), _one("mac")
_SELECTION = frozenset({"name", "rack", "tag"})
_ARMING = frozenset({"mode", "interactive", "again"})
_TABLE: Mapping[str, tuple[Meant, frozenset[str]]] = {
    "status": (_nobody, frozenset()),
    "host.show": (_NAME, frozenset({"name"})),
    "host.install": (_NAME, frozenset({"name", "confirm", "reveal"}) | _ARMING),
    "host.cancel": (_NAME, frozenset({"name"})),
    "host.password": (_NAME, frozenset({"name"})),
    "host.log": (_NAME, frozenset({"name"})),
    "host.modes": (_NAME, frozenset({"name"})),
    "host.list": (_chosen, _SELECTION),
    "host.page": (_chosen, _SELECTION | {"after", "limit"}),
    "host.table": (_chosen, _SELECTION),
    "host.plan": (_chosen, _SELECTION | _ARMING),
    "host.install-all": (_chosen, _SELECTION | _ARMING | {"count", "those_that_can", "confirm", "reveal"}),
    "host.cancel-all": (_chosen, _SELECTION | {"count"}),
    "rack.show": (_rack, frozenset({"name"})),
    "explain": (_MAC, frozenset({"mac", "firmware"})),
    "answerfile.render": (_NAME, frozenset({"name", "mode"})),
    "timeline": (_HOST, frozenset({"host", "limit", "at"})),
    "events": (_HOST, frozenset({"host", "kind", "since", "limit", "follow"})),
    "event.page": (_HOST, frozenset({"host", "kind", "from_time", "to_time", "after", "limit"})),
}
"""Verb to the hosts it is about, and the arguments that may be said to it."""
