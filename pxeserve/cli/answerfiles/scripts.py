"""`pxeserve script`: what installers run at their stages for this site."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.session import (
    NO,
    WRONG_USE,
    ConfigOption,
    JsonOption,
    ask,
    console,
    invoke,
    print_json,
    reporting_errors,
    say,
    visible,
    wrong_use,
)

app = typer.Typer(help="The site's scripts: add, set, list, show, remove, lint.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The script's name.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The script.")]


@app.command("add")
def add(
    file: File,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called here; the file's name by default.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a script. Name it then in `scripts.STAGE` of a profile or host: `--set 'scripts.filesystem-populated=[NAME]'`."""
    with reporting_errors():
        content = _read(file)
    invoke(config, json, "script.add", {"name": name or file.name, "content": content}, _kept)


@app.command("set")
def set_script(name: Name, file: File, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Change a script. Hosts that are armed already run what was frozen for them."""
    with reporting_errors():
        content = _read(file)
    invoke(config, json, "script.set", {"name": name, "content": content}, _kept)


@app.command("list")
def list_scripts(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all scripts, and who runs them."""
    invoke(config, json, "script.list", {}, _listed)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print a script, byte for byte."""
    with reporting_errors():
        answer = ask(config, "script.show", {"name": name})
        if json:
            print_json(answer)
            return
        sys.stdout.buffer.write(base64.b64decode(answer["content"]))
        sys.stdout.buffer.flush()


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a script that nobody runs."""
    invoke(config, json, "script.remove", {"name": name}, lambda answer, shown: shown.print(f"removed {escape(answer['removed'])}"))


@app.command("lint")
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scripts.")],
    dialect: Annotated[str | None, typer.Option("--dialect", metavar="DIALECT", help="The installer that will run them, as 4.1.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say what would keep a script from running, with what sh and shellcheck of this machine say; ends with 1 when one cannot run, with 2
    when one cannot be read."""
    from pxeserve.errors import PxeserveError
    from pxeserve.operations.answerfiles import scripts

    del config  # every command takes it; this one asks nobody
    status = 0
    with wrong_use():
        scripts.known_dialect(dialect)
    with reporting_errors():
        for file in files:
            try:
                verdict = scripts.lint(str(file), file.read_bytes(), dialect)
            except OSError as error:
                say(PxeserveError(f"{file}: {error.strerror}"))
                status = WRONG_USE
                continue
            if verdict["verdict"] == "refused":
                status = status or NO
            if json:
                print_json(verdict)
            else:
                console().print(f"{escape(verdict['file'])}: [bold]{verdict['verdict']}[/bold]")
                _found(visible(verdict["findings"]), console())
    if status:
        raise typer.Exit(status)


def _read(file: Path) -> str:
    from pxeserve.answerfile.scripts.check import MAX_BYTES
    from pxeserve.errors import PxeserveError

    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise PxeserveError(f"{file}: {error.strerror}") from None
    return base64.b64encode(content).decode()


def _kept(answer: Any, shown: Console) -> None:
    shown.print(f"script [bold]{escape(answer['name'])}[/bold] kept: {answer['bytes']} bytes, SHA-256 {answer['sha256']}")
    _found(answer["findings"], shown)


def _listed(answer: Any, shown: Console) -> None:
    if not answer:
        shown.print("no scripts yet: pxeserve script add FILE")
        return
    table = Table("name", "bytes", "SHA-256", "run by")
    for one in answer:
        table.add_row(one["name"], str(one["bytes"]), one["sha256"][:12], "\n".join(one["used_by"]) or "-")
    shown.print(table)


def _found(findings: Any, shown: Console) -> None:
    for finding in findings:
        shown.print(f"  {finding['line']}:{finding['column']}: {finding['severity']} {finding['code']}: {escape(finding['message'])}")
        shown.print(f"    {escape(finding['fix'])}   ({escape(finding['source'])})")
