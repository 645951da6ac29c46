"""How 5.6 to 7.0 read XS-REPOSITORY and XS-PACKAGES: by minidom, and whatever is amiss ends as RepoFormatError or a Python error."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from lxml import etree

from pxeserve.repo.replay.generation import Format, Generation
from pxeserve.repo.replay.reading import MOST_PACKAGES, Found, InstallerError, Listed, Needed, integer, parsed, tagged, text_of
from pxeserve.repo.replay.versions import compare, readable

_TESTS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "eq": (" = ", operator.eq),
    "ne": (" != ", operator.ne),
    "lt": (" < ", operator.lt),
    "gt": (" > ", operator.gt),
    "le": (" <= ", operator.le),
    "ge": (" >= ", operator.ge),
}
_KINDS = frozenset({"tbz2", "driver", "firmware", "rpm", "driver-rpm"})


def label(content: bytes, folder: str, generation: Generation) -> Found:
    """XS-REPOSITORY: a repository whose packages are not read yet. Raises InstallerError."""
    root = _document(content, "XS-REPOSITORY")
    try:
        node, shown = tagged(root, "repository")[0], tagged(root, "description")[0]
        values = {name: _ascii(node.get(name, "")) for name in ("originator", "name", "product", "version", "build")}
        title = _ascii(text_of(shown))
        needs = tuple(_needed(one.attrib) for one in tagged(root, "requires"))
    except (IndexError, KeyError, UnicodeError):
        raise InstallerError("RepoFormatError: XS-REPOSITORY format error") from None
    version = "-".join(part for part in (values["version"], values["build"]) if part)
    readable(version, generation)
    return Found(f"{values['originator']}:{values['name']}", title, folder, Format.XML, None, version, needs)


def missing(one: Found, installed: list[Found], generation: Generation) -> list[str]:
    """What `one` requires that none of `installed` is, in the installer's words. Raises InstallerError."""
    problems = []
    for need in one.needs:
        sign, test = _TESTS[need.test]
        named = [other for other in installed if other.identity == need.identity]
        if not any(test(compare(other.version, need.version, generation), 0) for other in named):
            problems.append(f"{one.identity} requires {need.identity}{sign}{need.version}")
    return problems


def packages(content: bytes) -> tuple[Listed, ...]:
    """XS-PACKAGES. Raises InstallerError."""
    found = []
    for node in tagged(_document(content, "XS-PACKAGES"), "package"):
        try:
            label, kind, size, digest = (node.get(name, "") for name in ("label", "type", "size", "md5"))
            file = _ascii(text_of(node))
        except UnicodeError:
            raise InstallerError("RepoFormatError: XS-PACKAGES format error") from None
        if kind not in _KINDS:
            raise InstallerError(f"UnknownPackageType: {kind}")
        found.append(Listed(label, integer(size), digest, kind, file))
        if len(found) > MOST_PACKAGES:
            raise InstallerError(f"more than {MOST_PACKAGES} packages, which this replay does not follow")
    return tuple(found)


def _document(content: bytes, file: str) -> etree._Element:
    try:
        return parsed(content)
    except ValueError:
        raise InstallerError(f"RepoFormatError: {file} not in XML") from None


def _needed(attributes: Mapping[str, str]) -> Needed:
    values = {name: _ascii(attributes.get(name, "")) for name in ("originator", "name", "test", "version", "build")}
    _TESTS[values["test"]]
    version = "-".join(part for part in (values["version"], values["build"]) if part)
    return Needed(f"{values['originator']}:{values['name']}", values["test"], version)


def _ascii(text: str) -> str:
    text.encode("ascii")
    return text
