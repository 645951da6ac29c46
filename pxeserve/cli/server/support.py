"""`pxeserve support-bundle`: what somebody needs who is to help from elsewhere, in one file, and what that is said before it is sent."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, configured, console, print_json, reporting_errors, wrong_use

if TYPE_CHECKING:
    from pxeserve.operations.server.support import Part

app = typer.Typer(add_completion=False)


@app.command()
def support_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there yet.", show_default=False)],
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="PART", help="Leave this part out; may be said again.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write versions, configuration, status, the doctor's findings, counters, events and logs into one file, without secrets.

    Says what is in it. Nothing is sent anywhere. Best as root, who sees most.
    """
    from pxeserve.operations.server import support
    from pxeserve.saved.landing import landing

    def asked(verb: str, arguments: Mapping[str, Any]) -> Any:
        return ask(config, verb, arguments)

    with wrong_use():
        far.only_here("a bundle is made")
    with reporting_errors():
        parts = support.gathered(configured(config), asked, without or ())
        with landing(file.absolute()) as descriptor, os.fdopen(os.dup(descriptor), "wb") as to:
            _pack(parts, to)
        if json:
            print_json({"file": str(file), "parts": [{"file": one.file, "bytes": len(one.text), "holds": one.holds} for one in parts]})
            return
        table = Table("file", "bytes", "holds", box=None, pad_edge=False)
        for part in parts:
            table.add_row(part.file, f"{len(part.text):,}", part.holds)
        shown = console()
        shown.print(table)
        shown.print(Text(f"{file}: {file.stat().st_size:,} bytes; nothing was sent anywhere"))
        shown.print(Text(support.NOTE))
        shown.print(Text(f"to look through it: tar xzf {file}"))


def _pack(parts: Sequence[Part], to: BinaryIO) -> None:
    with tarfile.open(fileobj=to, mode="w:gz") as bundle:
        for part in parts:
            info = tarfile.TarInfo(f"pxeserve-support/{part.file}")
            info.size, info.mtime, info.mode = len(part.text), int(time.time()), 0o600
            bundle.addfile(info, io.BytesIO(part.text))
