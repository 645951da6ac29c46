"""Many hosts in one file: a spreadsheet's table, or a list in YAML. All that stands in it is taken, or nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.declaring import declared, spreadsheet
from pxeserve.operations.inventory.adopting import completed
from pxeserve.operations.inventory.discovered import seen_by
from pxeserve.operations.inventory.entries import Entry, Taken, Undo, take
from pxeserve.operations.registry import verb
from pxeserve.operations.words.selection import chosen, selection
from pxeserve.store import inventory

Form = Literal["csv", "yaml"]
File = Annotated[str, Field(max_length=4096)]
"""What errors call the table; it is told with the place of every cell."""


@verb("host.table", role=Role.VIEWER)
def table(
    context: Context, *, name: list[str] | None = None, rack: str | None = None, tag: list[str] | None = None
) -> dict[str, Any]:
    """The same hosts as a spreadsheet reads them, and as `host.import` takes them back, but for passwords."""
    with context.store.site.read() as connection:
        return {"csv": spreadsheet.write(chosen(inventory.hosts(connection), selection(name, rack, tag)))}


@verb("discovered.adopt-all", role=Role.OPERATOR)
def adopt_all(context: Context, *, text: str, form: Form, file: File, dry_run: bool = False) -> dict[str, Any]:
    """Make hosts of the discovered machines that the entries of `text` name by MAC or UUID: all of them, or none."""
    seen, notes = seen_by(context), list[str]()
    entries = _entries(text, form, file)

    def taken(connection: Connection) -> Taken:
        return take(context, connection, [completed(entry, seen, connection, notes) for entry in entries], "discovered.adopt")

    return _within(context, taken, notes, dry_run=dry_run)


@verb("host.import", role=Role.OPERATOR)
def import_hosts(context: Context, *, text: str, form: Form, file: File, dry_run: bool = False) -> dict[str, Any]:
    """Add and change hosts as the entries of `text` say: all of them, or none. What an entry does not say stays as it is; nobody is
    removed."""
    entries = _entries(text, form, file)
    return _within(context, lambda connection: take(context, connection, entries, "host.import"), [], dry_run=dry_run)


def _entries(text: str, form: Form, file: str) -> list[Entry]:
    found = spreadsheet.read(text, file) if form == "csv" else declared.read_entries(text, file)
    if not found:
        raise PxeserveError(f"{file}: no hosts stand in it")
    return found


def _within(context: Context, act: Any, notes: list[str], *, dry_run: bool) -> dict[str, Any]:
    """One transaction, given up at its end when it is only to be told."""
    taken = Taken((), ())
    try:
        with context.store.site.write() as connection:
            taken = act(connection)
            if dry_run:
                raise Undo
    except Undo:
        pass
    return {"changes": list(taken.lines), "notes": notes, "dry_run": dry_run}
