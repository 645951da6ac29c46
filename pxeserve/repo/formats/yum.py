"""The yum format of XenServer 7.0 and later and of XCP-ng: `.treeinfo`, `repodata/repomd.xml`, and the primary list that it names.

Total: any bytes are either read or refused with file, line, column and the rule. Refuses to know where files lie.
"""

from __future__ import annotations

import configparser
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.text import path_fault

TREEINFO, REPOMD, SIGNATURE = ".treeinfo", "repodata/repomd.xml", "repodata/repomd.xml.asc"

_LARGEST = 256 << 20
"""Most bytes of an unpacked primary list; XCP-ng's has about three million."""

_MAX_PACKAGES = 20_000
_REPO = "{http://linux.duke.edu/metadata/repo}"
_COMMON = "{http://linux.duke.edu/metadata/common}"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TreeInfo:
    """What `.treeinfo` says. `key` is the first file of `[keys]`, which installers of XenServer 8 and XCP-ng 8.3 import; "" for none."""

    product: str
    version: str
    platform: str
    platform_version: str
    build: str
    key: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """One file that repomd.xml names: its path from the medium's top, SHA-256, and bytes (None where it does not say)."""

    kind: str
    path: str
    sha256: str
    size: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Package:
    """One package of the primary list. `file` is its path from the medium's top; `line` counts from 1 in the unpacked list."""

    name: str
    file: str
    size: int
    sha256: str
    line: int


def read_treeinfo(text: bytes, file: str = TREEINFO) -> TreeInfo:
    """`.treeinfo`: `[system-v1]` counts where it stands (XenServer 8, XCP-ng 8.3 and later), else `[branding]` and `[platform]`.

    Raises FormatError in the installer's own words where it has some.
    """
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(file, text.count(b"\n", 0, error.start) + 1, 1, "not UTF-8") from None
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((one[0] for one in getattr(error, "errors", ())), 1)
        raise FormatError(file, int(line), 1, f"not sections of KEY = VALUE: {str(error).splitlines()[0]}") from None

    def get(section: str, option: str) -> str:
        if not parser.has_option(section, option):
            raise FormatError(file, _line_of(text, section), 1, f"Failed to read .treeinfo: No option {option!r} in section: {section!r}")
        return parser.get(section, option).strip()

    build = parser.get("build", "number").strip() if parser.has_option("build", "number") else ""
    keys = [value.strip() for name, value in parser.items("keys") if name.startswith("key")] if parser.has_section("keys") else []
    if parser.has_section("system-v1"):
        names = ("product_name", "product_version", "platform_name", "platform_version")
        product, version, platform, platform_version = (get("system-v1", name) for name in names)
    elif parser.has_section("branding"):
        product, version = get("branding", "name"), get("branding", "version")
        platform, platform_version = (get("platform", "name"), get("platform", "version")) if parser.has_section("platform") else ("", "")
    else:
        raise FormatError(file, 1, 1, "neither [system-v1] nor [branding]: it does not say which product this is")
    return TreeInfo(product, version, platform, platform_version, build, keys[0] if keys else "")


def _line_of(text: bytes, section: str) -> int:
    lines = text.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.strip() == f"[{section}]"), 1)


def read_repomd(text: bytes, file: str = REPOMD) -> tuple[Metadata, ...]:
    """The files that repomd.xml names; the one of kind `primary` is always among them. Raises FormatError."""
    root = _xml(text, file)
    if root.tag != f"{_REPO}repomd":
        raise FormatError(file, root.sourceline or 1, 1, f"the outermost element is {_short(root.tag)!r} and not repomd")
    found = []
    for node in root.iterfind(f"{_REPO}data"):
        line = node.sourceline or 1
        kind = node.get("type", "")
        path = _href(node.find(f"{_REPO}location"), file, line)
        said = node.findtext(f"{_REPO}size")
        size = _size(said, file, line) if said else None
        found.append(Metadata(kind, path, _sum(node.findall(f"{_REPO}checksum"), file, line), size, line))
    primary = [one for one in found if one.kind == "primary"]
    if len(primary) != 1:
        raise FormatError(file, 1, 1, f"{len(primary)} entries of type primary; installers need exactly one")
    if not primary[0].path.endswith(".gz"):
        fix = "make it with: createrepo_c --compress-type=gz"
        raise FormatError(file, primary[0].line, 1, f"{primary[0].path}: installers unpack gzip and nothing else; {fix}")
    return tuple(found)


def read_primary(packed: bytes, file: str) -> tuple[Package, ...]:
    """The packages of the (gzipped) primary list, in its order. Raises FormatError."""
    root = _xml(_unpacked(packed, file), file)
    if root.tag != f"{_COMMON}metadata":
        raise FormatError(file, root.sourceline or 1, 1, f"the outermost element is {_short(root.tag)!r} and not metadata")
    packages = tuple(_packages(root, file))
    seen: dict[str, int] = {}
    for one in packages:
        if one.file in seen:
            raise FormatError(file, one.line, 1, f"{one.file} is listed twice, first in line {seen[one.file]}")
        seen[one.file] = one.line
    said = root.get("packages")
    if said is not None and said != str(len(packages)):
        raise FormatError(file, root.sourceline or 1, 1, f"packages={said!r}, and {len(packages)} are listed")
    return packages


def _packages(root: etree._Element, file: str) -> Iterator[Package]:
    for number, node in enumerate(root.iterfind(f"{_COMMON}package"), 1):
        line = node.sourceline or 1
        if number > _MAX_PACKAGES:
            raise FormatError(file, line, 1, f"more than {_MAX_PACKAGES} packages")
        name = (node.findtext(f"{_COMMON}name") or "").strip()
        if not name:
            raise FormatError(file, line, 1, "a package without a name")
        path = _href(node.find(f"{_COMMON}location"), file, line)
        size = node.find(f"{_COMMON}size")
        if size is None:
            raise FormatError(file, line, 1, f"{name}: no size")
        yield Package(name, path, _size(size.get("package"), file, line), _sum(node.findall(f"{_COMMON}checksum"), file, line), line)


def _xml(text: bytes, file: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise FormatError(file, max(line, 1), max(column, 1), f"not XML: {error.msg}") from None
    except ValueError as error:
        raise FormatError(file, 1, 1, f"not XML: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise FormatError(file, 1, 1, "a DOCTYPE: entities could pull in anything")
    return root


def _unpacked(packed: bytes, file: str) -> bytes:
    decoder = zlib.decompressobj(wbits=31)
    try:
        text = decoder.decompress(packed, _LARGEST)
    except zlib.error:
        raise FormatError(file, 1, 1, "not gzip: installers unpack nothing else") from None
    if not decoder.eof:
        said = f"more than {_LARGEST >> 20} MiB unpacked" if decoder.unconsumed_tail else "the gzip is cut short"
        raise FormatError(file, 1, 1, said)
    return text


def _href(node: etree._Element | None, file: str, line: int) -> str:
    path = node.get("href", "") if node is not None else ""
    if not path:
        raise FormatError(file, line, 1, "no location with an href")
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
    if value is None or not _SIZE.fullmatch(value.strip()):
        raise FormatError(file, line, 1, f"size {value!r} is not a whole number of bytes")
    return int(value)


def _short(tag: object) -> str:
    return str(tag).rpartition("}")[2]
