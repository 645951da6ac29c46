"""What a situation is made of: files that were asked for, files of media, and what was decided when the host was armed.

Refuses to know of which boot they are, and what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.finding import Severity

_LATER = frozenset(
    code.text
    for code in (Code.URL_PASSWORD, Code.HASH_AS_PASSWORD, Code.CLEAR_PASSWORD, Code.NO_HASH, Code.WEAK_PASSWORD, Code.NO_SR)
)
"""What the linter finds that stops no installation."""


class File(StrEnum):
    """What a file of a network boot is."""

    LOADER = "loader"      # what firmware starts: pxelinux.0, GRUB, shim, iPXE
    MODULE = "module"      # what a loader loads of its own: .c32, .mod, .lst
    MENU = "menu"
    KERNEL = "kernel"
    RAM_DISK = "RAM disk"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file that was asked for and what became of it. `name` is relative to the boot's folder; `outcome` is done, part, or how it went
    wrong; `size` is None where it is not known; `answered`: the client acknowledged at least one packet; `screen` is the code that its
    firmware shows; `detail` what the client said; `rule` what resolved the name."""

    name: str
    what: File
    by: str
    outcome: str
    bytes: int = 0
    size: int | None = None
    blksize: int | None = None
    resent: int = 0
    answered: bool = True
    screen: str = ""
    detail: str = ""
    rule: str = ""

    @property
    def whole(self) -> bool:
        """Whether all of it came."""
        return self.outcome == "done"

    @property
    def probe(self) -> bool:
        """Whether it was asked for its size or a part only, which is no failure."""
        return self.outcome in ("aborted-probe", "part")

    @property
    def missed(self) -> bool:
        """Whether there is no such file for this machine."""
        return self.outcome in ("refused:1", "refused:2", "not-found")


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a medium that the installer fetched. `outcome` is done, cut, not-found or changed; `package` is its number, if any."""

    medium: str
    path: str
    outcome: str
    status: int = 200
    bytes: int = 0
    total: int = 0
    package: int | None = None
    packages: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the linter had to say of the answerfile when the host was armed. `line` counts from 1."""

    code: str
    severity: str
    line: int
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Armed:
    """What was decided when the host was armed, as the record keeps it. `disks` and `cards` are the names in its answerfile; `fixed`: its
    address is in the answerfile; `source` the kind of its packages' address; `device` the card that fetches the answerfile; `vlan` the
    words that name one; `stages` the hooks that report, None where that is not on record; `first_boot`: its system was given a
    job for its first boot."""

    mode: str = "fresh"
    interactive: bool = False
    plain: bool = False
    medium: str = ""
    dialect: str = ""
    findings: tuple[Finding, ...] = ()
    disks: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    fixed: bool = False
    source: str = ""
    device: str = ""
    vlan: str = ""
    stages: tuple[str, ...] | None = None
    first_boot: bool = False

    def said(self, *codes: Code) -> Finding | None:
        """The first finding of one of these codes."""
        wanted = {code.text for code in codes}
        return next((one for one in self.findings if one.code in wanted), None)

    @property
    def suspect(self) -> Finding | None:
        """The first finding at which an installer may stop or do something else: a warning, unless it is about passwords or what comes
        after the installation."""
        grave = (one for one in self.findings if one.severity != Severity.INFO)
        return next((one for one in grave if one.code not in _LATER and "first boot" not in one.message), None)
