"""Reservations: which host has which address for itself, one more, one less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.errors import PxeserveError

blueprint = Blueprint("reservations", __name__)

_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "address": lambda one: int(IPv4Address(one["address"])),
    "host": lambda one: one["host"],
    "subnet": lambda one: one["subnet"] or "",
}
_OFFERED = 200
"""Hosts that a field offers; any may be written there."""


@route(blueprint, "/network/reservations", verb="dhcp.networks")
def reservations() -> str:
    """All of them, or those that the search finds."""
    wanted = listing("/network/reservations", request.args, _SORTS, sort="address", size=50)
    net = ask("dhcp.networks")
    counted, shown = wanted.shown(net["reservations"], _SORTS, _words)
    return render_template(
        "network_reservations.html", listing=counted, reservations=shown, all=len(net["reservations"]), net=net,
        hosts=[one["name"] for one in ask("host.browse", search=[], limit=_OFFERED)["hosts"]],
    )  # fmt: skip


@route(blueprint, "/network/reservations", methods=("POST",), verb="host.set")
def reserve() -> Response:
    """Keep an address for a host."""
    form = filled("host", "address")
    name, address = form.needed("host", "The host"), form.needed("address", "The address")
    told = ask("host.set", name=name.lower(), set=[f"address={address}"])
    return elsewhere("/network/reservations", "good", f"{told['address']} is reserved for {told['name']}", " ".join(told["notes"]))


@route(blueprint, "/network/reservations/<host>", methods=("DELETE",), verb="host.set")
def free(host: str) -> Response:
    """Keep it no longer, if it is still the one that was shown."""
    address = filled("address").needed("address", "The address")
    now = ask("host.show", name=host)
    if now["address"] != address:
        said = f"{host} has {now['address'] or 'no address'} reserved by now, and not {address}"
        raise PxeserveError(said, code="stale", fix="load the page again")
    ask("host.set", name=host, set=["address="], revision=now["revision"])
    return elsewhere("/network/reservations", "good", f"{address} is reserved for {host} no longer")


def _words(one: Mapping[str, Any]) -> str:
    """What a search looks through."""
    return f"{one['address']} {one['host']} {one['subnet'] or ''}".lower()
