"""`pxeserve join`: hosts on their way into their pools, and pools as they stand now."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, invoke

app = typer.Typer(help="Joins of hosts to their pools: list, again, status, certificate.", no_args_is_help=True)
Host = Annotated[str, typer.Argument(metavar="HOST", help="The host's name.")]
PoolName = Annotated[str, typer.Argument(metavar="POOL", help="The pool's name.")]


@app.command("list")
def list_(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show who asked to join, how far each has come, and what stands in the way."""
    invoke(config, json, "join.list", {}, _listed)


@app.command("again")
def again(host: Host, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Take up a host's join that failed, when what stopped it was mended."""
    invoke(config, json, "join.again", {"host": host}, lambda answer, to: _listed([answer], to))


@app.command("status")
def status(pool: PoolName, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Ask a pool how it stands; ends with 1 when it cannot be asked, or anything is not as it should be."""
    answer = invoke(config, json, "pool.status", {"name": pool}, _stands)
    if not answer["asked"] or any(one["wrong"] for one in answer["hosts"]):
        raise typer.Exit(NO)


@app.command("certificate")
def certificate(pool: PoolName, host: Host, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the certificate by which a host answers now, to compare it with what the host's own screen or SSH shows before you trust it."""
    invoke(config, json, "pool.certificate", {"name": pool, "host": host}, _certificate)


def _listed(answer: Any, to: Console) -> None:
    if not answer:
        to.print("no host has asked to join")
    for one in answer:
        to.print(Text(f"{one['host']} to pool {one['pool']}: {one['state']}, asked {moment(one['asked_at'])}"))
        for line in (one["because"], one["fix"]):
            if line:
                to.print(Text(f"  {line}"))


def _stands(answer: Any, to: Console) -> None:
    if not answer["asked"]:
        to.print(Text(f"pool {answer['pool']}: {answer['trouble']}"))
        to.print(Text(f"  {answer['fix']}"))
    for one in answer["hosts"]:
        words = [word for word in ("master", "enabled", "live") if one[word]]
        to.print(Text(f"{one['host']}: {', '.join([*words, one['runs']]).strip(', ') or 'not seen'}"))
        for wrong in one["wrong"]:
            to.print(Text(f"  {wrong}"))


def _certificate(answer: Any, to: Console) -> None:
    to.print(Text(f"{answer['host']} at {answer['address']}, {answer['tls']}: {answer['subject']}"))
    to.print(Text(f"  SHA-256 {answer['fingerprint']}"))
    to.print(Text(f"  from {moment(answer['begins'])} to {moment(answer['ends'])}"))
    to.print(Text("  this is the one that is trusted" if answer["same"] else f"  trusted now: {answer['known'] or 'none'}"))
    if not answer["same"]:
        to.print("  on the host: openssl x509 -in /etc/xensource/xapi-ssl.pem -noout -fingerprint -sha256")
