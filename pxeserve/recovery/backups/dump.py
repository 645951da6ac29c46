"""What a dump of a pool's database says of the pool: read as it comes, in one pass, with a bound to everything. Refuses to know where the
bytes go, and whose pool it should be.

The file is what `xe pool-dump-database` writes (xapi, db_xml.ml): `database` holds a `manifest` of pairs and a `table` a class, each with a
`row` an object, whose attributes are its fields. All of it may be one line, so places are told by line and byte. Nothing is expanded: a
document type or an entity of its own is refused, and so is whatever is compressed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from xml.parsers import expat

from pxeserve.errors import PxeserveError

MOST_LISTED = 1000
"""Items that a list tells of; more are counted."""
MOST_ROWS = 20_000_000
MOST_TOKEN = 16 << 20
"""Bytes of one tag: a row of the database is one."""
_DEPTH = 4
_LONGEST = 255
_NULL = "OpaqueRef:NULL"
_INSIDE: Mapping[str, tuple[str, ...]] = {"": ("database",), "database": ("manifest", "table"), "manifest": ("pair",), "table": ("row",)}
_PROTECTED = re.compile(r"%(_.|[.tnr%])", re.DOTALL)
_PLAIN = {".": " ", "t": "\t", "n": "\n", "r": "\r", "%": "%"}
_PAIR = re.compile(r"\(\s*'((?:[^'\\]|\\.)*)'\s+'((?:[^'\\]|\\.)*)'\s*\)")
_OLD_PRODUCTS = ("product_brand", "product_version", "build_number")


@dataclass(slots=True)
class Holds:
    """What was read in it. Lists hold `MOST_LISTED` items; `more` counts what they leave out, by the list's name. `schema` is
    `MAJOR.MINOR`; `product`, `version` and `build` are the master's, as its `software_version` says."""

    product: str = ""
    version: str = ""
    build: str = ""
    schema: str = ""
    pool_uuid: str = ""
    pool_name: str = ""
    master_uuid: str = ""
    hosts: list[dict[str, str]] = field(default_factory=list)
    srs: list[dict[str, Any]] = field(default_factory=list)
    vms: int = 0
    suspended: list[dict[str, str]] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


