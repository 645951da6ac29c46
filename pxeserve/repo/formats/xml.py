"""The XML format of XenServer 5.6 to 7.0: `XS-REPOSITORY` and `XS-PACKAGES` as XML, with requirements and options of rpm.

Total: every element and attribute means something or is refused with file, line, column and the rule, where the installer says no
more than "XS-REPOSITORY format error". Refuses to know where files lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from pxeserve.repo.formats import packs
from pxeserve.repo.formats.interface import Files, Found, Read
from pxeserve.repo.formats.markup import LISTS, SMALL, Document
from pxeserve.repo.formats.xs import (
    KINDS,
    MAX_PACKAGES,
    PACKAGES_FILE,
    REPOSITORY_FILE,
    SIZE,
    Package,
    Repository,
    Requirement,
    md5_fault,
    path_fault,
)  # fmt: skip

NAME = "xml"
MARKERS = (REPOSITORY_FILE, PACKAGES_FILE)
DIALECTS = frozenset({"5.6", "6.0", "6.2", "6.5", "7.0"})
"""Generations whose installers read this format."""

_DESCRIBES = ("originator", "name", "product", "version", "build", "memory-requirement-mb", "enforce-homogeneity", "hidden")
"""Attributes of <repository>. The installer reads the first five (and 7.0 `hidden`); the host's agent the others."""

_REQUIRES = ("originator", "name", "test", "version", "build", "product")
_PACKAGE = ("label", "type", "size", "md5", "root", "kernel", "options")
_WORD = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){0,5}[A-Za-z0-9_]*", re.ASCII)
_BUILD = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)
_DEFAULT_OPTIONS = "-U"


def read_repository(text: bytes, file: str = REPOSITORY_FILE) -> Repository:
    """XS-REPOSITORY: id, shown name, product, version, and what is required. Raises FormatError for the first fault."""
    document = Document(text, file, SMALL)
    root = _root(document, "repository")
    _only(document, root, _DESCRIBES)
    originator, name = (_attribute(document, root, key, _WORD) for key in ("originator", "name"))
    product, version = _attribute(document, root, "product"), _attribute(document, root, "version", _VERSION)
    build = _attribute(document, root, "build", _BUILD) if root.get("build") else ""
    children = list(_children(document, root, ("description", "requires")))
    descriptions = [child for child in children if child.tag == "description"]
    if len(descriptions) != 1:
        raise document.wrong(root, f"{len(descriptions)} elements <description>; the name shown to people is needed, once")
    _only(document, descriptions[0], ())
    shown = _text(document, descriptions[0])
    requires = tuple(_requirement(document, child) for child in children if child.tag == "requires")
    return Repository(f"{originator}:{name}", shown, product, version, build, requires)


def read_packages(text: bytes, file: str = PACKAGES_FILE) -> tuple[Package, ...]:
    """XS-PACKAGES: the packages in their order. Raises FormatError for the first fault."""
    document = Document(text, file, LISTS)
    root = _root(document, "packages")
    _only(document, root, ())
    packages: list[Package] = []
    seen: dict[str, int] = {}
    for node in _children(document, root, ("package",)):
        if len(packages) == MAX_PACKAGES:
            raise document.wrong(node, f"more than {MAX_PACKAGES} packages")
        package = _package(document, node)
        if package.file in seen:
            raise document.wrong(node, f"{package.file} is listed twice, first in line {seen[package.file]}")
        seen[package.file] = package.line
        packages.append(package)
    if not packages:
        raise document.wrong(root, "no packages: the installer's own check fails on an empty list")
    return tuple(packages)


def render_repository(repository: Repository) -> bytes:
    """The same repository as an XS-REPOSITORY file."""
    originator, _, name = repository.id.partition(":")
    said = {"originator": originator, "name": name, "product": repository.product, "version": repository.version}
    root = etree.Element("repository", {**said, **({"build": repository.build} if repository.build else {})})
    etree.SubElement(root, "description").text = repository.name
    for one in repository.requires:
        originator, _, name = one.id.partition(":")
        said = {"originator": originator, "name": name, "test": one.test, "version": one.version}
        etree.SubElement(root, "requires", {**said, **({"build": one.build} if one.build else {})})
    return _written(root)


def render_packages(packages: tuple[Package, ...]) -> bytes:
    """The same packages as an XS-PACKAGES file."""
    root = etree.Element("packages")
    for one in packages:
        said = {"label": one.name, "type": one.kind, "size": str(one.size), "md5": one.md5}
        if one.kind in ("tbz2", "driver"):
            said["root"] = one.destination
        if one.kind == "driver-rpm":
            said["kernel"] = one.destination
        if one.options and one.options != _DEFAULT_OPTIONS:
            said["options"] = one.options
        etree.SubElement(root, "package", said).text = one.file
    return _written(root)


