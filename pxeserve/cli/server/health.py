"""`pxeserve health`: whether a machine would be served now, for whoever asks every minute."""

from __future__ import annotations

import time
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import (
    NO,
    ConfigOption,
    JsonOption,
    configured,
    console,
    print_json,
    reporting_errors,
    visible,
    wrong_use,
)

app = typer.Typer(add_completion=False)


@app.command()
def health(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Ask the service of this machine as a machine does, a DISCOVER, a TFTP transfer and a GET, and say whether others can be heard.

    Leaves no trace in the record; asks no state and needs no rights. Ends with 0 when a machine would be served, with 1 when not.
    """
    from pxeserve.doctor.around import Around
    from pxeserve.doctor.health import health as asked
    from pxeserve.doctor.network import interfaces, served

    with wrong_use():
        far.only_here("health is asked")
    with reporting_errors():
        found = configured(config)
        known = interfaces()
        # The bounding set, which is all that is read of rights, is the same for everybody here.
        answer = asked(Around(found, served(found, known), known, time.time(), serving=True, privileged=True))
        if json:
            print_json(answer.plain())
        else:
            _show(visible(answer.plain()), console())
    if not answer.ok:
        raise typer.Exit(NO)


def _show(answer: Any, to: Console) -> None:
    for one in answer["asked"]:
        word = "ok" if one["ok"] else "FAILED"
        to.print(Text(f"{word:<6} {one['protocol']} {one['where']}: {one['text']} ({one['seconds'] * 1000:.0f} ms)"))
        if one["fix"]:
            to.print(Text(f"       {one['fix']}"))
    for one in answer["unheard"]:
        to.print(Text(f"UNHEARD {one['where']}: {one['text']}"))
        to.print(Text(f"       {one['tell']}"))
        to.print(Text(f"       {one['fix']}"))
    if not answer["asked"]:
        to.print("FAILED no interface is named, and none has a default route: [server] interface")
    to.print(Text("healthy" if answer["ok"] else "not healthy", "bold"))
