"""What a plan is made of, gathered by whoever asks for one: values alone. Refuses to know stores and
wires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pxeserve.domain.medium import Medium
from pxeserve.domain.pool import Pool


class Role(StrEnum):
    """What the dead host was: the `sole` one of its pool, its `master`, or another `member`."""

    MEMBER = "member"
    MASTER = "master"
    SOLE = "sole"


@dataclass(frozen=True, slots=True)
class Guest:
    """A suspended guest, with the UUID of the storage repository that its memory lies on ("" where the backup does not say)."""

    uuid: str
    name: str
    storage: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A storage repository as a backup holds it."""

    uuid: str
    name: str
    kind: str
    shared: bool


@dataclass(frozen=True, slots=True)
class Backup:
    """The newest good backup of the pool's database. `taken_at` epoch seconds."""

    id: str
    taken_at: float
    product: str
    version: str
    build: str
    repositories: tuple[Repository, ...] = ()
    suspended: tuple[Guest, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """Whether something answers at an address of the old machine. `same`: by the certificate that was pinned for it; None: nobody can say.
    `deaf`: why this server could have heard nothing there, so that silence says nothing, with `fix`. `whence` is what says that the address
    is the machine's."""

    address: str
    answers: bool
    same: bool | None = None
    deaf: str = ""
    fix: str = ""
    whence: str = ""

    @property
    def place(self) -> str:
        """The address, and whose word it is."""
        return f"{self.address} ({self.whence})" if self.whence else self.address


@dataclass(frozen=True, slots=True)
class Prepared:
    """What arming it would come to now: disks that are wiped, warnings; `refused` and `fix` where it cannot be armed.
    `digest` stands for all that would be served, and changes with any of it."""

    erases: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: str = ""
    fix: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of them. `medium` is the one that the host's profile names, `media` are all that are imported; `heard` is what came of each
    address that the old machine may have, none where nobody knocked; `address` is where the host will
    answer, "" when it is told no static one; `usual` are medians in seconds by the step's name; `other_plan` is the id of a recovery of the
    same pool that is under way; `now` epoch seconds; `successor` is the first other member that answers, where the
    master died; `damaged` says of a backup that is newer than `backup` that it is damaged, and why."""

    host: str
    profile: str
    pool: Pool
    medium: Medium | None
    media: tuple[Medium, ...]
    backup: Backup | None
    heard: tuple[Heard, ...]
    prepared: Prepared
    address: str
    now: float
    usual: Mapping[str, float] = field(default_factory=dict)
    other_plan: str = ""
    successor: str = ""
    damaged: str = ""

    @property
    def role(self) -> Role:
        """What it was."""
        if len(self.pool.members) == 1:
            return Role.SOLE
        return Role.MASTER if self.pool.master == self.host else Role.MEMBER
