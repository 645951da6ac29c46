"""`pxeserve webhook`: which webhooks there are and how each fares, and a test of one."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, invoke

app = typer.Typer(help="Webhooks: events posted elsewhere as they happen.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show each webhook, what waits for it, and what it was answered last."""
    invoke(config, json, "webhook.list", {}, _listed)


@app.command("test")
def test(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Post a message that tells of nothing, and print the answer. Ends with 1 when it is not taken."""
    answer = invoke(config, json, "webhook.test", {"name": name}, _tested)
    if not answer["taken"]:
        raise typer.Exit(NO)


def _listed(hooks: Any, console: Console) -> None:
    if not hooks:
        console.print("no webhook is configured: see [[webhook]] in the configuration", markup=False)
    for hook in hooks:
        console.print(Text(f"{hook['name']}: {', '.join(hook['events'])} to {hook['to']}: {standing(hook)}"))
        if hook["last_at"] is not None:
            console.print(Text(f"  {moment(hook['last_at'])}: {hook['last_result']}"))


def _tested(answer: Any, console: Console) -> None:
    word = "taken" if answer["taken"] else "not taken"
    console.print(Text(f"{answer['webhook']}: {word}: {answer['text']}, in {answer['seconds']:.3f} s ({answer['delivery']})"))
    if answer["body"]:
        console.print(Text(f"  {answer['body']}"))


def standing(hook: Any) -> str:
    """How a webhook fares, in a line."""
    said = hook["state"]
    if hook["failing_since"] is not None:
        said += f" since {moment(hook['failing_since'])}"
    dropped = f", {hook['dropped']} given up" if hook["dropped"] else ""
    return f"{said}, {hook['waiting']} waiting, {hook['delivered']} delivered{dropped}"
