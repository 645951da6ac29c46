"""Hosts as a table, the way spreadsheets write and read it (RFC 4180, and what Excel makes of it): a line of names, then a host a line.

A cell that a spreadsheet would take for a formula gets an apostrophe before it on the way out, and loses it on the way in. Refuses to know
which hosts there are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from pxeserve.answerfile.declared import KEYS, redacted
from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError, quoted
from pxeserve.operations.inventory.entries import Cell, Entry
from pxeserve.operations.words.bounded import MAX_BYTES
from pxeserve.operations.words.selection import nearest

COLUMNS = ("name", "mac", "profile", "rack", "tags", "address", "uuid", "serial")
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 50_000, 200, 1_000_000
_DELIMITERS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SECRET = "root-password"  # noqa: S105 - the name of an answer


def read(text: str, file: str) -> list[Entry]:
    """The entries of a table. `,`, `;` or tabs part its cells, whichever the first line holds most of; an empty cell says nothing.

    Raises PxeserveError with file, line and column.
    """
    if len(text) > MAX_BYTES:
        raise PxeserveError(f"{file}: more than {MAX_BYTES >> 20} MiB: too large for a table of hosts")
    rows = _rows(text.removeprefix("\ufeff"), file)
    first, header = next(rows, (1, []))
    if not header:
        raise PxeserveError(f"{file}: empty", fix=f"the first line names the columns: {', '.join(COLUMNS)}, and answers")
    names = _header(header, f"{file}: line {first}")
    found: list[Entry] = []
    said = 0
    for line, cells in rows:
        if len(found) == MOST_ROWS:
            raise PxeserveError(f"{file}: line {line}: more than {MOST_ROWS:,} hosts at once", fix="take them in in several tables")
        entry = _entry(cells, names, f"{file}: line {line}")
        said += len(entry.cells)
        if said > MOST_CELLS:
            raise PxeserveError(f"{file}: line {line}: more than {MOST_CELLS:,} cells at once", fix="take them in in several tables")
        found.append(entry)
    return found


def write(hosts: Sequence[Host]) -> str:
    """The hosts as `read` reads them, parted by commas. Passwords are left out: a host keeps its own when such a table is taken in."""
    answers = {host.name: dict(_flat(redacted(host.answers))) for host in hosts}
    keys = sorted({key for one in answers.values() for key in one if not key.startswith(_SECRET)})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *keys])
    for host in hosts:
        own = [host.name, "; ".join(host.macs), host.profile, host.rack, "; ".join(host.tags), host.address, host.uuid, host.serial]
        cells = [*("" if one is None else str(one) for one in own), *(answers[host.name].get(key, "") for key in keys)]
        writer.writerow([_harmless(one) for one in cells])
    return out.getvalue()


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that say anything, each with the line where it ends."""
    head, _, rest = text.partition("\n")
    skipped = 0
    told = head.rstrip("\r")
    if told[:-1].lower() == "sep=" and told[-1] in _DELIMITERS:  # Excel's own word for what parts its cells
        delimiter, text, skipped = told[-1], rest, 1
    else:
        delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            cells = [_plain(cell) for cell in row]
            if any(cells):
                yield reader.line_num + skipped, cells
    except csv.Error as error:
        raise PxeserveError(f"{file}: line {reader.line_num + skipped}: not a table: {error}") from None


def _header(cells: Sequence[str], where: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise PxeserveError(f"{where}: {len(names)} columns: {MOST_COLUMNS} at most")
    for number, name in enumerate(names, 1):
        place = f"{where}, column {number}"
        if names.index(name) != number - 1:
            raise PxeserveError(f"{place}: {name} stands twice")
        if name not in COLUMNS and name.split(".")[0] not in KEYS:
            near = nearest(name, (*COLUMNS, *KEYS))
            said = f"did you mean {near}?" if near else f"known are {', '.join(COLUMNS)}, and answers such as admin-interface.ipaddr"
            raise PxeserveError(f"{place}: unknown column {quoted(name)}; {said}")
    if "name" not in names:
        raise PxeserveError(f"{where}: there is no column name", fix=f"the first line names the columns: {', '.join(COLUMNS)}, and answers")
    return names


def _entry(cells: Sequence[str], names: Sequence[str], where: str) -> Entry:
    for number, cell in enumerate(cells[len(names) :], len(names) + 1):
        if cell:
            raise PxeserveError(f"{where}, column {number}: {quoted(cell)} stands in no column that has a name")
    filled = [
        Cell(name, cell, f"{where}, column {number} ({name})")
        for number, (name, cell) in enumerate(zip(names, cells, strict=False), 1)
        if cell
    ]
    name = next((cell.value for cell in filled if cell.key == "name"), None)
    if name is None:
        raise PxeserveError(f"{where}, column {names.index('name') + 1} (name): a host needs a name")
    return Entry(name, tuple(filled), where)


def _flat(values: Any, above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif value is None:
            yield f"{above}{key}", "null"
        else:
            yield f"{above}{key}", f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _plain(cell: str) -> str:
    stripped = cell.strip()
    return stripped[1:] if stripped.startswith("'") and stripped[1:2] and stripped[1] in _FORMULA else stripped


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
