"""`repodata/`: repomd.xml, the primary list of packages that it names, and the groups of comps, as installers of 7.0 and later read them.

Total: any bytes are either read or refused with file, line, column and the rule. Refuses to know where files lie.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Line, Read
from pxeserve.repo.formats.markup import LISTS, SMALL, Document, checked, not_xml, short
from pxeserve.repo.formats.xs import SIZE, path_fault

REPOMD, SIGNATURE = "repodata/repomd.xml", "repodata/repomd.xml.asc"

_LARGEST = 64 << 20
"""Most bytes of an unpacked primary list; XCP-ng's has about three million."""

_MAX_PACKAGES = 20_000
_REPO = "{http://linux.duke.edu/metadata/repo}"
_COMMON = "{http://linux.duke.edu/metadata/common}"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PACKERS = {".zst": "zstd", ".xz": "xz", ".bz2": "bzip2", ".zck": "zchunk"}
_MAGIC = {b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"\0ZCK1": "zchunk"}
_PAIRED = ("location", "size", "checksum")
"""Elements that installers collect from the whole list, each kind by itself, and then pair by their number."""

_USUAL_DOCTYPE = re.compile(rb'<!DOCTYPE\s+comps\s+PUBLIC\s+"[^"<>\[]*"\s+"[^"<>\[]*"\s*>')


@dataclass(frozen=True, slots=True)
class Metadata:
    """One file that repomd.xml names: its path from the medium's top, SHA-256, and bytes, packed and unpacked (None: it does not say)."""

    kind: str
    path: str
    sha256: str
    size: int | None
    line: int
    open_size: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One package of the primary list. `file` is its path from the medium's top; `line` counts from 1 in the unpacked list."""

    name: str
    file: str
    size: int
    sha256: str
    line: int


@dataclass(frozen=True, slots=True)
class Repodata:
    """A whole `repodata/`: the packages as lines, by name too, the ids of groups, the index files, and what is wrong."""

    lines: tuple[Line, ...]
    names: frozenset[str]
    groups: frozenset[str]
    indexes: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_repodata(files: Files, read: Read) -> Repodata:
    """All that repomd.xml leads to, checked against its sums. Raises FormatError when repomd.xml itself cannot be read."""
    metadata = read_repomd(read(REPOMD))
    faults = [fault for one in metadata if (fault := _metadata_fault(one, files))]
    primary = next(one for one in metadata if one.kind == "primary")
    packages: tuple[Package, ...] = ()
    groups: frozenset[str] = frozenset()
    try:
        if primary.path in files:
            packages = read_primary(read(primary.path), primary.path, primary.open_size)
        comps = next((one for one in metadata if one.kind in ("group", "group_gz") and one.path in files), None)
        if comps is not None:
            groups = read_groups(read(comps.path), comps.path)
    except FormatError as error:
        faults.append(str(error))
    lines = tuple(Line(one.file, "rpm", one.size, "SHA-256", one.sha256, primary.path, one.line) for one in packages)
    indexes = (REPOMD, *(one.path for one in metadata), *((SIGNATURE,) if SIGNATURE in files else ()))
    known = {one.path for one in lines}
    unlisted = sorted(path for path in files if path.endswith(".rpm") and path not in known)
    notes = (f"{unlisted[0]}: {primary.path} does not list it, and no installer sees it ({len(unlisted)} such)",) if unlisted else ()
    return Repodata(lines, frozenset(one.name for one in packages), groups, indexes, tuple(faults), notes)


def read_repomd(text: bytes, file: str = REPOMD) -> tuple[Metadata, ...]:
    """The files that repomd.xml names; the one of kind `primary` is always among them. Raises FormatError."""
    document = Document(text, file, SMALL)
    if document.root.tag != f"{_REPO}repomd":
        raise document.wrong(document.root, f"the outermost element is {short(document.root.tag)!r} and not repomd")
    found = []
    for node in document.root.iterfind(f"{_REPO}data"):
        line = document.line(node)
        path = _href(node.findall(f"{_REPO}location"), file, line)
        size, open_size = (
            _size(said.strip(), file, line) if (said := node.findtext(f"{_REPO}{name}")) else None for name in ("size", "open-size")
        )
        found.append(Metadata(node.get("type", ""), path, _sum(node.findall(f"{_REPO}checksum"), file, line), size, line, open_size))
    primary = [one for one in found if one.kind == "primary"]
    if len(primary) != 1:
        raise FormatError(file, 1, 1, f"{len(primary)} entries of type primary; installers need exactly one")
    if not primary[0].path.endswith(".gz"):
        packer = next((word for end, word in _PACKERS.items() if primary[0].path.endswith(end)), "")
        said = f"packed by {packer}, and installers unpack gzip and nothing else" if packer else "installers unpack gzip and nothing else"
        raise FormatError(file, primary[0].line, 1, f"{primary[0].path}: {said}; make it with: createrepo_c --general-compress-type=gz")
    return tuple(found)


