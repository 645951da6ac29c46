"""How rendered answerfiles are shown: alone, with who said each line, or many by their verdicts."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.text import Text


def alone(answer: Any, _console: Console) -> None:
    """The file, as it would be served."""
    typer.echo(answer["answerfile"])
    _warned(answer)


def with_origins(answer: Any, _console: Console) -> None:
    """The file, line by line with its origins; then what it leaves to the installer."""
    lines = answer["answerfile"].rstrip("\n").split("\n")
    width = max(len(line) for line in lines)
    for number, line in enumerate(lines, 1):
        said = origin_of([one for one in answer["origins"] if one["line"] == number])
        typer.echo(f"{line:{width}}  | {said}" if said else line)
    for one in answer["defaults"]:
        typer.echo(f"{one['answer']} is not said: {one['value']}  | {one['origin']}")
    _warned(answer)


def origin_of(values: list[Any]) -> str:
    """Who said one line: one name, or each value with its own."""
    names = list(dict.fromkeys(one["origin"] for one in values))
    if len(names) <= 1:
        return names[0] if names else ""
    return ", ".join(f"{one['attribute'] or 'text'}: {one['origin']}" for one in values)


def checked(answer: Any, console: Console) -> None:
    """A line a host that has something to be said, and how many have not."""
    good = [one for one in answer if one["verdict"] == "accepted"]
    for one in answer:
        if one["verdict"] == "accepted":
            continue
        console.print(Text(f"{one['host']} (profile {one['profile']}): {one['verdict']}", style="bold"))
        for why in one["because"]:
            console.print(Text(f"  {why}"))
    console.print(f"{len(good)} of {len(answer)} hosts would be accepted as they are")


def _warned(answer: Any) -> None:
    for warning in answer["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
