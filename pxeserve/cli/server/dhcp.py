"""`pxeserve dhcp`: what the DHCP server has lent, and lines for somebody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import IPv4Address
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, console, invoke, print_json, reporting_errors
from pxeserve.dhcp.asking import Verdict
from pxeserve.dhcp.asking import check as dhcp_check
from pxeserve.dhcp.snippets import Other, Place
from pxeserve.errors import PxeserveError

app = typer.Typer(help="DHCP: list the leases; lines for another DHCP server.", no_args_is_help=True)


@app.callback()
def _dhcp() -> None:
    """DHCP: list the leases; lines for another DHCP server."""


@app.command("leases")
def list_leases(
    config: ConfigOption = None,
    json: JsonOption = False,
    ended: Annotated[bool, typer.Option("--ended", help="Show leases of the past days too.")] = False,
) -> None:
    """Show who holds which address, and until when."""
    invoke(config, json, "dhcp.leases", {"ended": ended}, _listed)


@app.command("networks")
def list_networks(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the subnets in which addresses are lent, with what is left of them, and the reservations of hosts."""
    invoke(config, json, "dhcp.networks", {}, _networks)


@app.command("snippet")
def snippet(
    other: Annotated[Other, typer.Option("--for", help="The DHCP server that gives the addresses.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    check: Annotated[bool, typer.Option("--check", help="Ask the network whether it says so already. Needs root.")] = False,
    interface: Annotated[str | None, typer.Option("--interface", metavar="NAME", help="Where to ask; default: the served one.")] = None,
) -> None:
    """Print the lines that make another DHCP server lead machines here, for networks that want no proxy; or ask whether it does."""
    if not check:
        invoke(config, json, "dhcp.snippet", {"other": other.value}, _printed)
        return
    with reporting_errors():
        answer = ask(config, "dhcp.snippet", {"other": other.value})
        place = Place(IPv4Address(answer["server"]), answer["http_port"])
        verdicts = list(_checked(interface or answer["interface"], place))
    if json:
        print_json([asdict(one) for one in verdicts])
    else:
        _judged(verdicts)
    if any(one.word != "right" for one in verdicts):
        raise typer.Exit(1)


def _checked(interface: str | None, place: Place) -> Iterator[Verdict]:
    if interface is None:
        raise PxeserveError("it is not known where to ask", fix="name the interface: --interface eth0")
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError:
        raise PxeserveError("asking as a machine does needs root", fix="run the command with sudo") from None
    with raw:
        try:
            yield from dhcp_check(raw, interface, place)
        except OSError as error:
            fix = "name one that is up: --interface eth0"
            raise PxeserveError(f"{interface}: cannot be asked on: {error.strerror}", fix=fix) from None


def _judged(verdicts: list[Verdict]) -> None:
    out = console()
    for one in verdicts:
        out.print(f"{one.word:6} {one.name}: {one.says}", markup=False)
        if one.word != "right":
            out.print(f"       should say {one.should}", markup=False)


def _printed(answer: Any, console: Console) -> None:
    console.print(answer["text"], markup=False, highlight=False, soft_wrap=True, end="")
    for note in answer["notes"]:
        Console(stderr=True, emoji=False).print(escape(note), highlight=False)


def _listed(answer: Any, console: Console) -> None:
    if answer["mode"] != "server":
        console.print(f'DHCP runs in {answer["mode"]} mode: addresses are lent by another server')
    elif not answer["leases"]:
        console.print("no address is lent")
    if not answer["leases"]:
        return
    table = Table()
    for column in ("address", "mac", "host", "calls itself", "state", "until"):
        table.add_column(column, no_wrap=column in ("address", "mac", "until"))
    for lease in answer["leases"]:
        until = moment(lease["expires"])
        table.add_row(lease["address"], lease["mac"], lease["host"] or "-", escape(lease["hostname"]), lease["state"], until)
    console.print(table)


def _networks(answer: Any, console: Console) -> None:
    if answer["mode"] != "server":
        console.print(f'DHCP runs in {answer["mode"]} mode: addresses are lent by another server')
    for one in answer["subnets"]:
        ranges = ", ".join(f"{first} to {last}" for first, last in one["ranges"]) or "no range, reservations alone"
        quarantine = f", {one['declined']} in quarantine" if one["declined"] else ""
        console.print(f"{one['network']}: {one['free']} of {one['addresses']} free{quarantine} ({ranges})", markup=False, highlight=False)
    for one in answer["reservations"]:
        outside = "" if one["subnet"] or answer["mode"] != "server" else ", which is in no subnet"
        console.print(f"{one['address']} is {one['host']}'s{outside}", markup=False, highlight=False)
