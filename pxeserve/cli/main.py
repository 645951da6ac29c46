"""The command `pxeserve`: its groups, each imported only when it is used: one command loads nothing of the others."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from pxeserve import __version__

_COMMANDS = {
    "serve": "pxeserve.cli.server.serve",
    "init": "pxeserve.cli.people.init",
    "passwd": "pxeserve.cli.people.passwd",
    "rehearse": "pxeserve.cli.watching.rehearse",
    "explain": "pxeserve.cli.watching.explain",
    "events": "pxeserve.cli.watching.events",
    "host": "pxeserve.cli.inventory.hosts",
    "recovery": "pxeserve.cli.recovery.recoveries",
    "rack": "pxeserve.cli.watching.racks",
    "discovered": "pxeserve.cli.inventory.discovered",
    "profile": "pxeserve.cli.inventory.profiles",
    "site": "pxeserve.cli.inventory.saving",  # which adds to those of `sites`
    "pool": "pxeserve.cli.inventory.pools",
    "join": "pxeserve.cli.recovery.joins",
    "media": "pxeserve.cli.media.media",
    "loaders": "pxeserve.cli.media.loaders",
    "apply": "pxeserve.cli.inventory.apply",
    "export": "pxeserve.cli.inventory.export",
    "answerfile": "pxeserve.cli.answerfiles.answerfile",
    "history": "pxeserve.cli.answerfiles.history",
    "template": "pxeserve.cli.answerfiles.templating",
    "script": "pxeserve.cli.answerfiles.scripts",
    "dhcp": "pxeserve.cli.server.dhcp",
    "nfs": "pxeserve.cli.media.nfs",
    "backup": "pxeserve.cli.recovery.backup_scripts",  # which adds to those of `backups`
    "webhook": "pxeserve.cli.server.webhooks",
    "api": "pxeserve.cli.server.api",
    "job": "pxeserve.cli.server.jobs",
    "user": "pxeserve.cli.people.users",
    "token": "pxeserve.cli.people.tokens",
    "audit": "pxeserve.cli.people.audit",
    "tls": "pxeserve.cli.server.certificate",
    "status": "pxeserve.cli.server.status",
    "health": "pxeserve.cli.server.health",
    "quirks": "pxeserve.cli.server.quirks",
    "doctor": "pxeserve.cli.server.doctor",
    "support-bundle": "pxeserve.cli.server.support",
    "config": "pxeserve.cli.server.configuration",
    "version": "pxeserve.cli.server.version",
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
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", envvar="PXESERVE_SERVER", show_default=False,
            help="Ask this server, and not the one of this machine: https://HOST:PORT.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", envvar="PXESERVE_TOKEN_FILE", show_default=False,
            help="With --server: the file that holds the API token; or PXESERVE_TOKEN is the token.",
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca", metavar="FILE", envvar="PXESERVE_CA", show_default=False, help="With --server: the authority of its certificate."
        ),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            "--fingerprint", metavar="SHA256", envvar="PXESERVE_FINGERPRINT", show_default=False,
            help="With --server: its certificate's SHA-256, as its log names it.",
        ),
    ] = None,
) -> None:
    """Network provisioning for XenServer and XCP-ng: says what a machine will do, does, and did."""
    from pxeserve.cli.terminal.session import wrong_use

    if server is not None:
        with wrong_use():
            _chosen(server, token_file, ca, fingerprint)
        return
    _chosen(None, None, None, None)


def _chosen(server: str | None, token_file: Path | None, ca: Path | None, fingerprint: str | None) -> None:
    from pxeserve.cli.terminal import far  # with TLS, which few commands need

    far.choose(server, token_file, ca, fingerprint)


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
