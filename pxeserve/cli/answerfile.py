"""`pxeserve answerfile`: check any, show a host's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pxeserve.cli import conversion
from pxeserve.cli.session import ConfigOption, JsonOption, console, invoke, print_json, reporting_errors

app = typer.Typer(help="Answerfiles: lint, render, convert.", no_args_is_help=True)
app.command("convert")(conversion.convert)


@app.command("lint")
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Answerfiles.")],
    dialect: Annotated[str, typer.Option("--dialect", metavar="DIALECT", help="The installer that will read them, such as 4.1.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say what an installer will do with every line; ends with 1 when one is refused."""
    from pxeserve.errors import PxeserveError
    from pxeserve.operations import answerfiles

    del config  # every command takes it; this one asks nobody
    refused = False
    with reporting_errors():
        for file in files:
            try:
                verdict = answerfiles.lint(str(file), file.read_bytes(), dialect)
            except OSError as error:
                raise PxeserveError(f"{file}: {error.strerror}") from None
            refused = refused or verdict["verdict"] == "refused"
            if json:
                print_json(verdict)
            else:
                _judged(verdict, console())
    if refused:
        raise typer.Exit(1)


@app.command("render")
def render(
    name: Annotated[str, typer.Argument(metavar="HOST", help="The host's name.")],
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="fresh, reinstall or upgrade.")] = "fresh",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the answerfile that a host would get now; its password is hidden and its addresses open nothing."""
    invoke(config, json, "answerfile.render", {"name": name, "mode": mode}, lambda answer, _shown: typer.echo(answer["answerfile"]))


def _judged(verdict: Any, shown: Console) -> None:
    shown.print(f"{escape(verdict['file'])}: [bold]{verdict['verdict']}[/bold]")
    for finding in verdict["findings"]:
        place = f"line {finding['line']}" + (f":{finding['column']}" if finding["column"] else "") if finding["line"] else "whole file"
        shown.print(f"  {place}: {finding['severity']} {finding['code']}: {escape(finding['message'])}")
        shown.print(f"    {escape(finding['fix'])}   ({escape(finding['source'])})")