def read_primary(packed: bytes, file: str, open_size: int | None = None) -> tuple[Package, ...]:
    """The packages of the (gzipped) primary list, in its order. `open_size`: bytes that it has unpacked, as repomd.xml says.

    Raises FormatError. An unpacked list is read in pieces: what is not needed of it is never kept.
    """
    text = unpacked(packed, file, open_size)
    source = checked(text, file, _LARGEST).encode()
    packages: list[Package] = []
    seen: dict[str, int] = {}
    root: etree._Element | None = None
    try:
        parser = etree.iterparse(
            io.BytesIO(source), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
            remove_comments=True, remove_pis=True, encoding="utf-8",
        )  # fmt: skip
        for event, node in parser:
            if root is None:
                root = node
                if root.tag != f"{_COMMON}metadata":
                    raise FormatError(file, root.sourceline or 1, 1, f"the outermost element is {short(root.tag)!r} and not metadata")
            if event == "start" or node.getparent() is not root:
                continue
            if node.tag != f"{_COMMON}package":
                raise FormatError(file, node.sourceline or 1, 1, f"<{short(node.tag)}> beside the packages: no installer reads it")
            one = _package(node, file)
            if one.file in seen:
                raise FormatError(file, one.line, 1, f"{one.file} is listed twice, first in line {seen[one.file]}")
            seen[one.file] = one.line
            packages.append(one)
            if len(packages) > _MAX_PACKAGES:
                raise FormatError(file, one.line, 1, f"more than {_MAX_PACKAGES} packages")
            node.clear()
            while node.getprevious() is not None:
                del root[0]
    except etree.XMLSyntaxError as error:
        raise not_xml(error, file) from None
    said = root.get("packages") if root is not None else None
    if said is not None and said != str(len(packages)):
        raise FormatError(file, 1, 1, f"packages={said!r}, and {len(packages)} are listed")
    return tuple(packages)


def read_groups(text: bytes, file: str) -> frozenset[str]:
    """The ids of the groups in a comps file, gzipped or plain. Raises FormatError.

    The document type that comps files usually name is passed over without being read; any other is refused.
    """
    if file.endswith(".gz"):
        text = unpacked(text, file, None)
    text = _USUAL_DOCTYPE.sub(lambda found: b" " * len(found[0]), text, count=1)
    document = Document(text, file, LISTS)
    if document.root.tag != "comps":
        raise document.wrong(document.root, f"the outermost element is {short(document.root.tag)!r} and not comps")
    return frozenset((group.findtext("id") or "").strip() for group in document.root.iterfind("group"))


def unpacked(packed: bytes, file: str, open_size: int | None) -> bytes:
    """Gunzipped bytes, never more than the bound or than `open_size` says. Raises FormatError."""
    most = _LARGEST if open_size is None else min(open_size, _LARGEST)
    other = next((word for mark, word in _MAGIC.items() if packed.startswith(mark)), "")
    decoder = zlib.decompressobj(wbits=31)
    try:
        text = decoder.decompress(packed, most + 1)
    except zlib.error:
        said = f"{other} and not gzip" if other else "not gzip"
        raise FormatError(file, 1, 1, f"{said}: installers unpack nothing else") from None
    if len(text) > most:
        said = f"more than {most} bytes unpacked" + (f", and {REPOMD} says {open_size}" if open_size is not None else "")
        raise FormatError(file, 1, 1, said)
    if not decoder.eof:
        raise FormatError(file, 1, 1, "the gzip is cut short")
    if decoder.unused_data.strip(b"\0"):
        raise FormatError(file, 1, 1, f"{len(decoder.unused_data)} bytes after the end of the gzip")
    return text


def _package(node: etree._Element, file: str) -> Package:
    line = node.sourceline or 1
    name = (node.findtext(f"{_COMMON}name") or "").strip()
    if not name:
        raise FormatError(file, line, 1, "a package without a name")
    for tag in _PAIRED:
        inside = [one for one in node.iter(f"{{*}}{tag}", tag) if one.prefix is None]
        if len(inside) != 1 and tag != "checksum":
            said = "no" if not inside else str(len(inside))
            raise FormatError(file, line, 1, f"{name}: {said} element <{tag}>, and installers pair the packages by counting one each")
    sums = [one for one in node.iter("{*}checksum") if one.prefix is None]
    path = _href(node.findall(f"{_COMMON}location"), file, line)
    size = node.find(f"{_COMMON}size")
    return Package(name, path, _size(size.get("package") if size is not None else None, file, line), _sum(sums, file, line), line)


def _metadata_fault(one: Metadata, files: Files) -> str | None:
    place = f"{REPOMD} line {one.line}"
    sums = files.get(one.path)
    if sums is None:
        return f"{one.path}: missing, but {place} names it"
    if one.size is not None and sums.size != one.size:
        return f"{one.path}: {sums.size} bytes, but {place} says {one.size}"
    return f"{one.path}: SHA-256 is {sums.sha256}, but {place} says {one.sha256}" if sums.sha256 != one.sha256 else None


def _href(nodes: list[etree._Element], file: str, line: int) -> str:
    path = nodes[0].get("href", "") if nodes else ""
    if not path:
        raise FormatError(file, line, 1, "no location with an href")
    if any(str(name).endswith("}base") for name in nodes[0].attrib):
        raise FormatError(file, line, 1, f"location {path!r} has an xml:base: it would be fetched from another address than the medium's")
    fault = path_fault(path.replace(" ", "_"))
    if fault:
        raise FormatError(file, line, 1, f"location {path!r} {fault}")
    return str(path)


def _sum(nodes: list[etree._Element], file: str, line: int) -> str:
    sums = [(node.text or "").strip() for node in nodes if node.get("type") == "sha256"]
    if len(sums) != 1 or len(nodes) != 1:
        kinds = ", ".join(str(node.get("type")) for node in nodes) or "none"
        raise FormatError(file, line, 1, f"checksums of type {kinds}; installers need exactly one, of type sha256")
    if not _SHA256.fullmatch(sums[0]):
        raise FormatError(file, line, 1, f"SHA-256 {sums[0]!r} is not 64 hex digits in lower case")
    return sums[0]


def _size(value: str | None, file: str, line: int) -> int:
    if value is None or not SIZE.fullmatch(value):
        raise FormatError(file, line, 1, f"size {value!r} is not a whole number of bytes")
    return int(value)


