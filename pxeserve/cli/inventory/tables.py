"""Files of hosts as commands take them: bytes become text here, and what came of them is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pxeserve.cli.terminal.session import reporting_errors, wrong_use
from pxeserve.errors import PxeserveError

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print the difference.")]
MAX_BYTES = 16 << 20
_FORMS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".yaml": "yaml", ".yml": "yaml"}


def read(file: Path) -> dict[str, Any]:
    """The arguments of a verb that takes a file of hosts. Ends the command with what is wrong with it."""
    with wrong_use():
        form = _FORMS.get(file.suffix.lower())
        if form is None:
            raise PxeserveError(f"{file}: neither .csv nor .yaml", fix="the end of its name says what it is")
    return {"text": text_of(file), "form": form, "file": file.name}


def text_of(file: Path) -> str:
    """The text of a file that people wrote: UTF-8 with or without a mark at its beginning, or UTF-16 with one, as Excel saves "Unicode
    text". Ends the command with what is wrong with it."""
    with reporting_errors():
        try:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
        except OSError as error:
            raise PxeserveError(f"{file}: cannot be read: {error.strerror}") from None
        if len(data) > MAX_BYTES:
            raise PxeserveError(f"{file}: more than {MAX_BYTES >> 20} MiB: too large for a site")
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise PxeserveError(f"{file}: cannot be read: line {line}: not UTF-8", fix='save it as "CSV UTF-8"') from None


def imported(answer: Any, console: Console) -> None:
    """What an import changed."""
    for line in answer["changes"]:
        console.print(line, markup=False)
    for note in answer["notes"]:
        console.print(f"note: {note}", markup=False)
    if not answer["changes"]:
        console.print("nothing to change")
    elif answer["dry_run"]:
        console.print("(a dry run: nothing was changed)")
