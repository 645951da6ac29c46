"""The network: who holds which address, subnets and reservations, other DHCP servers, and what the doctor found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.working import begin
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("network", __name__)

_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "address": lambda one: tuple(map(int, one["address"].split("."))),
    "host": lambda one: one["host"] or "",
    "mac": lambda one: one["mac"],
    "state": lambda one: one["state"],
    "expires": lambda one: one["expires"],
}
_SERVERS = "dhcp-servers"
"""The check that asks the wire who else answers."""
OTHERS = (("isc", "ISC dhcpd"), ("kea", "Kea"), ("dnsmasq", "dnsmasq"), ("windows", "Windows Server"))


@route(blueprint, "/network", verb="dhcp.leases")
def network() -> str:
    """All of it; leases as far as the search finds them."""
    wanted = listing("/network", request.args, _SORTS, ("ended",), sort="address")
    ended = "ended" in request.args
    leases = ask("dhcp.leases", ended=ended)["leases"]
    counted, shown = wanted.shown(leases, _SORTS, _words)
    standing = ask("doctor.standing")
    return render_template(
        "network.html", listing=counted, leases=shown, all=len(leases), ended=ended, net=ask("dhcp.networks"),
        findings=[one for one in standing if one["check"] != _SERVERS], servers=[one for one in standing if one["check"] == _SERVERS],
        counters=_ignored(), others=OTHERS,
    )  # fmt: skip


@route(blueprint, "/network/snippets", role=Role.VIEWER)
def snippets() -> str:
    """Lines for another DHCP server."""
    other = request.args.get("for", "isc")
    other = other if other in dict(OTHERS) else "isc"
    told, why = None, None
    try:
        told = ask("dhcp.snippet", other=other)
    except PxeserveError as error:
        why = error
    return render_template("network_snippets.html", told=told, why=why, others=OTHERS, other=other)


@route(blueprint, "/network/look", methods=("POST",), verb="doctor")
def look() -> Response:
    """Have the doctor look now."""
    filled()
    return elsewhere(begin("doctor", "this network and server"), "quiet", "The doctor looks: some seconds")


def _ignored() -> list[dict[str, Any]]:
    """What DHCP ignored within the last hour, the most first."""
    return sorted((one for one in ask("counters") if one["source"] == "dhcp"), key=lambda one: -one["count"])


def _words(lease: Mapping[str, Any]) -> str:
    """What a search looks through."""
    return " ".join(str(lease[key] or "") for key in ("address", "mac", "host", "hostname", "state", "relay", "client_id")).lower()
