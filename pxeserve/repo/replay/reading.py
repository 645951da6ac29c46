"""What an installer has read of a repository, and the error with which its reading ends. Shared by the readers of all formats."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from pxeserve.repo.replay.generation import Format

MOST_PACKAGES = 10_000
INDEX = 8 << 20
"""Most bytes of a file that says what a repository holds; real ones are a hundredth of that."""


class InstallerError(Exception):
    """Detection ends here: the exception's own words, as the installer's log shows them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One package: `size` in bytes and `digest` as text, both as listed; `kind` is tbz2, driver, firmware, rpm or driver-rpm."""

    name: str
    size: int
    digest: str
    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Needed:
    """One `requires` of an XML repository. `test` is eq, ne, lt, gt, le or ge."""

    identity: str
    test: str
    version: str


@dataclass(frozen=True, slots=True)
class Found:
    """One repository. `name` is None where the installer has none to show; `folder` is below the address. `packages` is None where the
    installer reads no list; `keys` are `.treeinfo`'s; `groups`: whether repomd.xml names a file of groups."""

    identity: str
    name: str | None
    folder: str
    format: Format
    packages: tuple[Listed, ...] | None
    version: str = ""
    needs: tuple[Needed, ...] = ()
    keys: tuple[str, ...] = ()
    groups: bool = True
    branded: bool = True

    def path(self, file: str) -> str:
        """`file` below the address."""
        return f"{self.folder}/{file}" if self.folder and not file.startswith("/") else file


def integer(text: str) -> int:
    """Python 2's `long(text)`. Raises InstallerError."""
    try:
        found = int(text.strip().rstrip("lL"))
    except ValueError:
        raise InstallerError(f"ValueError: invalid literal for long(): {text}") from None
    if abs(found) >= 1 << 63:
        raise InstallerError(f"a size of {text[:40]} bytes, with which this replay does not reckon")
    return found


def parsed(content: bytes) -> etree._Element:
    """An XML document, without entities and without the network. Raises ValueError for what is none, and for a DOCTYPE."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document with a DOCTYPE, which this replay does not read")
    return root


def tagged(root: etree._Element, name: str) -> list[etree._Element]:
    """minidom's getElementsByTagName: all elements so named, without a prefix, in document order."""
    found = []
    for node in root.iter():
        if isinstance(node.tag, str) and node.prefix is None and etree.QName(node).localname == name:
            found.append(node)
    return found


def text_of(node: etree._Element) -> str:
    """The text directly within `node`, stripped."""
    return "".join([node.text or "", *(child.tail or "" for child in node)]).strip()
