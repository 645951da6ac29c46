"""How 5.6 to 7.0 read XS-REPOSITORY and XS-PACKAGES: by minidom, and whatever is amiss ends as RepoFormatError or a Python error."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from pxeserve.repo.replay.generation import Format
from pxeserve.repo.replay.reading import MOST_PACKAGES, Found, InstallerError, Listed, Needed, integer, parsed, tagged, text_of

_TESTS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "eq": (" = ", operator.eq),
    "ne": (" != ", operator.ne),
    "lt": (" < ", operator.lt),
    "gt": (" > ", operator.gt),
    "le": (" <= ", operator.le),
    "ge": (" >= ", operator.ge),
}
_KINDS = frozenset({"tbz2", "driver", "firmware", "rpm", "driver-rpm"})
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+)[^-]*)?", re.ASCII)


def label(content: bytes, folder: str) -> Found:
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
    _numbers(version)
    return Found(f"{values['originator']}:{values['name']}", title, folder, Format.XML, None, version, needs)


def missing(one: Found, installed: list[Found]) -> list[str]:
    """What `one` requires that none of `installed` is, in the installer's words."""
    problems = []
    for need in one.needs:
        sign, test = _TESTS[need.test]
        want = _numbers(need.version)
        if not any(other.identity == need.identity and test(*_alike(other.version, want)) for other in installed):
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


def _numbers(version: str) -> tuple[int, int, int, int | None]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise InstallerError(f"ValueError: version {version!r} is not a.b.c or a.b.c-build")
    return int(found[1]), int(found[2]), int(found[3] or 0), int(found[4]) if found[4] else None


def _alike(version: str, want: tuple[int, int, int, int | None]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both as numbers that can be compared; a build counts only where both have one."""
    have = _numbers(version)
    if have[3] is None or want[3] is None:
        return have[:3], want[:3]
    return (*have[:3], have[3]), (*want[:3], want[3])
