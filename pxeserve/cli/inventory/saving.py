"""`pxeserve site save` and `pxeserve site restore`: this service's own state, in one archive. Both work on the data folder itself, on the
machine where it lies: an archive holds every secret, and a service that is replaced cannot answer."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.inventory.sites import app as app
from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import (
    ConfigOption,
    DataOption,
    JsonOption,
    configured,
    console,
    note,
    print_json,
    reporting_errors,
    visible,
    wrong_use,
)
from pxeserve.config.load import configuration_file
from pxeserve.errors import PxeserveError

SECRETS = "it holds every secret of this service, unencrypted: keep it as you keep its keys"


@app.command("save")
def save(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there yet.", show_default=False)],
    config: ConfigOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Save the site into one archive, while the service runs or not: databases, keys, certificates, templates, the configuration's copy.

    The archive is 0600 and holds every secret, unencrypted. Media, loaders and backups of pools are listed in it and not in it.
    """
    from pxeserve.supervisor import saving

    with wrong_use():
        far.only_here("a site is saved")
    with reporting_errors():
        done = saving.save(configured(config, data), _text_of(configuration_file(config)), file.absolute(), _who())
        if json:
            print_json(done)
            return
        _saved(visible(done), console())


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive of `site save`.", show_default=False)],
    replace: Annotated[
        Path | None,
        typer.Option("--replace", metavar="DIR", help="Do not ask, if this is the folder whose state is replaced.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put a saved site into the data folder; the service must not run. Over a state that is there only when its folder is typed.

    All armings lapse, all sessions end and all API tokens are revoked. What was made since it was saved is forgotten.
    """
    from pxeserve.supervisor import putting_back

    with wrong_use():
        far.only_here("a site is restored")
    with reporting_errors():
        done = putting_back.restore(configured(config, data), file.absolute(), _who(), lambda told: _confirmed(told, replace))
        if done is None:
            raise PxeserveError("nothing was restored", code="refused", fix="to replace that state, type the path of its folder")
        if json:
            print_json(done)
            return
        _restored(visible(done), console())


def _confirmed(told: Mapping[str, Any], replace: Path | None) -> bool:
    if not told["replaces"]:
        return True
    note(f"archive: saved {_when(told['made_at'])} by release {told['release']}, {told['bytes']:,} bytes in {told['files']} files")
    note(f"{told['data']} holds a state already. What it knows and the archive does not is lost: hosts, accounts, the record since then;")
    note("media and backups of pools that came since are swept away, as nobody knows them. pxeserve site save keeps it.")
    if replace is not None:
        return bool(str(replace.absolute()) == told["data"])
    typed = typer.prompt("To replace it, type the path of that folder", default="", show_default=False, err=True)
    return bool(typed == told["data"])


def _who() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _text_of(path: Path | None) -> bytes | None:
    return path.read_bytes() if path is not None else None


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _saved(done: Mapping[str, Any], shown: Console) -> None:
    shown.print(Text(f"{done['file']}: {done['bytes']:,} bytes, {done['files']} files, SHA-256 {done['sha256']}"))
    shown.print(Text(SECRETS))
    lacks = [f"{count} {_KINDS[kind]}" for kind, count in done["without"].items() if count]
    if lacks:
        shown.print(Text(f"listed in it, and not in it: {', '.join(lacks)}"))


_KINDS = {
    "media": "media", "loaders": "sets of loaders", "backups": "backups of pools", "plain": "plain files", "secrets": "secrets of webhooks",
}  # fmt: skip


def _restored(done: Mapping[str, Any], shown: Console) -> None:
    shown.print(Text(f"{done['data']} is the site of {_when(done['made_at'])}, with {done['hosts']} hosts"))
    shown.print(Text(done["said"]))
    if done["configuration"]:
        shown.print(Text(f"the configuration of then is in {done['configuration']}, to compare with: nothing reads it"))
    for one in done["missing"]:
        shown.print(Text(f"missing: {one['what']}", "bold"))
        shown.print(Text(f"  {one['fix']}"))
    shown.print(Text("start the service: pxeserve serve"))


