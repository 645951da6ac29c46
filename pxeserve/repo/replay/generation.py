"""What one generation's installer asks for and how, as data. Refuses to know sockets and files.

Facts are from the installer's own source at each release's date: `repository.py`, `tui/repo.py`, `backend.py`; and from the Python that
each release carried (4.1 to 6.5: 2.4, 7.0 to 8.x: 2.7, XenServer 9: 3), whose `urllib2`, `httplib` and `ftplib` speak for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pxeserve.errors import PxeserveError


class Format(StrEnum):
    """A repository format, in the words of `Medium.format` without the vendor."""

    TEXT = "text"
    XML = "xml"
    YUM = "yum"


class Over(StrEnum):
    """The protocol of a source."""

    HTTP = "http"
    NFS = "nfs"
    FTP = "ftp"


class FtpProbe(StrEnum):
    """How "is it there" is asked over FTP: by a list of names, by SIZE in ASCII mode, or by beginning to fetch it."""

    NLST = "nlst"
    SIZE = "size"
    RETR = "retr"


@dataclass(frozen=True, slots=True)
class Speech:
    """How the generation's Python speaks. `quotes`: names are percent-encoded; `agent`: the User-Agent of its urllib."""

    python: tuple[int, int]
    agent: str
    quotes: bool
    ftp_probe: FtpProbe


@dataclass(frozen=True, slots=True)
class Check:
    """The installer's own "verify installation source". `tiny_is_damaged`: a package listed with less than 100 bytes always counts as
    damaged; `empty_crashes`: a repository without packages ends the check with an error; `comma`: three names are "a, b, and c"."""

    tiny_is_damaged: bool = True
    empty_crashes: bool = False
    comma: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """One dialect's installer. `reads` in the order in which it looks; `folder_list`: it reads XS-REPOSITORY-LIST; `main`: the repository
    without which it installs nothing; `looks_first`: unattended, it opens the source before it touches a disk; `yum_kinds`: what it
    tells apart at a yum address, first hit wins; `system_section`: it knows `[system-v1]`; `signs`: it checks signatures when `.treeinfo`
    names keys; `keys_copied`: it fetches every key that `.treeinfo` names; `targets`: what it asks yum or dnf for."""

    dialect: str
    reads: tuple[Format, ...]
    speech: Speech
    check: Check
    main: str
    folder_list: bool = False
    looks_first: bool = False
    yum_kinds: tuple[str, ...] = ()
    system_section: bool = False
    build_section: bool = False
    signs: bool = False
    keys_copied: bool = False
    targets: tuple[str, ...] = ()


FOLDERS = ("", "packages", "packages.main", "packages.linux", "packages.site")
"""Where text and XML repositories are looked for below the address, in this order (4.1 to 7.0)."""

_OLD = Speech((2, 4), "Python-urllib/2.4", quotes=False, ftp_probe=FtpProbe.NLST)
_MIDDLE = Speech((2, 7), "Python-urllib/2.7", quotes=True, ftp_probe=FtpProbe.SIZE)
_MODERN = replace(_MIDDLE, ftp_probe=FtpProbe.RETR)
_THREE = Speech((3, 9), "Python-urllib/3.9", quotes=True, ftp_probe=FtpProbe.RETR)
_GROUPS = ("@xenserver_base", "@xenserver_dom0")

_4_1 = Generation("4.1", (Format.TEXT,), _OLD, Check(empty_crashes=True, comma=True), "xs:main")
_5_5 = replace(_4_1, dialect="5.5", folder_list=True)
_5_6 = replace(_5_5, dialect="5.6", reads=(Format.XML,))
_6_0 = replace(_5_6, dialect="6.0", speech=replace(_OLD, quotes=True), main="xcp:main")
_6_2 = replace(_6_0, dialect="6.2", check=Check(empty_crashes=True))
_7_0 = replace(
    _6_2, dialect="7.0", reads=(Format.YUM, Format.XML), speech=_MIDDLE, check=Check(), yum_kinds=("main",), targets=_GROUPS
)  # fmt: skip
_7_1 = replace(
    _7_0, dialect="7.1", reads=(Format.YUM,), folder_list=False, looks_first=True, yum_kinds=("main", "update"), keys_copied=True
)  # fmt: skip
_8_2 = replace(_7_1, dialect="8.2", speech=_MODERN, build_section=True)
_XS8 = replace(_8_2, dialect="xs8", yum_kinds=("main", "update", "plain"), system_section=True, signs=True, keys_copied=False)

GENERATIONS = {
    one.dialect: one
    for one in (
        _4_1,
        replace(_4_1, dialect="5.0"),
        _5_5,
        _5_6,
        _6_0,
        _6_2,
        replace(_6_2, dialect="6.5"),
        _7_0,
        _7_1,
        _8_2,
        replace(_8_2, dialect="xcp-8.2", targets=("xcp-ng-deps",)),
        _XS8,
        replace(_XS8, dialect="xcp-8.3", targets=("xcp-ng-deps",)),
        replace(_XS8, dialect="xs9", speech=_THREE, check=Check(tiny_is_damaged=False)),
    )
}
"""All generations by dialect."""


def generation(dialect: str) -> Generation:
    """The generation called `dialect`. Raises PxeserveError naming those that there are."""
    try:
        return GENERATIONS[dialect]
    except KeyError:
        raise PxeserveError(f"there is no dialect {dialect!r}", fix=f"known: {', '.join(GENERATIONS)}") from None
