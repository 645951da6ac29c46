"""`pxeserve explain`: what a machine would get if it booted now, and because of what."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.session import ConfigOption, JsonOption, invoke
from pxeserve.cli.timeline import print_next
from pxeserve.domain.client import Firmware

app = typer.Typer()

_MARKS = {"chose": "+", "passed-over": "-", "refused": "!"}


@app.command()
def explain(
    mac: Annotated[str, typer.Argument(metavar="MAC", help="The card that boots.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    firmware: Annotated[Firmware, typer.Option("--firmware", help="What the machine boots with.")] = Firmware.BIOS,
) -> None:
    """Say what a machine would get if it booted now, with every reason and the menu it would read. Changes nothing."""
    invoke(config, json, "explain", {"mac": mac, "firmware": firmware.value}, _explained)


def _explained(answer: Any, console: Console) -> None:
    who = f" ({answer['host']})" if answer["host"] else ""
    console.print(Text(f"{answer['mac']}{who} with {answer['firmware']} firmware: {answer['target']}", style="bold"))
    if loader := answer["loader"]:
        console.print(Text(f"  loader: {loader['file']} of set {loader['set']} ({loader['origin']})"))
    console.print("because")
    for reason in answer["because"]:
        console.print(Text(f"  {_MARKS[reason['weight']]} {reason['text']}  [{reason['code']}; {reason['source']}]"))
    console.print(Text("  (+ chosen, - passed over, ! refused)", style="dim"))
    if answer["next"]:
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
