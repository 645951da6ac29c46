"""`pxeserve passwd`: another password for an account, also one whose owner has lost it."""

from __future__ import annotations

import typer

from pxeserve.cli.accounts import StdinOption, UserArgument, asked, counted
from pxeserve.cli.session import ConfigOption, JsonOption, ask, invoke, reporting_errors

app = typer.Typer()


@app.command()
def passwd(user: UserArgument, password_stdin: StdinOption = False, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Set the password of an account; all its sessions end. Asks for it twice."""
    with reporting_errors():
        ask(config, "user.show", {"name": user})
        password = asked(user, stdin=password_stdin)
    invoke(config, json, "user.password", {"name": user, "password": password}, counted)
