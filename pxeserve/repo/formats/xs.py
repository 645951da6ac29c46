"""What XS-REPOSITORY and XS-PACKAGES say, in plain lines or in XML alike: a repository, its packages, and what it requires.

Also which words no format may use: the grammar of ids, sizes, sums and paths is one for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REPOSITORY_FILE = "XS-REPOSITORY"
PACKAGES_FILE = "XS-PACKAGES"

KINDS = ("tbz2", "driver", "firmware", "rpm", "driver-rpm")
DRIVER_KINDS = frozenset({"driver", "firmware", "driver-rpm"})
"""A repository of these alone is a driver disk."""

MAX_PACKAGES = 5000
ID = re.compile(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+", re.ASCII)
SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A repository that must be chosen too: its id, and a test (eq ne lt gt le ge) of its version and, when given, build."""

    id: str
    test: str
    version: str
    build: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Repository:
    """What XS-REPOSITORY says. `version` is without the build; a text one of fewer than four lines says nothing from `product` on."""

    id: str
    name: str
    product: str = ""
    version: str = ""
    build: str = ""
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """One package of XS-PACKAGES. `size` in bytes; `file` is relative to the repository's folder; `line` counts from 1; `destination`
    is a folder (tbz2), a file (driver) or a kernel's version (driver-rpm); `options` go to rpm, XML only."""

    name: str
    size: int
    md5: str
    kind: str
    file: str
    line: int
    required: bool = True
    destination: str = ""
    options: str = ""


def path_fault(path: str) -> str | None:
    """What is wrong with a package's file name, as the end of a sentence; None when nothing is."""
    if path.startswith("/"):
        return "is absolute; it must lie inside the repository's folder"
    parts = path.split("/")
    if ".." in parts:
        return "leaves the repository's folder"
    if "" in parts or "." in parts:
        return "has an empty part"
    if not all("!" <= char <= "~" for char in path):
        return "has a character that cannot stand in a URL as it is"
    return None


def md5_fault(md5: str) -> str | None:
    """What is wrong with an MD5, as the end of a sentence: installers compare it as text with lower-case hex."""
    if MD5.fullmatch(md5):
        return None
    return f"{md5!r} cannot match: {'capitals never match' if MD5.fullmatch(md5.lower()) else '32 hex digits are needed'}"
