"""The command `pxeserve`: its groups, each imported only when it is used: one command loads nothing of the others."""

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
    "serve": "pxeserve.cli.serve",
    "init": "pxeserve.cli.init",
    "passwd": "pxeserve.cli.passwd",
    "rehearse": "pxeserve.cli.rehearse",
    "explain": "pxeserve.cli.explain",
    "events": "pxeserve.cli.events",
    "host": "pxeserve.cli.hosts",
    "rack": "pxeserve.cli.racks",
    "discovered": "pxeserve.cli.discovered",
    "profile": "pxeserve.cli.profiles",
    "site": "pxeserve.cli.sites",
    "media": "pxeserve.cli.media",
    "loaders": "pxeserve.cli.loaders",
    "apply": "pxeserve.cli.apply",
    "export": "pxeserve.cli.export",
    "answerfile": "pxeserve.cli.answerfile",
    "script": "pxeserve.cli.scripts",
    "dhcp": "pxeserve.cli.dhcp",
    "nfs": "pxeserve.cli.nfs",
    "webhook": "pxeserve.cli.webhooks",
    "user": "pxeserve.cli.users",
    "token": "pxeserve.cli.tokens",
    "audit": "pxeserve.cli.audit",
    "tls": "pxeserve.cli.certificate",
    "status": "pxeserve.cli.status",
    "quirks": "pxeserve.cli.quirks",
    "doctor": "pxeserve.cli.doctor",
    "config": "pxeserve.cli.configuration",
    "version": "pxeserve.cli.version",
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
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = get_command(importlib.import_module(module).app)
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
