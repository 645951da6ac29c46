"""`pxeserve events`: the record, as one host's timeline, as lines, or raw for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal import following
from pxeserve.cli.terminal.figures import clock
from pxeserve.cli.terminal.selecting import RackOption, TagOption
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, stream
from pxeserve.cli.watching import timeline

app = typer.Typer()


@app.command()
def events(
    config: ConfigOption = None,
    json: JsonOption = False,
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="Only this host: its timeline.")] = None,
    install: Annotated[str | None, typer.Option("--install", metavar="ID", help="Only this installation: its stages and boots.")] = None,
    told: Annotated[bool, typer.Option("--timeline", help="What the record means; with --json as one document.")] = False,
    mac: Annotated[str | None, typer.Option("--mac", help="Only this card.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, such as install.* or tftp.transfer.")] = None,
    rack: RackOption = None,
    tag: TagOption = None,
    since: Annotated[int | None, typer.Option("--since", metavar="ID", help="Only what came after this event.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=10_000)] = 500,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as things happen, until Ctrl-C.")] = False,
    at: Annotated[
        datetime | None,
        typer.Option("--at", formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"], help="A timeline as it was told at this moment, local time."),
    ] = None,
    ignored: Annotated[bool, typer.Option("--ignored", help="What was ignored or lost in the last hour, by reason.")] = False,
) -> None:
    """What machines did. With --host alone: that host's installations stage by stage, its boots step by step, and what did not come; with
    --install alone those of one installation. With --json: one event a line, or with --timeline the same as one document."""
    if ignored:
        invoke(config, json, "counters", {}, _counters)
        return
    narrowed = follow or mac or kind or since or rack or tag
    if told or at or (bool(host) != bool(install) and not json and not narrowed):
        whose = {"install": install} if install else {"host": host}
        invoke(config, json, "timeline", whose if at is None else {**whose, "at": at.astimezone().timestamp()}, timeline.show)
        return
    arguments = {
        "host": host, "mac": mac, "kind": kind, "install": install, "rack": rack, "tag": tag or [], "since": since, "limit": limit,
    }  # fmt: skip
    if follow:
        following.follow(config, json, arguments, _event)
        return
    stream(config, json, "events", arguments, _event)


def _event(event: Any, console: Console) -> None:
    who = event["host"] or event["mac"] or event["address"] or "-"
    console.print(Text(f"{clock(event['at'])}  {who:<17}  {event['kind']:<18} {event['text']}"))


def _counters(counters: Any, console: Console) -> None:
    if not counters:
        console.print("nothing was ignored or lost in the last hour")
    for one in counters:
        console.print(Text(f"{one['count']:>9}  {one['source']:<10} {one['reason']}"))
