"""`pxeserve pool`: which hosts belong together, and what they share."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer(help="Pools of hosts: add, list, show, set, remove, secret, trust.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The pool's name.")]
Add = Annotated[list[str] | None, typer.Option("--add", metavar="HOST", help="A host that comes in; several times for several.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="product, version, address, user, iqn.HOST, storage.NAME.KEY, networks.NAME.KEY or licence.KEY; KEY= takes away. "
        "For example: 'storage.guests={kind: nfs, server: 10.0.0.5, path: /srv/guests}'.",
    ),
]


@app.command("add")
def add(
    name: Name,
    master: Annotated[str, typer.Option("--master", metavar="HOST", help="The host that leads it.")],
    add_: Add = None,
    set_: Set = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a pool of hosts; a host alone is a pool of one."""
    invoke(config, json, "pool.add", {"name": name, "master": master, "add": add_ or [], "set": set_ or []}, _shown)


@app.command("list")
def list_pools(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all pools."""
    invoke(config, json, "pool.list", {}, _listed)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a pool: its hosts, its storage and networks, and what recovery would still need."""
    invoke(config, json, "pool.show", {"name": name}, _shown)


@app.command("set")
def set_pool(
    name: Name,
    master: Annotated[str | None, typer.Option("--master", metavar="HOST", help="The host that leads it from now on.")] = None,
    add_: Add = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="HOST", help="A host that goes; several times for several.")] = None,
    set_: Set = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change a pool. The record changes; what runs on the hosts does not."""
    said = {"name": name, "master": master, "add": add_ or [], "drop": drop or [], "set": set_ or []}
    invoke(config, json, "pool.set", said, _shown)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a pool and its passwords; its hosts stay."""
    invoke(config, json, "pool.remove", {"name": name}, lambda answer, console: console.print(f"removed {answer['removed']}"))


@app.command("secret")
def secret(
    name: Name,
    storage: Annotated[
        str | None, typer.Option("--storage", metavar="STORAGE", help="Its CHAP password, instead of the password of the pool's user.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give a password of the pool: asked for without being shown, or one line of standard input. An empty one is forgotten."""
    with reporting_errors():
        password = _password(f"CHAP password of {storage}" if storage else "password of the pool's user")
    invoke(config, json, "pool.secret", {"name": name, "password": password, "storage": storage}, _kept)


@app.command("trust")
def trust(
    name: Name,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host in it.")],
    fingerprint: Annotated[str, typer.Argument(metavar="SHA256", help="Its certificate's SHA-256, hex; empty: it is not known.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say by which certificate a host's toolstack answers, where it was not installed from here. Passwords are sent to no other."""
    invoke(config, json, "pool.trust", {"name": name, "host": host, "fingerprint": fingerprint}, _shown)


def _password(what: str) -> str:
    """What a person types twice without seeing it, or one line of standard input where that is no terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=True, default="", show_default=False))
    from pxeserve.errors import PxeserveError

    try:
        return sys.stdin.readline(4096).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise PxeserveError("standard input is not UTF-8") from None


def _kept(answer: Any, console: Console) -> None:
    given = [*(["the password of " + answer["user"]] if answer["password"] else []), *(f"CHAP of {one}" for one in answer["chap"])]
    console.print(f"pool {answer['name']} has: {escape(', '.join(given) or 'no password')}")


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no pools yet: pxeserve pool add NAME --master HOST")
        return
    table = Table("name", "master", "hosts", "runs", "storage")
    for one in answer:
        runs = f"{one['product']} {one['version']}".strip() or "-"
        storage = ", ".join(f"{sr['name']} ({sr['kind']})" for sr in one["storage"]) or "-"
        table.add_row(one["name"], one["master"], str(len(one["hosts"])), escape(runs), escape(storage))
    console.print(table)


def _shown(answer: Any, console: Console) -> None:
    for key in ("name", "product", "version", "address", "user"):
        if answer[key]:
            console.print(f"{key + ':':10}{escape(answer[key])}")
    table = Table("host", "role", "address", "state", "IQN", "certificate")
    for one in answer["members"]:
        known = one["fingerprint"][:16] + "…" if one["fingerprint"] else "not known"
        table.add_row(one["host"], "master" if one["master"] else "member", one["address"] or "-", one["state"], one["iqn"] or "-", known)
    console.print(table)
    for one in answer["storage"]:
        lun = f"{one['target']} {one['target_iqn']} {one['scsi_id']}"
        where = one["device"] or (lun if one["target"] else f"{one['server']}:{one['path']}")
        hosts = f" on {', '.join(one['hosts']) or 'each host'}" if not one["shared"] else ""
        console.print(f"storage {escape(one['name'])}: {one['kind']} {escape(where)}{hosts}{', the default' if one['default'] else ''}")
    for one in answer["networks"]:
        console.print(f"network {escape(one['name'])}: {one['device']}{', VLAN ' + str(one['vlan']) if one['vlan'] else ''}")
    licence = answer["licence"]
    if licence["edition"]:
        source = f" from {licence['server']}:{licence['port']}" if licence["server"] else ""
        console.print(f"licence: {licence['edition']}{source}")
    for note in answer["notes"]:
        console.print(f"note: {escape(note)}")
