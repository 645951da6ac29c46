"""The text format of XenServer 4.0 to 5.5: `XS-REPOSITORY` and `XS-PACKAGES`, plain lines.

Total: every line means something or is refused with file, line, column and the rule. Stricter than the installer, which
answers most mistakes with "list index out of range" ten minutes into a boot. Refuses to know where files lie.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pxeserve.domain.products import dialect_of
from pxeserve.repo.formats import packs
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Found, Read
from pxeserve.repo.formats.places import FOLDERS
from pxeserve.repo.formats.xs import (
    ID,
    MAX_PACKAGES,
    PACKAGES_FILE,
    REPOSITORY_FILE,
    SIZE,
    Package,
    Repository,
    md5_fault,
    path_fault,
)  # fmt: skip

__all__ = [
    "DIALECTS", "FOLDERS", "MARKERS", "NAME", "PACKAGES_FILE", "REPOSITORY_FILE", "FormatError", "Package", "Repository", "dialect",
    "path_fault", "read_medium", "read_packages", "read_repository", "render_packages", "render_repository",
]  # fmt: skip

NAME = "text"
MARKERS = (REPOSITORY_FILE, PACKAGES_FILE)
DIALECTS = frozenset({"4.1", "5.0", "5.5"})
"""Generations whose installers read this format."""

_LARGEST_REPOSITORY = 64 << 10
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)([A-Za-z0-9_]*)(?:-([A-Za-z0-9_.]+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Shape:
    """One package type: its fields after NAME SIZE MD5 TYPE."""

    fields: tuple[str, ...]

    @property
    def count(self) -> int:
        return 4 + len(self.fields)


_SHAPES = {
    "tbz2": _Shape(("required|optional", "FILE", "DEST")),
    "driver": _Shape(("FILE", "DEST")),
    "firmware": _Shape(("FILE",)),
    "rpm": _Shape(("FILE",)),                    # 5.5
    "driver-rpm": _Shape(("KERNEL", "FILE")),    # 5.5
}


def read_repository(text: bytes, file: str = REPOSITORY_FILE) -> Repository:
    """XS-REPOSITORY: id, shown name, and from the third line on product and version. CR LF is as good as LF. Raises FormatError."""
    if len(text) > _LARGEST_REPOSITORY:
        raise FormatError(file, 1, 1, f"{len(text)} bytes, and more than {_LARGEST_REPOSITORY} are not read")
    lines = [line.strip() for line in _decode(text, file).split("\n")]
    if not lines or not ID.fullmatch(lines[0]):
        raise FormatError(file, 1, 1, f"{lines[0] if lines else ''!r} is not an id such as xs:main (vendor, colon, name)")
    if len(lines) < 2 or not lines[1]:
        raise FormatError(file, 2, 1, "the name shown to people is missing")
    if len(lines) < 4 or not lines[2] or not lines[3]:
        return Repository(lines[0], lines[1])
    found = _VERSION.fullmatch(lines[3])
    if found is None:
        raise FormatError(file, 4, 1, f"{lines[3]!r} is not a version such as 4.1.0-7843p")
    version = f"{found[1]}.{found[2]}.{found[3]}{found[4]}"
    return Repository(lines[0], lines[1], lines[2], version, found[5] or "")


def read_packages(text: bytes, file: str = PACKAGES_FILE) -> tuple[Package, ...]:
    """XS-PACKAGES: a package a line, fields parted by exactly one blank, no blank line. Raises FormatError for the first fault."""
    content = _decode(text, file)
    lines = content.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if not lines:
        raise FormatError(file, 1, 1, "no packages: the installer's own check fails on an empty list")
    if len(lines) > MAX_PACKAGES:
        raise FormatError(file, MAX_PACKAGES + 1, 1, f"more than {MAX_PACKAGES} packages")
    packages: list[Package] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        package = _package(line, file, number)
        if package.file in seen:
            column = line.rindex(package.file) + 1
            raise FormatError(file, number, column, f"{package.file} is listed twice, first in line {seen[package.file]}")
        seen[package.file] = number
        packages.append(package)
    return tuple(packages)


def render_packages(packages: tuple[Package, ...]) -> bytes:
    """The same packages as an XS-PACKAGES file."""
    return b"".join(_line(package).encode("ascii") + b"\n" for package in packages)


def render_repository(repository: Repository) -> bytes:
    """The same repository as an XS-REPOSITORY file. Raises ValueError for what no plain line can say: requirements."""
    if repository.requires:
        raise ValueError("the text format knows no requirements")
    version = f"{repository.version}-{repository.build}" if repository.build else repository.version
    lines = [repository.id, repository.name, *([repository.product, version] if repository.product else [])]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def read_medium(files: Files, read: Read) -> Found | None:
    """What a tree of this format is; None when its first repository is not in plain lines."""
    return packs.read_medium(files, read, packs.Grammar(NAME, read_repository, read_packages, DIALECTS, "4.0 to 5.5"))


def dialect(repository: Repository) -> str | None:
    """The answerfile dialect of the product that `repository` says it belongs to; None when it names none of this format's."""
    found = dialect_of("XenServer", repository.version)
    return found if found in DIALECTS else None


