"""The command `pxeserve`: its groups, each imported only when it is used, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from pxeserve import __version__

_COMMANDS = {
    "serve": ("pxeserve.cli.serve", "Run everything in the foreground."),
    "rehearse": ("pxeserve.cli.rehearse", "Walk a host's whole installation with a simulated client."),
    "explain": ("pxeserve.cli.explain", "Say what a machine would be given, and why."),
    "events": ("pxeserve.cli.events", "What machines did: a host's timeline, or everything."),
    "host": ("pxeserve.cli.hosts", "Hosts: add, list, show, set, remove, install, cancel."),
    "profile": ("pxeserve.cli.profiles", "Profiles: what a kind of host gets."),
    "media": ("pxeserve.cli.media", "Media: import, verify, list."),
    "loaders": ("pxeserve.cli.loaders", "Boot loaders: import a set, list what is there."),
    "apply": ("pxeserve.cli.apply", "Make the site as a file declares it; prints the difference."),
    "export": ("pxeserve.cli.export", "Print the site as `apply` reads it."),
    "answerfile": ("pxeserve.cli.answerfile", "Answerfiles: lint, render."),
    "dhcp": ("pxeserve.cli.dhcp", "DHCP: list the leases."),
    "nfs": ("pxeserve.cli.nfs", "NFS: lines for the host's own server."),
    "status": ("pxeserve.cli.status", "What the service has and does."),
    "config": ("pxeserve.cli.configuration", "Configuration: print a commented example, or what is in force."),
    "version": ("pxeserve.cli.version", "Print the version."),
}


class _Front(TyperGroup):
    """Looks commands up in the table above and imports them then."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, from its own file."""
        del ctx
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = get_command(importlib.import_module(entry[0]).app)
        command.name = cmd_name
        return command


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pxeserve {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_Front,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _front(
    _wanted: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Network provisioning for XenServer and XCP-ng: says what a machine will do, does, and did."""


def main() -> None:
    """Run one command and end with its exit status: 0 done, 1 the answer is no, 2 wrong use."""
    try:
        app(prog_name="pxeserve")
    except Exception as error:
        if os.environ.get("PXESERVE_DEBUG"):
            raise
        sys.stderr.write(f"error: something that was not foreseen: {type(error).__name__}: {error}\n")
        sys.stderr.write("  please report it, with what PXESERVE_DEBUG=1 makes the same command print\n")
        sys.exit(1)
