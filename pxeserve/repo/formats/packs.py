"""What a tree of XS-REPOSITORY repositories is, in whichever grammar: its main repository, its role, and what its packs require.

One reading for the text and the XML format: an installer finds, counts and chooses in both of them alike.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pxeserve.domain.medium import Role
from pxeserve.domain.products import dialect_of
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Found, Line, Read
from pxeserve.repo.formats.places import Place, places
from pxeserve.repo.formats.xs import DRIVER_KINDS, PACKAGES_FILE, REPOSITORY_FILE, Package, Repository, Requirement

PRODUCT_MAIN, PLATFORM_MAIN = "xs:main", "xcp:main"
"""Ids of main repositories. Up to 5.6 xs:main is the only one; from 6.0 on xcp:main is the platform and xs:main the product on it."""

SHORTEST = 100
"""Installers divide by a hundredth of a package's bytes: up to XenServer 8 their verification calls shorter ones damaged."""

_WITHOUT_RPM = frozenset({"4.1", "5.0"})
_WITH_PLATFORM = frozenset({"6.0", "6.2", "6.5"})
_WITHOUT_LIST = frozenset({"4.1", "5.0"})


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one format spells a repository; `dialects` are the generations that read it, `said` the same in words."""

    name: str
    read_repository: Callable[[bytes, str], Repository]
    read_packages: Callable[[bytes, str], tuple[Package, ...]]
    dialects: frozenset[str]
    said: str


@dataclass(slots=True)
class _Reading:
    """What was read so far of one tree."""

    repositories: dict[Place, Repository] = field(default_factory=dict)
    packages: dict[Place, tuple[Package, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_medium(files: Files, read: Read, grammar: Grammar) -> Found | None:
    """What the tree is; None when it has no repository, or its first one is in the other grammar."""
    found, faults, notes = places(files, read)
    if not found or kind_of(read(found[0].prefix + REPOSITORY_FILE)) != grammar.name:
        return None
    reading = _Reading(faults=faults, notes=notes)
    for place in found:
        _read_one(place, read, grammar, reading)
    main = _main(reading)
    dialect = (dialect_of(main.product, main.version) or "") if main else ""
    if main is not None and dialect not in grammar.dialects:
        said = f"product {main.product or '?'} {main.version or 'no version'}"
        reading.faults.append(f"{REPOSITORY_FILE}: {said} is not one that this format belongs to ({grammar.said})")
    if dialect in _WITH_PLATFORM and PLATFORM_MAIN not in {one.id for one in reading.repositories.values()}:
        said = f"no {PLATFORM_MAIN}, which installers of {dialect} look for: \"A base installation repository was not found\""
        reading.notes.append(f"{REPOSITORY_FILE}: {said}")
    if dialect in _WITHOUT_LIST:
        _forget_listed(reading, dialect)
    _check_kinds(reading, dialect)
    _check_twins(reading)
    _check_requirements(reading, main is not None)
    return _result(reading, grammar, main, dialect)


def kind_of(text: bytes) -> str:
    """`xml` for a file that begins with a tag, else `text`: what 5.6 tells apart by failing."""
    return "xml" if text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" else "text"


def _read_one(place: Place, read: Read, grammar: Grammar, reading: _Reading) -> None:
    path = place.prefix + REPOSITORY_FILE
    text = read(path)
    if kind_of(text) != grammar.name:
        other = "XML, and installers of 4.0 to 5.5 read plain lines only" if grammar.name == "text" else (
            "plain text, and installers of 5.6 to 7.0 read XML only: they end with \"XS-REPOSITORY not in XML\""
        )  # fmt: skip
        reading.faults.append(f"{path}:1:1: {other}; one medium has one format")
        return
    try:
        reading.repositories[place] = grammar.read_repository(text, path)
    except FormatError as error:
        reading.faults.append(str(error))
    path = place.prefix + PACKAGES_FILE
    try:
        reading.packages[place] = grammar.read_packages(read(path), path)
    except FormatError as error:
        reading.faults.append(str(error))


def _main(reading: _Reading) -> Repository | None:
    """The repository that says which product this is: the product's own, else the platform's."""
    by_id = {repository.id: repository for repository in reversed(reading.repositories.values())}
    return by_id.get(PRODUCT_MAIN) or by_id.get(PLATFORM_MAIN)


def _forget_listed(reading: _Reading, dialect: str) -> None:
    for place in [place for place in reading.packages if place.listed]:
        reading.notes.append(f"{place.folder}: only XS-REPOSITORY-LIST names it, and installers of {dialect} do not read that")
        reading.packages.pop(place)
        reading.repositories.pop(place, None)


def _check_kinds(reading: _Reading, dialect: str) -> None:
    for place, packages in reading.packages.items():
        index = place.prefix + PACKAGES_FILE
        for package in packages:
            if dialect in _WITHOUT_RPM and package.kind in ("rpm", "driver-rpm"):
                reading.faults.append(f"{index}:{package.line}:1: type {package.kind}: installers of {dialect} do not know it, 5.5 does")
            if package.size < SHORTEST:
                said = f"{package.file} has under {SHORTEST} bytes: the installer's own verification calls such a package damaged"
                reading.notes.append(f"{index}:{package.line}:1: {said}")


def _check_twins(reading: _Reading) -> None:
    """Two repositories of one id: the second is dropped by name when it comes to installing."""
    seen: dict[str, Place] = {}
    for place, repository in reading.repositories.items():
        first = seen.setdefault(repository.id, place)
        if first is not place:
            said = f"{repository.id} again, as in {first.prefix}{REPOSITORY_FILE}: installers keep one of the two and drop the other"
            reading.faults.append(f"{place.prefix}{REPOSITORY_FILE}:1:1: {said}")


def _check_requirements(reading: _Reading, whole: bool) -> None:
    """What a pack requires must be there when the medium has a main repository (`whole`); a pack alone meets its own at installation."""
    present = {repository.id: repository for repository in reading.repositories.values()}
    for place, repository in reading.repositories.items():
        for requirement in repository.requires:
            other = present.get(requirement.id)
            if other is None and not whole:
                continue
            if other is None or not satisfied(requirement, other):
                has = f"it has {other.version}{'-' + other.build if other.build else ''}" if other else "it is not on the medium"
                where = f"{place.prefix}{REPOSITORY_FILE}:{requirement.line}:1"
                reading.faults.append(f"{where}: {repository.id} requires {wanted(requirement)}, and {has}")


_SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
TESTS = tuple(_SIGNS)
_OPERATORS: dict[str, Callable[[object, object], bool]] = {name: getattr(operator, name) for name in TESTS}


def wanted(requirement: Requirement) -> str:
    """A requirement in the installer's own words: `xs:main >= 6.5.0`."""
    build = f"-{requirement.build}" if requirement.build else ""
    return f"{requirement.id} {_SIGNS[requirement.test]} {requirement.version}{build}"


