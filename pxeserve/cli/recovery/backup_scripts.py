"""`pxeserve backup job` and `pxeserve backup restore-script`: what runs elsewhere, as text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pxeserve.cli.recovery.backups import Id
from pxeserve.cli.recovery.backups import app as app
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, print_json, reporting_errors


@app.command("job")
def job(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="Of which pool.")],
    on: Annotated[str, typer.Option("--on", metavar="WHERE", help="dom0, or remote: a machine that has xe.")] = "dom0",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="database or host.")] = "database",
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="With --kind host: whose archive.")] = None,
    schedule: Annotated[str | None, typer.Option("--as", metavar="FORM", help="cron or systemd: what runs it, instead of it.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print the script that makes a backup and sends it here; with --as, what runs it each night. Where each belongs is said beside it."""
    said = {"host": host, "schedule": schedule}
    with reporting_errors():
        answer = ask(config, "backup.job", {"pool": pool, "on": on, "kind": kind} | {name: one for name, one in said.items() if one})
    if json:
        print_json(answer)
        return
    files = answer["files"][1:] if schedule else answer["files"]
    for one in files:
        typer.echo((f"# {one['path']}\n" if schedule else "") + one["content"], nl=False)
    for one in [*({"path": one["path"], "mode": one["mode"], "what": "this"} for one in files), *answer["needs"]]:
        typer.echo(f"{one['path']} ({one['mode']}): {one['what']}", err=True)


@app.command("restore-script")
def restore_script(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the script that restores a database onto a new master: it compares the file, runs the dry run, and asks."""
    with reporting_errors():
        answer: Any = ask(config, "backup.restore-script", {"id": id})
    if json:
        print_json(answer)
    else:
        typer.echo(answer["content"], nl=False)
