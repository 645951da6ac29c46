"""`pxeserve answerfile convert`: the converted file where files go, the explained differences where people read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, print_json, reporting_errors, visible, wrong_use

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = {"renamed": "cyan", "dropped": "red", "now required": "magenta", "default changed": "yellow", "meaning changed": "bold red"}


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The answerfile.")],
    source: Annotated[str, typer.Option("--from", metavar="DIALECT", help="The installer that it was written for, such as 4.1.")],
    target: Annotated[str, typer.Option("--to", metavar="DIALECT", help="The installer that shall read it, such as xcp-8.3.")],
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there, instead of printing it.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Rewrite an answerfile for another installer, and explain every difference; ends with 1 when that cannot be done."""
    from pxeserve.operations.answerfiles import conversion, linting

    del config  # every command takes it; this one asks nobody
    with wrong_use():
        old, new = linting.known_dialect(source), linting.known_dialect(target)
        text = linting.read_file(file)
    with reporting_errors():
        done = conversion.converted(str(file), text, old, new)
        if output is not None and done["answerfile"] is not None:
            write_file(output, done["answerfile"])
        if json:
            print_json(done)
        else:
            explained(visible(done), beside())
            if output is None and done["answerfile"] is not None:
                sys.stdout.write(done["answerfile"])
    if done["answerfile"] is None:
        raise typer.Exit(NO)


def write_file(path: Path, text: str) -> None:
    """Write a file that is people's own. Raises PxeserveError."""
    from pxeserve.errors import PxeserveError

    try:
        path.write_text(text, encoding="ascii")
    except OSError as error:
        raise PxeserveError(f"{path}: {error.strerror}", fix="name a file that can be written, or leave --output out") from None


def explained(done: Any, shown: Console) -> None:
    """Print what changed, and why it cannot be written if it cannot."""
    from rich.markup import escape

    for change in done["changes"]:
        colour = _COLOURS[change["kind"]]
        shown.print(f"[{colour}]{change['kind']}[/]: {escape(change['field'])}: {escape(_step(change))}{escape(change['why'])}")
    for fault in done["faults"]:
        shown.print(f"[bold red]cannot be converted[/]: {escape(fault)}")
    if not done["changes"] and not done["faults"]:
        shown.print("nothing changes its meaning")


def _step(change: Any) -> str:
    old, new = change["old"], change["new"]
    if old and new and old != new:
        return f"{old} -> {new}; "
    return f"{old or new}; " if old or new else ""


def beside() -> Console:
    """Where differences go: beside the file that is printed, and fitted to a terminal only where there is one."""
    from rich.console import Console

    if sys.stderr.isatty():
        return Console(stderr=True, highlight=False, emoji=False)
    return Console(stderr=True, soft_wrap=True, width=10_000, highlight=False, emoji=False)
