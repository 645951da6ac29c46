"""`pxeserve backup`: backups of pools' databases and of hosts."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from pxeserve.cli.recovery.pouring import poured
from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.progress import Silent, shown
from pxeserve.cli.terminal.session import (
    ConfigOption,
    JsonOption,
    ask,
    configured,
    console,
    invoke,
    print_json,
    reporting_errors,
    served,
    visible,
)
from pxeserve.errors import PxeserveError

app = typer.Typer(help="Backups of pools: add, list, show, check, get, remove; the job and the restore script.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The backup's id.")]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What xe pool-dump-database or xe host-backup wrote.")],
    pool: Annotated[str, typer.Option("--pool", metavar="NAME", help="Of which pool it is.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="database or host.")] = "database",
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="With --kind host: whose archive it is.")] = None,
    another: Annotated[bool, typer.Option("--another", help="Take a database though it is another pool's.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take a backup in: it is read, and kept encrypted, or refused with the reason."""
    there = far.chosen()
    said = {"kind": kind, **({"host": host} if host else {}), **({"another": True} if another else {})}
    with reporting_errors():
        try:
            if there is not None:
                query = urlencode({name: "true" if value is True else value for name, value in said.items()})
                answer = there.put(file, f"/api/v1/pools/{quote(pool, safe='')}/backups?{query}", lambda *_: None)
            else:
                with poured(file, configured(config).server.data / "run") as (pipe, length):
                    arguments = {**said, "pool": pool, "pipe": pipe, "length": length}
                    answer = ask(config, "backup.add", arguments, Silent() if json else shown())
        except OSError as error:
            raise PxeserveError(f"{file}: cannot be read: {error.strerror}") from None
        if json:
            print_json(answer)
        else:
            _shown(visible(answer), console())


@app.command("list")
def list_backups(
    pool: Annotated[str | None, typer.Option("--pool", metavar="NAME", help="Only this pool's.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show backups, the newest first."""
    invoke(config, json, "backup.list", {"pool": pool} if pool else {}, _listed)


@app.command("show")
def show(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a backup, and what it holds."""
    invoke(config, json, "backup.show", {"id": id}, _shown)


@app.command("check")
def check(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Read every byte of a backup again; ends with 1 when it is damaged."""
    invoke(config, json, "backup.check", {"id": id}, lambda answer, to: to.print(f"{answer['id']}: good, {decimal(answer['bytes'])}"))


@app.command("get")
def get(
    id: Id,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file; nobody else may read it.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write the bytes of a backup into a file. They hold all secrets of the pool."""
    with reporting_errors():
        try:
            descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise PxeserveError(f"{to}: {error.strerror}", fix="name a new file") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                done = _fetched(config, id, file)
        except BaseException:
            to.unlink(missing_ok=True)  # half of one is none
            raise
        if json:
            print_json({"id": id, "file": str(to), "bytes": done})
        else:
            typer.echo(f"{to}: {done} bytes")


@app.command("remove")
def remove(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Remove a backup."""
    invoke(config, json, "backup.remove", {"id": id}, lambda answer, to: to.print(f"removed {answer['removed']}"))


def _fetched(config: Path | None, id: str, file: Any) -> int:
    done, ended = 0, False
    with served(configured(config)) as call:
        if call is None:
            raise PxeserveError("no service runs", fix="start it: pxeserve serve")
        for message in call("backup.get", {"id": id}):
            if "item" in message:
                piece = base64.b64decode(message["item"]["content"])
                file.write(piece)
                done += len(piece)
            ended = ended or "result" in message
    if not ended:
        raise PxeserveError(f"backup {id}: the service ended before it had given all", fix="ask again")
    return done


def _listed(answer: Any, to: Console) -> None:
    if not answer:
        to.print("no backups yet: pxeserve backup add FILE --pool NAME", markup=False)
        return
    table = Table("id", "pool", "kind", "taken", "size", "product", "hosts", "VMs", "state")
    for one in answer:
        holds = one["holds"]
        product, hosts = f"{holds.get('product', '')} {holds.get('version', '')}".strip(), str(len(holds.get("hosts", [])) or "")
        state = Text(one["state"] + (f": {one['because']}" if one["because"] else ""))
        what = one["kind"] + (f" {one['host']}" if one["host"] else "")
        table.add_row(
            one["id"],
            one["pool"],
            what,
            moment(one["taken_at"]),
            decimal(one["size"]),
            Text(product),
            hosts,
            str(holds.get("vms", "")),
            state,
        )
    to.print(table)


def _shown(answer: Any, to: Console) -> None:
    holds = answer["holds"]
    lines = [f"backup {answer['id']}: {answer['kind']} of {answer['pool']}, {decimal(answer['size'])}, {answer['state']}"]
    lines += [f"  SHA-256 {answer['sha256']}"] if answer["sha256"] else []
    lines += [f"  {said}" for said in (answer["because"], answer["note"]) if said]
    if holds:
        lines.append(
            f"  {holds['product']} {holds['version']} build {holds['build']}, schema {holds['schema']}, pool {holds['pool_name']} "
            f"({holds['pool_uuid']})"
        )
        for one in holds["hosts"]:
            lines.append(f"  host {one['name']} {one['address']} {one['uuid']}{' (master)' if one['uuid'] == holds['master_uuid'] else ''}")
        lines += [f"  storage {one['name']} {one['type']}{' shared' if one['shared'] else ''} {one['uuid']}" for one in holds["srs"]]
        lines.append(f"  {holds['vms']} VMs, {len(holds['suspended']) + holds['more'].get('suspended', 0)} of them suspended")
        lines += [f"  suspended {one['name']} on {one['sr'] or 'a storage that is not there'}" for one in holds["suspended"]]
    to.print(Text("\n".join(lines)), soft_wrap=True)
