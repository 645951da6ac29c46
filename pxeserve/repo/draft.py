"""A repository that a site is about to write: what it says of itself, its packages, and how a file's name tells a package's type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pxeserve.errors import PxeserveError
from pxeserve.repo.formats import packs
from pxeserve.repo.formats.interface import FileSums
from pxeserve.repo.formats.xs import KINDS, Package, Repository, Requirement

FORMATS = ("text", "xml", "yum")

_ENDS = {
    ".tar.bz2": "tbz2", ".tbz2": "tbz2", ".tbz": "tbz2", ".ko": "driver", ".rpm": "rpm",
    ".bin": "firmware", ".fw": "firmware", ".ucode": "firmware",
}  # fmt: skip
_REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+)\s*(>=|<=|!=|=|>|<)\s*(\d[A-Za-z0-9_.]*)(?:-([A-Za-z0-9_.]+))?", re.ASCII)
_TESTS = {"=": "eq", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge"}


@dataclass(frozen=True, slots=True)
class Telling:
    """What a person says of one package: its type (None: its name tells), where it goes, for which kernel, rpm's options."""

    kind: str | None = None
    destination: str = ""
    kernel: str = ""
    options: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """One repository. `id` is vendor:name; `version` is the target product's in the text format, and the pack's own in the others.
    The packages of a yum one are whatever RPMs lie in its folder."""

    format: str
    id: str
    title: str
    product: str = ""
    version: str = ""
    build: str = ""
    requires: tuple[Requirement, ...] = ()
    packages: tuple[Package, ...] = ()
    driver_disk: bool = False

    @property
    def repository(self) -> Repository:
        """What XS-REPOSITORY is to say."""
        return Repository(self.id, self.title, self.product, self.version, self.build, self.requires)

    @property
    def label(self) -> str:
        """The name in the id: a yum pack has no vendor."""
        return self.id.partition(":")[2]


def package_of(sums: FileSums, draft: Draft, telling: Telling) -> Package:
    """The package that a file becomes. Raises PxeserveError when nothing tells its type."""
    name = sums.path.rpartition("/")[2]
    end = next((end for end in _ENDS if name.lower().endswith(end)), "")
    kind = telling.kind or _ENDS.get(end)
    if kind is None:
        fix = f"say it with --package {sums.path}=TYPE, or take the file out of the folder"
        raise PxeserveError(f"{sums.path}: nothing tells its package type; types are {', '.join(KINDS)}", fix=fix)
    if kind not in KINDS:
        raise PxeserveError(f"{sums.path}: {kind!r} is not a package type; types are {', '.join(KINDS)}")
    if kind == "rpm" and draft.driver_disk and draft.format != "yum" and telling.kind is None:
        kind = "driver-rpm"
    label = name[: len(name) - len(end)] if end else name
    options = telling.options or ("-U" if kind in ("rpm", "driver-rpm") and draft.format == "xml" else "")
    return Package(label, sums.size, sums.md5, kind, sums.path, 0, telling.required, _destination(name, kind, draft, telling), options)


def kernel_word(draft: Draft) -> str:
    """What an installer replaces by its kernel's version in a driver's destination: another word from 6.0 on."""
    old = draft.format == "text" or any(one.id == "xs:main" and one.version.startswith("5.6") for one in draft.requires)
    return "${KERNEL_VERSION}" if old else "${LINUX_KABI_VERSION}"


def requirement_of(said: str) -> Requirement:
    """`xs:main>=6.5.0-90233c` as a requirement. Raises PxeserveError."""
    found = _REQUIREMENT.fullmatch(said.strip())
    if found is None:
        raise PxeserveError(f"{said!r} is not a requirement such as xs:main>=6.5.0; tests are {' '.join(_TESTS)}")
    return Requirement(found[1], _TESTS[found[2]], found[3], found[4] or "")


def telling_of(said: str) -> tuple[str, Telling]:
    """`FILE=TYPE[,destination=D][,kernel=K][,options=O][,optional]` as a file's name and what is told of it. Raises PxeserveError."""
    file, separator, rest = said.partition("=")
    kind, *words = rest.split(",")
    told: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in ("destination", "kernel", "options", "optional") or (key != "optional" and not value):
            raise PxeserveError(f"{said!r}: {word!r} is none of destination=, kernel=, options= and optional")
        told[key] = value
    if not separator or not file or not kind:
        raise PxeserveError(f"{said!r} is not FILE=TYPE; types are {', '.join(KINDS)}")
    return file, Telling(kind, told.get("destination", ""), told.get("kernel", ""), told.get("options", ""), "optional" not in told)


def wanted_in_words(requirement: Requirement) -> str:
    """A requirement as people write it."""
    return packs.wanted(requirement).replace(" ", "")


def _destination(name: str, kind: str, draft: Draft, telling: Telling) -> str:
    match kind:
        case "tbz2":
            return telling.destination or "/"
        case "driver":
            return telling.destination or f"/lib/modules/{kernel_word(draft)}/extra/{name}"
        case "driver-rpm":
            return telling.kernel or "any"
    return ""
