"""`pxeserve rehearse`: walk a host's whole installation with a simulated client. The walk itself happens in this process."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.session import NO, ConfigOption, JsonOption, ask, console, print_json, reporting_errors
from pxeserve.domain.client import Firmware
from pxeserve.errors import PxeserveError
from pxeserve.rehearse.step import Step

app = typer.Typer()


@app.command()
def rehearse(
    mac: Annotated[str, typer.Argument(metavar="MAC", help="The card that would boot.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    firmware: Annotated[Firmware, typer.Option("--firmware", help="What the machine boots with.")] = Firmware.BIOS,
) -> None:
    """Walk everything that a host's installation asks of this server, as a machine does, and say which step would stop it.

    Ends with 0 only when the machine would reach the end. The host itself, its arming and its address are not touched.
    """
    with reporting_errors():
        try:
            ok = _rehearsed(config, mac, firmware, json=json)
        except PxeserveError as error:
            if not json:
                console().print(Text(f"rehearsal failed: {error.message}"))
            raise
    if not ok:
        raise typer.Exit(NO)


def _rehearsed(config: Path | None, mac: str, firmware: Firmware, *, json: bool) -> bool:
    """The whole rehearsal, told as it goes; whether its end was reached."""
    from pxeserve.rehearse.plan import Plan
    from pxeserve.rehearse.walk import verdict
    from pxeserve.rehearse.way import ready

    plan = Plan.from_plain(ask(config, "rehearse.begin", {"mac": mac, "firmware": firmware.value}))
    steps: list[Step] = []
    said = "rehearsal failed: it was broken off"
    shown = console()
    try:
        if not json:
            shown.print(Text(f"{plan.host} rehearsed as {plan.mac} against {plan.server}", style="bold"))
        with ready(plan) as way:
            for step in way.walk.steps():
                steps.append(step)
                if not json:
                    _show(step, shown)
        said = verdict(plan, steps)
    finally:
        ask(config, "rehearse.end", {"mac": plan.mac, "host": plan.host, "verdict": said})
    ok = steps[-1].ok
    if json:
        told = [asdict(one) for one in steps]
        print_json({"host": plan.host, "mac": plan.mac, "ok": ok, "verdict": said, "steps": told, "not_walked": way.not_walked})
        return ok
    shown.print("not walked:")
    for part in way.not_walked:
        shown.print(Text(f"  - {part}"))
    shown.print(Text(said, style="bold"))
    return ok


def _show(step: Step, shown: Console) -> None:
    size = f"{step.bytes:>11,} bytes" if step.bytes else " " * 17
    mark = "ok  " if step.ok else "FAIL"
    style = "" if step.ok else "red"
    shown.print(Text(f"  {mark} boot {step.boot}  {step.name:<26} {step.seconds:>8.3f} s {size}  {step.text}", style=style))
    if step.fix:
        shown.print(Text(f"       {step.fix}", style=style))
