"""`pxeserve answerfile`: check any, show a host's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pxeserve.cli.answerfiles import adoption, conversion, drawing
from pxeserve.cli.terminal.session import (
    NO,
    WRONG_USE,
    ConfigOption,
    JsonOption,
    console,
    invoke,
    print_json,
    reporting_errors,
    say,
    visible,
    wrong_use,
)

app = typer.Typer(help="Answerfiles: lint, render, check, convert, import; what each generation reads.", no_args_is_help=True)
app.command("convert")(conversion.convert)
app.command("import")(adoption.import_file)
app.command("elements")(drawing.elements)
app.command("example")(drawing.example)
app.command("schema")(drawing.schema)
app.command("template")(drawing.template)


@app.command("lint")
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Answerfiles.")],
    dialect: Annotated[str, typer.Option("--dialect", metavar="DIALECT", help="The installer that will read them, such as 4.1.")],
    fix: Annotated[bool, typer.Option("--fix", help="Change the files where no person has to decide, and say what was changed.")] = False,
    look: Annotated[bool, typer.Option("--look", help="Look at what http, https and ftp addresses lead to, too.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say what an installer will do with every line; ends with 1 when one is refused, with 2 when one cannot be read."""
    from pxeserve.errors import PxeserveError
    from pxeserve.operations.answerfiles import linting

    del config  # every command takes it; this one asks nobody
    status = 0
    with wrong_use():
        known = linting.known_dialect(dialect)
    judge = linting.fix_file if fix else linting.lint_file
    with reporting_errors():
        for file in files:
            try:
                found = judge(file, known, look=look).data()
            except PxeserveError as error:
                say(error)
                status = WRONG_USE
                continue
            if found["verdict"] == "refused":
                status = status or NO
            if json:
                print_json(found)
            else:
                _judged(visible(found), console())
    if status:
        raise typer.Exit(status)


@app.command("render")
def render(
    name: Annotated[str, typer.Argument(metavar="HOST", help="The host's name.")],
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="fresh, reinstall, upgrade or restore.")] = "fresh",
    origins: Annotated[bool, typer.Option("--origins", help="Say beside each line who said it: host, profile, site, pxeserve.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the answerfile that a host would get now; its password is hidden and its addresses open nothing."""
    from pxeserve.cli.answerfiles import rendering

    invoke(config, json, "answerfile.render", {"name": name, "mode": mode}, rendering.with_origins if origins else rendering.alone)


@app.command("check")
def check(
    profile: Annotated[str | None, typer.Option("--profile", metavar="PROFILE", help="Only hosts of it and of the profiles below.")] = None,
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="fresh, reinstall, upgrade or restore.")] = "fresh",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write and lint the answerfile of every host, and say which ones could not be armed; ends with 1 when there are some."""
    from pxeserve.cli.answerfiles import rendering

    found = invoke(config, json, "answerfile.check", {"profile": profile, "mode": mode}, rendering.checked)
    if any(one["verdict"] == "refused" for one in found):
        raise typer.Exit(NO)


def _judged(found: Any, shown: Console) -> None:
    shown.print(f"{escape(found['file'])}: [bold]{found['verdict']}[/bold]")
    for finding in found.get("fixed", ()):
        shown.print(f"  fixed: {_place(finding)}: {finding['code']}: {escape(finding['message'])}")
    if found.get("note"):
        shown.print(f"  {escape(found['note'])}")
    fixable = {edit["finding"] for edit in found.get("edits", ())}
    for index, finding in enumerate(found["findings"]):
        shown.print(f"  {_place(finding)}: {finding['severity']} {finding['code']}: {escape(finding['message'])}")
        by_itself = " (--fix does it)" if index in fixable else ""
        shown.print(f"    {escape(finding['fix'])}{by_itself}   ({escape(finding['source'])})")


def _place(finding: Any) -> str:
    return f"{finding['line']}:{finding['column']}"
