"""`pxeserve audit`: who did what, and whether anybody has changed what was written down."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, invoke

app = typer.Typer(help="Who changed what, line chained to line: list, verify.", no_args_is_help=True)

_FORMATS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@app.command("list")
def list_lines(
    actor: Annotated[str | None, typer.Option("--actor", metavar="NAME", help="Only of this user, `root`, or `token ID`.")] = None,
    action: Annotated[str | None, typer.Option("--action", metavar="WORD", help="Only this act: host.install, session.*")] = None,
    object: Annotated[str | None, typer.Option("--object", metavar="NAME", help="Only about this host, user, medium ...")] = None,
    since: Annotated[datetime | None, typer.Option("--since", formats=_FORMATS, help="Not before this moment, local time.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_FORMATS, help="Before this moment, local time.")] = None,
    before: Annotated[int | None, typer.Option("--before", metavar="N", help="Older than line N.", min=1)] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=1000)] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the newest lines, the oldest of them first. With --json: the newest first, and where to go on."""
    arguments = {
        "actor": actor, "action": action, "object": object, "before": before, "limit": limit,
        "since": since.astimezone().timestamp() if since else None, "until": until.astimezone().timestamp() if until else None,
    }  # fmt: skip
    invoke(config, json, "audit.list", arguments, _listed)


@app.command("verify")
def verify(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Look whether every line is as it was written and none is missing. Ends with 1 when not."""
    answer = invoke(config, json, "audit.verify", {}, _verified)
    if not answer["whole"]:
        raise typer.Exit(NO)


def _listed(answer: Any, console: Console) -> None:
    if answer["next"] is not None:
        console.print(Text(f"(older lines: --before {answer['next']})"))
    for line in reversed(answer["lines"]):
        result = "" if line["result"] == "ok" else f": {line['result']}"
        origin = f"  [{line['origin']}]" if line["origin"] else ""
        console.print(Text(f"{line['seq']:>6}  {moment(line['at'])}  {line['actor']}  {line['action']}  {line['object']}{result}{origin}"))


def _verified(answer: Any, console: Console) -> None:
    if answer["whole"]:
        console.print(Text(f"all {answer['lines']} lines are as they were written"))
    else:
        console.print(Text(f"the audit is not whole: at line {answer['broken_at']}: {answer['because']}"))