def read_medium(files: Files, read: Read) -> Found | None:
    """What a tree of this format is; None when its first repository is not XML."""
    return packs.read_medium(files, read, packs.Grammar(NAME, read_repository, read_packages, DIALECTS, "5.6 to 7.0"))


def _written(root: etree._Element) -> bytes:
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="us-ascii", xml_declaration=True)) + b"\n"


def _root(document: Document, name: str) -> etree._Element:
    if document.root.tag != name:
        raise document.wrong(document.root, f"the outermost element is <{document.root.tag}> and not <{name}>")
    return document.root


def _only(document: Document, node: etree._Element, known: tuple[str, ...]) -> None:
    for name in node.attrib:
        if name not in known:
            said = f"known are {', '.join(known)}" if known else "it has none"
            raise document.wrong(node, f"attribute {name} of <{node.tag}>: no installer reads it; {said}", str(name))


def _children(document: Document, node: etree._Element, known: tuple[str, ...]) -> Iterator[etree._Element]:
    """The elements inside `node`. Text between them, and elements of other names, mean nothing to an installer."""
    if (node.text or "").strip():
        raise document.wrong(node, f"text inside <{node.tag}>, which holds elements only")
    for child in node:
        if child.tag not in known:
            raise document.wrong(child, f"<{child.tag}> inside <{node.tag}>: no installer reads it; known are {', '.join(known)}")
        if (child.tail or "").strip():
            raise document.wrong(child, f"text after <{child.tag}>, which no installer reads")
        yield child


def _attribute(document: Document, node: etree._Element, name: str, grammar: re.Pattern[str] | None = None) -> str:
    value = str(node.get(name, ""))
    if not value:
        raise document.wrong(node, f"<{node.tag}> has no {name}")
    if not value.isascii() or not value.isprintable():
        raise document.wrong(node, f"{name} {value!r} is not plain ASCII: the installer ends with a format error", name)
    if grammar is not None and not grammar.fullmatch(value):
        raise document.wrong(node, f"{name} {value!r} is not one: {_RULES[grammar]}", name)
    return value


_RULES = {
    _WORD: "letters, digits, dots, hyphens and underscores",
    _VERSION: "numbers parted by dots, such as 6.5.0",
    _BUILD: "letters and digits, such as 90233c",
}


def _text(document: Document, node: etree._Element) -> str:
    if len(node):
        raise document.wrong(node[0], f"<{node[0].tag}> inside <{node.tag}>, which holds text only")
    text = (node.text or "").strip()
    if not text:
        raise document.wrong(node, f"<{node.tag}> is empty")
    if not text.isascii():
        raise document.wrong(node, f"{text!r} is not plain ASCII: the installer ends with a format error")
    return text


def _requirement(document: Document, node: etree._Element) -> Requirement:
    _only(document, node, _REQUIRES)
    for _ in _children(document, node, ()):
        pass
    originator, name = (_attribute(document, node, key, _WORD) for key in ("originator", "name"))
    test, version = _attribute(document, node, "test"), _attribute(document, node, "version", _VERSION)
    if test not in packs.TESTS:
        raise document.wrong(node, f"test {test!r} is none of {', '.join(packs.TESTS)}", "test")
    build = _attribute(document, node, "build", _BUILD) if node.get("build") else ""
    return Requirement(f"{originator}:{name}", test, version, build, document.line(node))


def _package(document: Document, node: etree._Element) -> Package:
    _only(document, node, _PACKAGE)
    label, kind = (_attribute(document, node, key) for key in ("label", "type"))
    size, md5 = (_attribute(document, node, key) for key in ("size", "md5"))
    if kind not in KINDS:
        raise document.wrong(node, f"{kind!r} is not a package type; known: {', '.join(KINDS)}", "type")
    if not SIZE.fullmatch(size):
        raise document.wrong(node, f"size {size!r} is not a whole number of bytes", "size")
    fault = md5_fault(md5)
    if fault:
        raise document.wrong(node, f"MD5 {fault}", "md5")
    path = _text(document, node)
    fault = path_fault(path)
    if fault:
        raise document.wrong(node, f"file {path!r} {fault}")
    destination = _destination(document, node, kind)
    options = " ".join(node.get("options", "").split()) or (_DEFAULT_OPTIONS if kind in ("rpm", "driver-rpm") else "")
    return Package(label, int(size), md5, kind, path, document.line(node), True, destination, options)


def _destination(document: Document, node: etree._Element, kind: str) -> str:
    if kind == "driver-rpm":
        return _attribute(document, node, "kernel")
    if kind not in ("tbz2", "driver"):
        return ""
    root = _attribute(document, node, "root") if kind == "driver" or node.get("root") else "/"
    if ".." in root.split("/"):
        raise document.wrong(node, f"root {root!r} leaves the root of the new host", "root")
    return root
