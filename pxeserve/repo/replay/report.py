"""What a replay tells: the requests as an access log would have them, what was found, what was checked, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked. `phase` is find, check or install; `path` is below the source's address, as it was sent; `status` is HTTP's, FTP's
    last reply, or None where there is none; `bytes` of the body that were taken. `outcome`: there, not there, whole, cut, refused or no
    answer.
    `commands` are FTP's, each with its reply."""

    phase: str
    method: str
    path: str
    status: int | None
    bytes: int
    outcome: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository as the installer knows it. `folder` is below the address; `times` is how often it was found."""

    identity: str
    name: str
    folder: str
    format: str
    packages: int
    times: int


@dataclass(frozen=True, slots=True)
class Package:
    """A package about which somebody has something to say. `installer` is the verdict of the installer's own check (right, damaged or
    present), `ours` what reading it shows (right, or what is wrong), `because` why the two differ or what the installer met."""

    repository: str
    name: str
    file: str
    installer: str
    ours: str
    because: str


@dataclass(frozen=True, slots=True)
class Quirk:
    """A habit of this generation that matters here: a short name, what it does, and what helps."""

    name: str
    text: str
    fix: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the installer's own, word for word. `when`: at the choice of a location, in the verification, or in an installation."""

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole replay. `ok`: this installer would install from the address to the end, and its own check passes. `checked` packages were
    read or looked for; `packages` names only those with which something is the matter."""

    medium: str
    dialect: str
    over: str
    address: str
    ok: bool
    installs: bool
    check_passes: bool
    verdict: str
    fix: str
    requests: tuple[Request, ...]
    repositories: tuple[Repository, ...]
    checked: int
    packages: tuple[Package, ...]
    said: tuple[Said, ...]
    quirks: tuple[Quirk, ...]
    not_walked: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(slots=True)
class Log:
    """Where accessors write down what they asked, in order. `phase` is set by whoever leads the walk."""

    phase: str = "find"
    requests: list[Request] = field(default_factory=list)

    def add(self, method: str, path: str, status: int | None, size: int, outcome: str, commands: tuple[str, ...] = ()) -> None:
        """Write one request down."""
        self.requests.append(Request(self.phase, method, path, status, size, outcome, commands))

    def of(self, phase: str) -> Iterator[Request]:
        """The requests of one phase."""
        return (one for one in self.requests if one.phase == phase)
