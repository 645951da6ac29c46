"""A pool's database as XAPI writes it out: XML, tables of rows, maps and lists as S-expressions; and back."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from tests.recovery.pool_program.records import CLASSES, Database
from tests.recovery.pool_program.world import FailureError

_HIDDEN = "simulated"
"""An attribute of ours with the value as it is, so that reading it back needs no parser of S-expressions."""


def written(database: Database, schema: str) -> bytes:
    """The dump."""
    major, minor = schema.split(".")
    root = ElementTree.Element("database")
    manifest = ElementTree.SubElement(root, "manifest")
    for key, value in (("schema_major_vsn", major), ("schema_minor_vsn", minor), ("generation_count", "1")):
        ElementTree.SubElement(manifest, "pair", {"key": key, "value": value})
    for kind in CLASSES:
        table = ElementTree.SubElement(root, "table", {"name": kind})
        for ref, record in database[kind].items():
            row = {"ref": ref, "_ref": ref, "__ctime": "1", "__mtime": "2"}
            row |= {_column(name): _text(value) for name, value in record.items()}
            ElementTree.SubElement(table, "row", {**row, _HIDDEN: json.dumps(record)})
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root)


def read(content: bytes, schema: str) -> Database:
    """The database in a dump. FailureError as XAPI raises it for one that is not to be read here."""
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise FailureError("INTERNAL_ERROR", f"Xmlm.Error: {error}") from None
    manifest = {one.get("key"): one.get("value") for one in root.iter("pair")}
    if f"{manifest.get('schema_major_vsn')}.{manifest.get('schema_minor_vsn')}" != schema:
        raise FailureError("RESTORE_INCOMPATIBLE_VERSION")
    database: Database = {kind: {} for kind in CLASSES}
    for table in root.iter("table"):
        for row in table.iter("row"):
            database[table.attrib["name"]][row.attrib["ref"]] = json.loads(row.attrib[_HIDDEN])
    return database


def _column(name: str) -> str:
    return name.replace("name_", "name__", 1) if name in ("name_label", "name_description") else name


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "(" + " ".join(f"({_quoted(str(key))} {_quoted(str(one))})" for key, one in value.items()) + ")"
    if isinstance(value, list):
        return "(" + " ".join(_quoted(str(one)) for one in value) + ")"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