def satisfied(requirement: Requirement, repository: Repository) -> bool:
    """Whether `repository` passes the test. Builds count where both have one."""
    left, right = _numbers(repository.version), _numbers(requirement.version)
    if requirement.build and repository.build:
        return _OPERATORS[requirement.test]((left, _build(repository.build)), (right, _build(requirement.build)))
    return _OPERATORS[requirement.test](left, right)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version))


def _build(build: str) -> tuple[int, str]:
    digits = re.match(r"\d{1,9}", build)
    return (int(digits[0]) if digits else 0, build)


def _result(reading: _Reading, grammar: Grammar, main: Repository | None, dialect: str) -> Found:
    first = next(iter(reading.repositories.values()), None)
    named = main or first
    kinds = {package.kind for packages in reading.packages.values() for package in packages}
    role = Role.MAIN if main else Role.DRIVER_DISK if kinds and kinds <= DRIVER_KINDS else Role.PACK
    product = (main.product if main else first.id if first else "")
    lines = [
        Line(place.prefix + one.file, one.kind, one.size, "MD5", one.md5, place.prefix + PACKAGES_FILE, one.line)
        for place, packages in reading.packages.items() for one in packages
    ]  # fmt: skip
    indexes = [place.prefix + name for place in reading.packages for name in (REPOSITORY_FILE, PACKAGES_FILE)]
    return Found(
        grammar.name, role, product, named.version if named else "", named.build if named else "", dialect if main else "",
        tuple(place.folder for place in reading.packages), tuple(lines), tuple(indexes), tuple(reading.faults), tuple(reading.notes),
    )  # fmt: skip
