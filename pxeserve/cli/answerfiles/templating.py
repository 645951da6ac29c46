"""`pxeserve template`: the site's own templates of answerfiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, invoke, print_json, reporting_errors

app = typer.Typer(help="The site's own templates of answerfiles: add, set, list, show, preview, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The template's name.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The template, in Jinja2.")]


@app.command("add")
def add(
    file: File,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called here; the file's name by default.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a template. Name it then in the site, a profile or a host: `--set template=NAME`."""
    with reporting_errors():
        text = _read(file)
    invoke(config, json, "template.add", {"name": name or file.name, "text": text}, _kept)


@app.command("set")
def set_template(name: Name, file: File, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Change a template. Hosts that are armed already keep the file that they were armed with."""
    with reporting_errors():
        text = _read(file)
    invoke(config, json, "template.set", {"name": name, "text": text}, _kept)


@app.command("list")
def list_templates(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all templates, and who declares them."""
    invoke(config, json, "template.list", {}, _listed)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print a template."""
    with reporting_errors():
        answer = ask(config, "template.show", {"name": name})
        if json:
            print_json(answer)
        else:
            typer.echo(answer["text"], nl=False)


@app.command("preview")
def preview(
    file: File,
    host: Annotated[str, typer.Option("--host", metavar="NAME", help="The host whose answerfile it is to write.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it will be called; the file's name by default.")] = None,
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="fresh, reinstall, upgrade or restore.")] = "fresh",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print what a host would get of a template that is not kept yet; ends with 1 when its installer would refuse it."""
    with reporting_errors():
        text = _read(file)
    invoke(config, json, "template.preview", {"name": name or file.name, "text": text, "host": host, "mode": mode}, _previewed)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a template that nobody declares."""
    invoke(config, json, "template.remove", {"name": name}, lambda answer, shown: shown.print(f"removed {escape(answer['removed'])}"))


def _read(file: Path) -> str:
    from pxeserve.answerfile.templates.folder import MOST_BYTES
    from pxeserve.errors import PxeserveError

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1).decode("utf-8")
    except OSError as error:
        raise PxeserveError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PxeserveError(f"{file} is no text in UTF-8", fix="save it as UTF-8; 64 KiB are kept at most") from None


def _kept(answer: Any, shown: Console) -> None:
    shown.print(f"template [bold]{escape(answer['name'])}[/bold] kept: {answer['bytes']} bytes, SHA-256 {answer['sha256']}")
    for note in answer["notes"]:
        shown.print(f"note: {escape(note)}")


def _listed(answer: Any, shown: Console) -> None:
    if not answer:
        shown.print("no templates yet: pxeserve answerfile template --dialect 8.2 prints one to start from")
        return
    table = Table("name", "bytes", "SHA-256", "declared by")
    for one in answer:
        table.add_row(escape(one["name"]), str(one["bytes"]), one["sha256"][:12], escape("\n".join(one["used_by"])) or "-")
    shown.print(table)


def _previewed(answer: Any, shown: Console) -> None:
    shown.print(escape(answer["text"]), highlight=False, soft_wrap=True)
    for warning in answer["warnings"]:
        shown.print(f"note: {escape(warning)}")
