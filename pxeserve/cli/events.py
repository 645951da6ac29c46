"""`pxeserve events`: the record, as one host's timeline, as lines, or raw for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli import following
from pxeserve.cli.selecting import RackOption, TagOption
from pxeserve.cli.session import ConfigOption, JsonOption, invoke, stream

app = typer.Typer()

_DONE, _WRONG = "  ", "! "


@app.command()
def events(
    config: ConfigOption = None,
    json: JsonOption = False,
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="Only this host: its timeline.")] = None,
    mac: Annotated[str | None, typer.Option("--mac", help="Only this card.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, such as install.* or tftp.transfer.")] = None,
    install: Annotated[str | None, typer.Option("--install", metavar="ID", help="Only this installation.")] = None,
    rack: RackOption = None,
    tag: TagOption = None,
    since: Annotated[int | None, typer.Option("--since", metavar="ID", help="Only what came after this event.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=10_000)] = 500,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as things happen, until Ctrl-C.")] = False,
    ignored: Annotated[bool, typer.Option("--ignored", help="What was ignored or lost in the last hour, by reason.")] = False,
) -> None:
    """What machines did. With --host alone: that host's boots step by step, and what did not come. With --json: one event a line."""
    if ignored:
        invoke(config, json, "counters", {}, _counters)
        return
    if host and not (json or follow or mac or kind or install or rack or tag or since):
        invoke(config, json, "timeline", {"host": host}, _timeline)
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
    console.print(Text(f"{_clock(event['at'])}  {who:<17}  {event['kind']:<18} {event['text']}"))


def _counters(counters: Any, console: Console) -> None:
    if not counters:
        console.print("nothing was ignored or lost in the last hour")
    for one in counters:
        console.print(Text(f"{one['count']:>9}  {one['source']:<10} {one['reason']}"))


def _timeline(timeline: Any, console: Console) -> None:
    boots = timeline["boots"]
    count = f"{len(boots)} boot{'' if len(boots) == 1 else 's'} on record" if boots else "no boot on record"
    console.print(Text(f"{timeline['host']}: {timeline['state']}, {count}"))
    for number, boot in enumerate(boots, 1):
        console.print()
        _boot(number, boot, console)
    for one in timeline["beside"]:
        console.print(Text(f"{_WRONG if not one['ok'] else _DONE}{_day(one['at'])} {_clock(one['at'])}  {one['text']}"))


def _boot(number: int, boot: Any, console: Console) -> None:
    kind = " (rehearsal)" if boot["rehearsal"] else ""
    led = f", led to: {boot['target']}" if boot["target"] else ""
    began = f"{_day(boot['began'])} {_clock(boot['began'])}"
    console.print(Text(f"boot {number}{kind}, {began}, {boot['mac'] or 'unknown card'}{led}", style="bold"))
    for line in boot["lines"]:
        mark = _DONE if line["ok"] else _WRONG
        style = "" if line["ok"] else "red"
        step = "" if line["step"] == "other" else line["step"]
        text = f"{mark}{line['offset']:>9.3f} s  {step:<14}  {line['text']}{_figures(line)}"
        console.print(Text(text, style=style))
    following = boot["next"]
    if following and following["overdue"]:
        console.print(Text(f"! did not come: {following['expected']}", style="red"))
        console.print(Text(f"  {following['text']}", style="red"))
    elif following:
        console.print(Text(f"  expected next: {following['expected']}"))


def _figures(line: Any) -> str:
    """Bytes, seconds and rate, as far as they are known."""
    if line["bytes"] is None:
        return ""
    said = f"  {_size(line['bytes'])}"
    if line["seconds"]:
        said += f" in {line['seconds']:.2f} s"
        if line["rate"]:
            said += f", {_size(line['rate'])}/s"
    return said


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().date().isoformat()


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().time().isoformat("milliseconds")
