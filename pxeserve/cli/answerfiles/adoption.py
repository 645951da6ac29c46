"""`pxeserve answerfile import`: an existing answerfile becomes values of a profile or a host, and everything that does not is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pxeserve.cli.terminal import passwords
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, console, print_json, reporting_errors, visible, wrong_use

if TYPE_CHECKING:
    from rich.console import Console


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The answerfile.")],
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="The profile that gets its values.", show_default=False)
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="Or the host, with what is one machine's own.", show_default=False)
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option("--dialect", metavar="DIALECT", help="The installer that it was written for; else the medium's.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be set.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take an existing answerfile over into a profile, or into a host; a plain password is hashed before it leaves this command."""
    from pxeserve.answerfile.declared import redacted
    from pxeserve.errors import PxeserveError
    from pxeserve.operations.answerfiles import adoption, linting

    with wrong_use():
        if (profile is None) == (host is None):
            raise PxeserveError("either --profile NAME or --host NAME is needed")
        text = linting.read_file(file)
    whose = {"profile": profile} if profile is not None else {"host": host}
    with reporting_errors():
        reader = linting.known_dialect(dialect or ask(config, "answerfile.reader", whose)["dialect"])
        count = passwords.count_for_profile(config, profile) if profile is not None else 1
        found = adoption.looked_through(str(file), text, reader, lambda password: passwords.hashes_of(password, count))
        values = dict(found.shared) if profile is not None else found.for_host
        answer = ask(config, "answerfile.import", {**whose, "values": values, "file": file.name, "dry_run": dry_run})
        left = [{"field": one.field, "value": one.value, "why": one.why} for one in found.left]
        told = {
            "file": str(file), "dialect": reader.name, **answer, "left": [*answer["left"], *left],
            "own": redacted(found.own) if profile is not None else {},
        }  # fmt: skip
        if json:
            print_json(told)
        else:
            _told(visible(told), console())


def _told(told: Any, shown: Console) -> None:
    from rich.markup import escape

    for key, value in told["set"].items():
        before = f" (was {_plain(told['replaced'][key])})" if key in told["replaced"] else ""
        shown.print(f"[green]{'would set' if told['dry_run'] else 'set'}[/] {escape(key)}: {escape(_plain(value) + before)}")
    for key in told["unchanged"]:
        shown.print(f"already so: {escape(key)}")
    for key, value in told["own"].items():
        shown.print(f"[yellow]one host's own[/] {escape(key)}: {escape(_plain(value))}; --host NAME takes it")
    for one in told["left"]:
        shown.print(f"[yellow]not taken[/] {escape(one['field'])}: {escape(one['value'])}: {escape(one['why'])}")
    for note in told["notes"]:
        shown.print(f"[yellow]note[/] {escape(note)}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
