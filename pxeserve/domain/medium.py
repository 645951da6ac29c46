"""A medium: an installation source that was imported, checked and given a name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MediumState(StrEnum):
    """`good`: every package was checked and right. `damaged`: a later check found it wrong; it cannot be armed."""

    GOOD = "good"
    DAMAGED = "damaged"


class Role(StrEnum):
    """What a medium is to an installer: `main` installs a product by itself; a `pack` (supplemental pack, a site's own repository) and a
    `driver-disk` come on top of one; `netinstall` has boot files and no packages, which come from another address."""

    MAIN = "main"
    PACK = "pack"
    DRIVER_DISK = "driver-disk"
    NETINSTALL = "netinstall"


class Lies(StrEnum):
    """Where a medium's bytes are: `copied` into the data folder, `in-place` in the administrator's own folder, or in an ISO `image`."""

    COPIED = "copied"
    IN_PLACE = "in-place"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class BootFiles:
    """Paths of the three files of a boot entry, beneath the medium's folder."""

    xen: str
    kernel: str
    initrd: str


@dataclass(frozen=True, slots=True)
class Medium:
    """One imported medium. `folder` is its folder beneath `media/` in the data folder; `revision` names this very content
    (SHA-256 over the manifest, hex) and changes with any byte of it. `place` is the absolute path of the folder or image of a
    medium that was not copied. Only a `main` one and a `netinstall` one have a dialect; a pack's `product` is its own id, such as
    custom:my-repo. A `netinstall` one has no version unless somebody said it."""

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
    role: Role = Role.MAIN
    lies: Lies = Lies.COPIED
    place: str = ""
