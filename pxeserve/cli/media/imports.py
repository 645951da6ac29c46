"""`pxeserve media import` and `pxeserve media imports`: how media come in."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.progress import Silent, shown
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, console, invoke, print_json, reporting_errors
from pxeserve.errors import PxeserveError

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="A folder, an ISO image, an archive (.tar, .tar.gz, .tar.bz2, .tar.xz), an http(s) address of an image or archive; or several "
        "discs that make one medium, as Base Pack and Linux Pack do.",
        show_default=False,
    ),
]


def import_media(
    sources: Sources = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call it here.", show_default=False)] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Publish the folder where it lies, without a copy.")] = False,
    from_iso: Annotated[bool, typer.Option("--from-iso", help="Serve straight out of the image, without unpacking it.")] = False,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="NAME", help="Stop the import of NAME; nothing of it is left.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Import a medium: every package is checked, and it is there whole or not at all. Broken off, the same command goes on where it was."""
    if cancel is not None:
        if sources or name:
            raise typer.BadParameter("--cancel stands alone")
        invoke(config, json, "media.cancel-import", {"name": cancel}, lambda answer, to: to.print(f"cancelled {answer['cancelled']}"))
        return
    if not sources or name is None:
        raise typer.BadParameter("name at least one SOURCE, and what to call it: --name NAME")
    if in_place and from_iso:
        raise typer.BadParameter("--in-place and --from-iso exclude each other")
    lies = "in-place" if in_place else "image" if from_iso else "copied"
    there = far.chosen()
    with reporting_errors():
        try:
            if there is None:
                arguments = {"source": [_absolute(source) for source in sources], "name": name, "lies": lies}
            else:
                arguments = {**_sent(there, sources, json=json), "name": name, "lies": lies}
            answer = ask(config, "media.import", arguments, Silent() if json else shown())
        except KeyboardInterrupt:
            _stop(config, name)
            raise
        if json:
            print_json(answer)
        else:
            imported(answer, console())


def list_imports(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the imports that run, and those that were broken off and can be taken up again within a week."""
    invoke(config, json, "media.imports", {}, _listed)


def imported(answer: Any, to: Console) -> None:
    """What a medium is, in a few lines."""
    what = f"{answer['product']} {answer['version']}".strip() + (f" build {answer['build']}" if answer["build"] else "")
    to.print(f"medium [bold]{escape(answer['name'])}[/bold]: {escape(what)}, {_what_for(answer)}", highlight=False)
    bootable = answer["bootable"] or answer["role"] in ("pack", "driver-disk")
    to.print(
        f"  {answer['package_count']} packages checked, {answer['files']} files, {decimal(answer['bytes'])}"
        + ("" if bootable else "; nothing can boot from it: no boot/xen.gz, boot/vmlinuz and install.img")
    )
    if answer["place"]:
        how = "out of the image" if answer["lies"] == "image" else "from where it lies"
        to.print(f"  served {how}: {escape(answer['place'])}; keep it there, unchanged")
    if answer["lies"] == "image":
        to.print("  over HTTP, TFTP and FTP; NFS gives folders away, and an image has none")
    if answer["sample"]:
        to.print("  this is a generated sample: it installs nothing")


def _what_for(answer: Any) -> str:
    """What a medium is to an installer, in words."""
    match answer["role"]:
        case "pack":
            return f"a pack in the {answer['format']} format"
        case "driver-disk":
            return f"a driver disk in the {answer['format']} format"
        case "netinstall":
            return f"a netinstall tree, taken for {answer['dialect']}: it boots, and its packages come from elsewhere"
    return f"read by {answer['dialect']} installers"


def _absolute(source: str) -> str:
    """Paths are the command's own; the service has another folder. An address stays as it is."""
    return source if "://" in source else str(Path(source).absolute())


def _sent(there: far.Far, sources: list[str], *, json: bool) -> dict[str, Any]:
    """What a far server imports: an address, which it fetches itself, or a file of this machine, which it is sent first."""
    if all("://" in source for source in sources):
        return {"source": sources}
    path = Path(sources[0])
    if len(sources) > 1 or not path.is_file():
        fix = "make one archive of it (tar), or give an http(s) address that the server can fetch"
        raise PxeserveError(f"{path}: to a far server goes one image or one archive", fix=fix)
    with Silent() if json else shown() as show:
        return {"upload": there.send(path, lambda done, total, text: show({"done": done, "total": total, "text": text}))}


def _stop(config: Path | None, name: str) -> None:
    """Ctrl-C: the service would keep what was copied, to go on with it later."""
    with suppress(PxeserveError):
        ask(config, "media.cancel-import", {"name": name}, Silent())
    typer.echo(f"cancelled: nothing of {name} was imported", err=True)


def _listed(answer: Any, to: Console) -> None:
    if not answer:
        to.print("no import is under way")
        return
    table = Table("name", "from", "done", "begun", "state")
    for one in answer:
        done = f"{decimal(one['bytes_done'])} of {decimal(one['bytes'])}"
        begun = f"{datetime.fromtimestamp(one['begun_at']).astimezone():%Y-%m-%d %H:%M}"
        table.add_row(one["name"], escape(" + ".join(one["sources"])), done, begun, one["state"])
    to.print(table)
    if any(one["state"] != "running" for one in answer):
        to.print("the same command takes up what was broken off; pxeserve media import --cancel NAME removes it")