class Dump:
    """One dump: `look` at each piece, then `end`. Both raise PxeserveError (`malformed`) in words that name the place."""

    def __init__(self) -> None:
        self._holds = Holds()
        self._parser = parser = expat.ParserCreate()
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._begins
        parser.EndElementHandler = self._ends
        self._open: list[str] = []
        self._table = ""
        self._rows = self._since = 0
        self._begun = False
        self._master = ""
        self._hosts: dict[str, dict[str, str]] = {}
        self._versions: dict[str, str] = {}
        self._srs: dict[str, tuple[str, str]] = {}
        self._images: dict[str, str] = {}
        self._images_of: list[str] = []

    def look(self, piece: bytes) -> None:
        """Read on."""
        if not self._begun and piece:
            self._begun = True
            _refuse_beginning(piece)
        for at in range(0, len(piece), 1 << 16):
            part = piece[at : at + (1 << 16)]
            self._since += len(part)
            if self._since > MOST_TOKEN:
                raise self._wrong(f"one tag of more than {MOST_TOKEN >> 20} MB", "a row of a pool's database is never so long")
            self._parse(part, last=False)

    def end(self) -> Holds:
        """What it held."""
        self._parse(b"", last=True)
        found = self._holds
        if not found.pool_uuid or not self._hosts or not found.schema:
            lacks = "a pool" if not found.pool_uuid else "a host" if not self._hosts else "its schema"
            raise self._wrong(f"it is not the database of a pool: it does not name {lacks}", "hand in what xe pool-dump-database wrote")
        self._settle()
        return found

    def _parse(self, part: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(part, last)
        except expat.ExpatError as error:
            what = expat.errors.messages.get(error.code, str(error))
            cut = last and (self._open or not self._begun)
            said = "it is cut: the file ends within it" if cut else f"it is not XML: {what}"
            raise self._wrong(said, "dump the database again: what was sent is not whole") from None

    def _wrong(self, what: str, fix: str) -> PxeserveError:
        line, byte = self._parser.CurrentLineNumber, max(self._parser.CurrentByteIndex, 0)
        return PxeserveError(f"line {line}, byte {byte}: {what}", code="malformed", fix=fix)

    def _refuse_doctype(self, *_: object) -> None:
        raise self._wrong("it declares a document type or an entity, which no dump does", "hand in what xe pool-dump-database wrote")

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self._since = 0
        if len(self._open) >= _DEPTH or name not in _INSIDE.get(self._open[-1] if self._open else "", ()):
            raise self._wrong(f"<{name[:40]}> does not belong there", "hand in what xe pool-dump-database wrote")
        self._open.append(name)
        if name == "table":
            self._table = attributes.get("name", "")[:_LONGEST]
        elif name == "pair":
            self._manifest(attributes.get("key", ""), attributes.get("value", ""))
        elif name == "row":
            self._rows += 1
            if self._rows > MOST_ROWS:
                raise self._wrong(f"more than {MOST_ROWS} rows", "no pool has so many objects")
            take = _TABLES.get(self._table)
            if take is not None:
                take(self, attributes)

    def _ends(self, _name: str) -> None:
        self._since = 0
        self._open.pop()

    def _manifest(self, key: str, value: str) -> None:
        if key == "schema_major_vsn":
            self._holds.schema = value[:20]
        elif key == "schema_minor_vsn":
            self._holds.schema = f"{self._holds.schema[:20]}.{value[:20]}"

    def _pool(self, row: Mapping[str, str]) -> None:
        self._holds.pool_uuid, self._holds.pool_name = _field(row, "uuid"), _field(row, "name_label", "name__label")
        self._master = _field(row, "master")

    def _host(self, row: Mapping[str, str]) -> None:
        if len(self._hosts) >= MOST_LISTED:
            self._more("hosts")
            return
        ref = _field(row, "ref", "_ref")
        self._hosts[ref] = {
            "uuid": _field(row, "uuid"), "name": _field(row, "name__label"), "hostname": _field(row, "hostname"),
            "address": _field(row, "address"),
        }  # fmt: skip
        self._versions[ref] = unprotected(row.get("software_version", ""))[:65536]

    def _sr(self, row: Mapping[str, str]) -> None:
        if len(self._holds.srs) >= MOST_LISTED:
            self._more("srs")
            return
        name, kind = _field(row, "name__label"), _field(row, "type")
        uuid = _field(row, "uuid")
        self._srs[_field(row, "ref", "_ref")] = (name or uuid, uuid)
        self._holds.srs.append({"uuid": uuid, "name": name, "type": kind, "shared": row.get("shared") == "true"})

    def _vdi(self, row: Mapping[str, str]) -> None:
        if row.get("type") == "suspend" and len(self._images) < MOST_LISTED:
            self._images[_field(row, "ref", "_ref")] = _field(row, "SR")

    def _vm(self, row: Mapping[str, str]) -> None:
        if any(row.get(name) == "true" for name in ("is_a_template", "is_control_domain", "is_a_snapshot")):
            return
        self._holds.vms += 1
        if row.get("power_state") != "Suspended":
            return
        if len(self._holds.suspended) >= MOST_LISTED:
            self._more("suspended")
            return
        self._images_of.append(_field(row, "suspend_VDI"))
        self._holds.suspended.append({"uuid": _field(row, "uuid"), "name": _field(row, "name__label"), "sr": "", "sr_uuid": ""})

    def _more(self, name: str) -> None:
        self._holds.more[name] = self._holds.more.get(name, 0) + 1

    def _settle(self) -> None:
        """Follow the references, now that all tables were read: they come in any order."""
        found = self._holds
        found.hosts = sorted(self._hosts.values(), key=lambda one: (one["name"], one["uuid"]))
        master = self._hosts.get(self._master)
        found.master_uuid = master["uuid"] if master is not None else ""
        said = _versions(self._versions.get(self._master) or next(iter(self._versions.values()), ""))
        found.product, found.version, found.build = (said.get(name, "")[:80] for name in _OLD_PRODUCTS)
        if not found.version:
            found.version = said.get("xenserver_version", said.get("version", ""))[:80]
        if not found.product:
            found.product = said.get("product_name", "XenServer" if found.version else "")[:80]
        for one, image in zip(found.suspended, self._images_of, strict=True):
            on = self._images.get(image, "") if image != _NULL else ""
            one["sr"], one["sr_uuid"] = self._srs.get(on, ("", ""))


_TABLES = {"pool": Dump._pool, "host": Dump._host, "SR": Dump._sr, "VDI": Dump._vdi, "VM": Dump._vm}


def unprotected(value: str) -> str:
    """A field as xapi means it: it writes white space as `%.`, `%t`, `%n`, `%r` and a percent sign twice (xml_spaces.ml; `%_` in old
    files)."""
    return _PROTECTED.sub(lambda found: _PLAIN.get(found[1], "  " if found[1][0] == "_" else found[0]), value) if "%" in value else value


def _field(row: Mapping[str, str], *names: str) -> str:
    return next((unprotected(row[name][: 4 * _LONGEST])[:_LONGEST] for name in names if name in row), "")


def _versions(said: str) -> dict[str, str]:
    """`software_version`, a map in xapi's S-expressions: `(('product_version' '8.2.0') ...)`."""
    return {found[1]: found[2] for found in _PAIR.finditer(said)}


def _refuse_beginning(piece: bytes) -> None:
    for magic, what in (
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ):
        if piece.startswith(magic):
            raise PxeserveError(
                f"line 1, byte 0: it is compressed ({what})", code="malformed", fix="send it as xe wrote it: it is kept encrypted"
            )
    if not piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise PxeserveError("line 1, byte 0: it is not XML", code="malformed", fix="hand in what xe pool-dump-database wrote")
