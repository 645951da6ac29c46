"""`pxeserve status`: what the service has and does."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pxeserve.cli.server.webhooks import standing
from pxeserve.cli.terminal.figures import moment, size
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke

app = typer.Typer(add_completion=False)


@app.command()
def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what the service has and does."""
    invoke(config, json, "status", {}, _shown)


def _shown(answer: Any, console: Console) -> None:
    state = f"serving {answer['interface']}, {answer['http']}" if answer["serving"] else "not running"
    console.print(f"pxeserve {answer['version']}: {escape(state)}; DHCP {answer['dhcp']}; data in {escape(answer['data'])}")
    hosts = ", ".join(f"{count} {state}" for state, count in sorted(answer["hosts"].items())) or "none"
    console.print(f"hosts: {hosts}")
    media = ", ".join(f"{one['name']} ({one['state']})" for one in answer["media"]) or "none"
    console.print(f"media: {escape(media)}")
    if answer["ftp"] != "off" or answer["nfs"] != "off":
        console.print(escape(f"FTP: {answer['ftp']}; NFS: {answer['nfs']}"))
    for one in answer["doctor"]:
        console.print(escape(f"doctor: {one['text']} ({one['where']}): {one['fix']}"))
    console.print(Text(f"record: {_record(answer['record'])}"))
    if answer["console"] != "off":
        console.print(Text(f"console: {answer['console']}"))
    if answer["metrics"] != "off":
        console.print(Text(f"metrics: {answer['metrics']}"))
    for hook in answer["webhooks"]:
        console.print(Text(f"webhook {hook['name']}: {standing(hook)}"))


def _record(record: Any) -> str:
    if record["oldest"] is None:
        return "empty"
    since = moment(record["oldest"])
    return f"{record['events']:,} events since {since}, {size(record['bytes'])}"
