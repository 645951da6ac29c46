"""`pxeserve token`: what programs come in by."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke

app = typer.Typer(help="API tokens, for programs: create, list, revoke.", no_args_is_help=True)

UserOption = Annotated[str | None, typer.Option("--user", metavar="USER", help="Whose; where there is one administrator, theirs.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, in a few words.")],
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="viewer, operator or admin; its owner's at most.")] = None,
    user: UserOption = None,
    days: Annotated[int, typer.Option("--days", help="How long it lives: from 1 to 366 days.")] = 90,
    host: Annotated[list[str] | None, typer.Option("--host", metavar="NAME", help="Limit it to this host; may be given again.")] = None,
    rack: Annotated[list[str] | None, typer.Option("--rack", metavar="RACK", help="Limit it to the hosts of this rack; again.")] = None,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Let it do what people are asked their password again for, as arming several hosts.")
    ] = False,
    scope: Annotated[str | None, typer.Option("--scope", metavar="SCOPE", help="One thing alone: backup:write sends backups.")] = None,
    pool: Annotated[list[str] | None, typer.Option("--pool", metavar="NAME", help="With --scope: of this pool; again.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token, and print it: this once, and never again."""
    arguments = {
        "name": name, "role": role, "user": user, "days": days, "hosts": host or [], "racks": rack or [], "unattended": unattended,
        "scope": scope, "pools": pool or [],
    }  # fmt: skip
    invoke(config, json, "token.create", arguments, _made)


@app.command("list")
def list_tokens(
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only this account's.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show all tokens, what each may do, and when it was used last."""
    invoke(config, json, "token.list", {"user": user}, _listed)


@app.command("revoke")
def revoke(
    id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The token's id, or its first six letters as the audit shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All tokens of --user USER, or one's own.")] = False,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="With --all: whose.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token worth nothing from now on, or all of a user at once."""
    if everything == (id is not None):
        raise typer.BadParameter("name one token by its ID, or say --all")
    if everything:
        invoke(config, json, "token.revoke-all", {"user": user}, _all_revoked)
        return
    if user is not None:
        raise typer.BadParameter("--user goes with --all")
    invoke(config, json, "token.revoke", {"id": id}, _revoked)


def _made(answer: Any, console: Console) -> None:
    console.print(Text(f"{answer['role']} of {answer['user']} until {moment(answer['expires_at'])}; it is shown this once:"))
    console.print(Text(answer["token"]))


def _revoked(answer: Any, console: Console) -> None:
    console.print(Text(f"token {answer['id']} opens nothing any more"))


def _all_revoked(answer: Any, console: Console) -> None:
    count = answer["revoked"]
    console.print(Text(f"{count} token{'' if count == 1 else 's'} of {answer['user']}: none opens anything any more"))


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no tokens: pxeserve token create NAME --role ROLE makes one", markup=False)
        return
    table = Table("id", "user", "for", "may", "state", "until", "last used")
    for one in answer:
        limits = [*one["hosts"], *(f"rack {rack}" for rack in one["racks"])]
        may = one["scope"] and f"{one['scope']} ({', '.join(one['pools'])})"
        may = may or one["role"] + (", unattended" if one["unattended"] else "") + (f" ({', '.join(limits)})" if limits else "")
        used = f"{moment(one['used_at'])} from {one['used_from']}" if one["used_at"] else "never"
        table.add_row(one["id"], one["user"], Text(one["name"]), Text(may), one["state"], moment(one["expires_at"]), used)
    console.print(table)
