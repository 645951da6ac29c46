"""`pxeserve user`: who may come in by the console and its API, and as what."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pxeserve.cli.people.accounts import StdinOption, UserArgument, asked, counted, line
from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer(help="Who may log in: add, list, show, set-role, disable, enable, remove, sessions, log-out.", no_args_is_help=True)

RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", help="viewer, operator or admin.")]


@app.command("add")
def add(
    user: UserArgument, role: RoleOption, password_stdin: StdinOption = False, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Make an account. Asks for its password twice."""
    with reporting_errors():
        password = asked(user, stdin=password_stdin)
    invoke(config, json, "user.add", {"name": user, "role": role, "password": password}, _added)


@app.command("list")
def list_users(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all accounts."""
    invoke(config, json, "user.list", {}, _listed)


@app.command("show")
def show(user: UserArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show one account."""
    invoke(config, json, "user.show", {"name": user}, counted)


@app.command("set-role")
def set_role(
    user: UserArgument,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, operator or admin.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give an account another role. Its sessions end."""
    invoke(config, json, "user.set-role", {"name": user, "role": role}, counted)


@app.command("disable")
def disable(user: UserArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Let nobody in by an account or its tokens until it is enabled."""
    invoke(config, json, "user.disable", {"name": user}, counted)


@app.command("enable")
def enable(user: UserArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Let the owner of an account in again."""
    invoke(config, json, "user.enable", {"name": user}, counted)


@app.command("remove")
def remove(user: UserArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget an account with its sessions and tokens."""
    invoke(config, json, "user.remove", {"name": user}, lambda answer, console: console.print(Text(f"removed {answer['removed']}")))


@app.command("sessions")
def sessions(
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Only this account's.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show who is logged in, from where."""
    invoke(config, json, "session.list", {"user": user}, _sessions)


@app.command("log-out")
def log_out(user: UserArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """End all sessions of an account."""
    invoke(config, json, "session.end-all", {"user": user}, _ended)


def _added(answer: Any, console: Console) -> None:
    console.print(line(answer))


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no account yet: pxeserve init makes the first one", markup=False)
        return
    table = Table("user", "role", "last in", "from", "sessions", "tokens")
    for one in answer:
        role = one["role"] + (" (disabled)" if one["disabled"] else "")
        came = moment(one["entered_at"]) if one["entered_at"] else "-"
        table.add_row(one["name"], role, came, one["entered_from"] or "-", str(one["sessions"]), str(one["tokens"]))
    console.print(table)


def _sessions(answer: Any, console: Console) -> None:
    if not answer:
        console.print("nobody is logged in", markup=False)
        return
    table = Table("session", "user", "from", "since", "last seen", "browser")
    for one in answer:
        table.add_row(one["id"], one["user"], one["address"], moment(one["begun_at"]), moment(one["seen_at"]), Text(one["agent"][:60]))
    console.print(table)


def _ended(answer: Any, console: Console) -> None:
    console.print(Text(f"{answer['ended']} sessions of {answer['user']} ended"))
