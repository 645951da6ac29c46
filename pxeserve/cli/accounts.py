"""How a password is asked for at the command line: typed twice and unseen, or one line of standard input; and how accounts are shown."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.figures import moment
from pxeserve.errors import PxeserveError

StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password as one line of standard input.")]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="The account's name.")]
_LONGEST_LINE = 5000


def asked(name: str, *, stdin: bool) -> str:
    """The new password of `name`. Raises PxeserveError, without the password in it, for one that cannot be one."""
    from pxeserve.accounts.passwords import fault

    if stdin:
        said = sys.stdin.readline(_LONGEST_LINE).removesuffix("\n").removesuffix("\r")
    elif sys.stdin.isatty():
        said = typer.prompt(f"password of {name}", hide_input=True, confirmation_prompt=True)
    else:
        raise PxeserveError("there is no terminal to ask for the password", fix="give it as a line of standard input: --password-stdin")
    wrong = fault(said)
    if wrong is not None:
        raise PxeserveError(wrong)
    return str(said)


def line(user: Any) -> Text:
    """An account in a line."""
    state = ", disabled" if user["disabled"] else ""
    came = f"last in {moment(user['entered_at'])} from {user['entered_from']}" if user["entered_at"] else "never in by the console"
    return Text(f"{user['name']}: {user['role']}{state}; {came}")


def counted(answer: Any, console: Console) -> None:
    """An account after a change, and what of it is still open."""
    console.print(line(answer))
    if answer.get("ended"):
        console.print(Text(f"  {answer['ended']} sessions ended"))
    if answer["tokens"]:
        console.print(Text(f"  {answer['tokens']} tokens of it were not revoked: pxeserve token list --user {answer['name']}"))
