"""How 7.0 and later read `.treeinfo`, `update.xml`, repomd.xml and the primary list; whatever is amiss ends as their error.

The lists of names, sizes and sums are paired by position, as installers do: one package with a second sum shifts all that follow.
"""

from __future__ import annotations

import configparser
import zlib
from dataclasses import dataclass

from pxeserve.repo.replay.generation import Format, Generation
from pxeserve.repo.replay.reading import MOST_PACKAGES, Found, InstallerError, Listed, integer, parsed, tagged

TREEINFO, UPDATE, REPOMD, SIGNATURE = ".treeinfo", "update.xml", "repodata/repomd.xml", "repodata/repomd.xml.asc"

PACKED = 64 << 20
"""Most bytes of a primary list that are fetched; XCP-ng's has about three hundred thousand."""

_UNPACKED = 256 << 20


@dataclass(frozen=True, slots=True)
class TreeInfo:
    """What the installer keeps of `.treeinfo`: the product's name (None: it has none), whether it can say what it installed at the end,
    and the files of keys."""

    product: str | None
    branded: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """What the installer takes from repomd.xml: where the primary list is, and whether a file of groups is named."""

    primary: str
    groups: bool


def treeinfo(content: bytes, generation: Generation) -> TreeInfo:
    """`.treeinfo`. Raises InstallerError in the installer's words."""
    three = generation.speech.python >= (3, 0)
    parser = configparser.ConfigParser(strict=three, inline_comment_prefixes=None if three else (";",))
    try:
        parser.read_string(content.decode("utf-8" if three else "latin-1"))
        platform = product = None
        if generation.system_section:
            platform = _named(parser, "system-v1", "platform_name", "platform_version")
            product = _named(parser, "system-v1", "product_name", "product_version")
        platform = platform or _named(parser, "platform", "name", "version")
        product = product or _named(parser, "branding", "name", "version")
        if generation.build_section and parser.has_section("build"):
            parser.get("build", "number")
        keys = tuple(value for _, value in parser.items("keys")) if parser.has_section("keys") else ()
    except (configparser.Error, ValueError) as error:
        raise InstallerError(f"RepoFormatError: Failed to read .treeinfo: {error}") from None
    return TreeInfo(product, bool(product and platform), keys)


def update(content: bytes) -> str:
    """`update.xml`: the pack's label. Raises InstallerError."""
    try:
        root = parsed(content)
        if root.tag != "update":
            raise ValueError("")
    except ValueError as error:
        raise InstallerError(f"RepoFormatError: Failed to read update.xml: {error}") from None
    return str(root.get("name-label", ""))


def index(content: bytes) -> Index:
    """repomd.xml. Raises InstallerError: where no list is named, in Python's words for a name that was never set."""
    try:
        root = parsed(content)
    except ValueError as error:
        raise InstallerError(f"ExpatError: {error}") from None
    primary: str | None = None
    groups = False
    for node in tagged(root, "data"):
        kind = node.get("type", "")
        groups = groups or kind.startswith("group")
        if kind == "primary":
            places = tagged(node, "location")
            if not places:
                raise InstallerError("IndexError: list index out of range")
            primary = places[0].get("href", "")
    if primary is None:
        raise InstallerError("UnboundLocalError: local variable 'primary_location' referenced before assignment")
    return Index(primary, groups)


def primary(packed: bytes) -> tuple[Listed, ...]:
    """The packages of a primary list, paired as the installer pairs them. Raises InstallerError."""
    try:
        root = parsed(_unpacked(packed))
    except ValueError as error:
        raise InstallerError(f"ExpatError: {error}") from None
    names = [node.get("href", "") for node in tagged(root, "location")]
    sizes = [node.get("package", "") for node in tagged(root, "size")]
    sums = [node.text for node in tagged(root, "checksum") if node.get("type") == "sha256"]
    found = []
    for name, size, digest in zip(names, sizes, sums, strict=False):  # as installers do: the shortest list counts
        if digest is None:
            raise InstallerError("IndexError: list index out of range")
        found.append(Listed(name, integer(size), digest, "rpm", name))
        if len(found) > MOST_PACKAGES:
            raise InstallerError(f"more than {MOST_PACKAGES} packages, which this replay does not follow")
    return tuple(found)


def extra() -> Found:
    """A plain repository, of which XenServer 8, XCP-ng 8.3 and later read nothing."""
    return Found("repo1", "repo1", "", Format.YUM, None)


def _named(parser: configparser.ConfigParser, section: str, name: str, version: str) -> str | None:
    if not parser.has_section(section):
        return None
    found = parser.get(section, name)
    parser.get(section, version)  # any text is a version to them
    return found


def _unpacked(packed: bytes) -> bytes:
    if packed[:2] != b"\x1f\x8b":
        raise InstallerError("IOError: Not a gzipped file")
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(packed, _UNPACKED)
    except zlib.error as error:
        raise InstallerError(f"IOError: {error}") from None
    if inflate.unconsumed_tail:
        raise InstallerError(f"a primary list of more than {_UNPACKED} bytes, which this replay does not unpack")
    if not inflate.eof:
        raise InstallerError("IOError: CRC check failed")
    return plain
