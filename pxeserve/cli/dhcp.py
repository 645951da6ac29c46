"""`pxeserve dhcp`: what the DHCP server has lent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.session import ConfigOption, JsonOption, invoke

app = typer.Typer(help="DHCP: list the leases.", no_args_is_help=True)


@app.callback()
def _dhcp() -> None:
    """DHCP: list the leases."""


@app.command("leases")
def list_leases(
    config: ConfigOption = None,
    json: JsonOption = False,
    ended: Annotated[bool, typer.Option("--ended", help="Show leases of the past days too.")] = False,
) -> None:
    """Show who holds which address, and until when."""
    invoke(config, json, "dhcp.leases", {"ended": ended}, _listed)


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
        until = datetime.fromtimestamp(lease["expires"], UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(lease["address"], lease["mac"], lease["host"] or "-", escape(lease["hostname"]), lease["state"], until)
    console.print(table)
