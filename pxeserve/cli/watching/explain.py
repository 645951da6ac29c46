"""`pxeserve explain`: what a machine would get if it booted now, and because of what."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke
from pxeserve.cli.watching.timeline import print_next
from pxeserve.domain.client import Firmware

app = typer.Typer()

_MARKS = {"chose": "+", "passed-over": "-", "refused": "!"}


@app.command()
def explain(
    who: Annotated[str, typer.Argument(metavar="MAC|HOST", help="The card that boots, or a host's name.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    firmware: Annotated[
        Firmware | None, typer.Option("--firmware", help="What the machine boots with; else what it last said itself.")
    ] = None,
) -> None:
    """Say what a machine would get if it booted now, with every reason and the menu it would read. Changes nothing."""
    asked = {"mac": who} if firmware is None else {"mac": who, "firmware": firmware.value}
    invoke(config, json, "explain", asked, _explained)


def _explained(answer: Any, console: Console) -> None:
    who = f" ({answer['host']})" if answer["host"] else ""
    console.print(Text(f"{answer['mac']}{who} with {answer['firmware']} firmware: {answer['target']}", style="bold"))
    for reason in answer["firmware_because"]:
        console.print(Text(f"  {reason['text']}  [{reason['code']}; {reason['source']}]"))
    if others := [mac for mac in answer["macs"] if mac != answer["mac"]]:
        console.print(Text(f"  its other cards: {', '.join(others)}"))
    if loader := answer["loader"]:
        console.print(Text(f"  loader: {loader['file']} of set {loader['set']} ({loader['origin']})"))
    console.print("because")
    _reasons(answer["because"], console)
    console.print(Text("  (+ chosen, - passed over, ! refused)", style="dim"))
    console.print(Text(f"DHCP ({answer['dhcp']['mode']}): {'answers' if answer['dhcp']['answers'] else 'does not answer'}"))
    _reasons([*answer["dhcp"]["because"], *answer["leave"]], console)
    if ignored := answer["dhcp"]["ignored"]:
        counts = ", ".join(f"{reason} {count}" for reason, count in sorted(ignored.items()))
        console.print(Text(f"  ignored in the last hour, whoever it was: {counts}"))
    console.print("when it asks")
    _reasons([*answer["evidence"], *answer["answerfile"], *answer["standing"]], console)
    if answer["quirks"]:
        console.print("quirks in force")
        for one in answer["quirks"]:
            console.print(Text(f"  {one['name']}: {one['seen']}; {one['does']}  [{one['source']}]"))
    if answer["next"] and not any(one["code"] == "unheard" for one in answer["because"]):  # said there already, with its causes
        console.print("what the record says of it now")
        print_next(answer["next"], console)
    if answer["answers"]:
        console.print("answers, and who said them")
        for one in answer["answers"]:
            console.print(Text(f"  {one['answer']}: {one['value']}  [{one['origin']}]"))
    if answer["menu"] is not None:
        console.print("menu as it would be given")
        for line in answer["menu"].splitlines():
            console.print(Text(f"  | {line}"))
    console.print("what you will see")
    for number, step in enumerate(answer["outlook"], 1):
        console.print(Text(f"  {number}. {step}"))


def _reasons(reasons: Any, console: Console) -> None:
    for reason in reasons:
        console.print(Text(f"  {_MARKS[reason['weight']]} {reason['text']}  [{reason['code']}; {reason['source']}]"))
