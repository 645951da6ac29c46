"""A medium: an installation source that was imported, checked and given a name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MediumState(StrEnum):
    """`good`: every package was checked and right. `damaged`: a later check found it wrong; it cannot be armed."""

    GOOD = "good"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class BootFiles:
    """Paths of the three files of a boot entry, beneath the medium's folder."""

    xen: str
    kernel: str
    initrd: str


@dataclass(frozen=True, slots=True)
class Medium:
    """One imported medium. `folder` is its folder beneath `media/` in the data folder; `revision` names this very content
    (SHA-256 over the manifest, hex) and changes with any byte of it."""

    name: str
    folder: str
    format: str
    product: str
    version: str
    build: str
    dialect: str
    revision: str
    boot: BootFiles | None
    repositories: tuple[str, ...] = ()
    state: MediumState = MediumState.GOOD
    state_reason: str = ""
    sample: bool = False