def _decode(text: bytes, file: str) -> str:
    try:
        return text.decode("ascii")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - (text.rfind(b"\n", 0, error.start) + 1) + 1
        raise FormatError(file, line, column, f"byte 0x{text[error.start]:02x} is not ASCII") from None


def _package(line: str, file: str, number: int) -> Package:
    def wrong(column: int, message: str) -> FormatError:
        return FormatError(file, number, column, message)

    if "\r" in line:
        raise wrong(line.index("\r") + 1, "a carriage return: the installer reads it as part of the last field; end lines with LF alone")
    if line.strip() == "":
        raise wrong(1, "a blank line: the installer fails on it, and with it the whole source")
    if "\t" in line:
        raise wrong(line.index("\t") + 1, "a tab: fields are parted by one blank")
    if line != line.strip(" ") or "  " in line:
        column = 1 if line.startswith(" ") else (line.index("  ") + 2 if "  " in line else len(line.rstrip(" ")) + 1)
        raise wrong(column, "two blanks, or one at an end: fields are parted by exactly one blank")
    fields = line.split(" ")
    columns = [1]
    for field in fields[:-1]:
        columns.append(columns[-1] + len(field) + 1)
    if len(fields) < 4:
        raise wrong(1, f"{len(fields)} fields; a package has at least NAME SIZE MD5 TYPE FILE")
    kind = fields[3]
    shape = _SHAPES.get(kind)
    if shape is None:
        raise wrong(columns[3], f"{kind!r} is not a package type; known: {', '.join(_SHAPES)}")
    if len(fields) != shape.count:
        words = " ".join(["NAME", "SIZE", "MD5", kind, *shape.fields])
        raise wrong(1, f"{len(fields)} fields, but a {kind} package has {shape.count}: {words}")
    if not SIZE.fullmatch(fields[1]):
        raise wrong(columns[1], f"size {fields[1]!r} is not a whole number of bytes")
    fault = md5_fault(fields[2])
    if fault:
        raise wrong(columns[2], f"MD5 {fault}")
    required = True
    rest = dict(zip(shape.fields, range(4, shape.count), strict=True))
    if "required|optional" in rest:
        if fields[4] not in ("required", "optional"):
            raise wrong(columns[4], f"{fields[4]!r} is neither required nor optional")
        required = fields[4] == "required"
    position = rest["FILE"]
    path = fields[position]
    fault = path_fault(path)
    if fault:
        raise wrong(columns[position], f"file {path!r} {fault}")
    destination = fields[rest["DEST"]] if "DEST" in rest else fields[rest["KERNEL"]] if "KERNEL" in rest else ""
    if "DEST" in rest and ".." in destination.split("/"):
        raise wrong(columns[rest["DEST"]], f"destination {destination!r} leaves the root")
    return Package(fields[0], int(fields[1]), fields[2], kind, path, number, required, destination)


def _line(package: Package) -> str:
    head = [package.name, str(package.size), package.md5, package.kind]
    match package.kind:
        case "tbz2":
            tail = ["required" if package.required else "optional", package.file, package.destination]
        case "driver":
            tail = [package.file, package.destination]
        case "driver-rpm":
            tail = [package.destination, package.file]
        case _:
            tail = [package.file]
    return " ".join([*head, *tail])
