"""NFS-Ganesha's configuration, and what its log says that matters to us (release 4.3).

Every medium is an export of its own, read-only, with the same path in NFSv3 and v4 (`mount_path_pseudo`). Everybody is squashed to the
service's own user, which can read what it imported. No lock manager, no quotas, no Kerberos; and no UDP but for asking to mount, as old
clients do first: an answer there is as short as its question, while a file over UDP could be had sent to somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from pxeserve.repo.exported import Export

_CORE = """\
NFS_CORE_PARAM {{
    Bind_addr = {bind};
    NFS_Port = {port};
    MNT_Port = {mount_port};
    mount_path_pseudo = true;
    Protocols = {versions};
    Enable_NLM = false;
    Enable_RQUOTA = false;
    Enable_UDP = {udp};
    NSM_Use_Caller_Name = true;
    Plugins_Dir = "{plugins}";
}}
NFSv4 {{
    Graceless = true;
    RecoveryBackend = fs;
    RecoveryRoot = "{recovery}";
    Allow_Numeric_Owners = true;
    Only_Numeric_Owners = true;
    Minor_Versions = 0, 1, 2;
}}
NFS_KRB5 {{ Active_krb5 = false; }}
LOG {{ Default_Log_Level = EVENT; }}
"""
_EXPORT = """\
EXPORT {{
    Export_Id = {id};
    Path = "{path}";
    Pseudo = "{pseudo}";
    Access_Type = RO;
    Squash = All_Squash;
    Anonymous_Uid = {uid};
    Anonymous_Gid = {gid};
    Protocols = {versions};
    Transports = TCP;
    PrivilegedPort = false;
    SecType = sys, none;
    FSAL {{ Name = VFS; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What does not change with the media. `uid` and `gid` are whom everybody is taken for; `recovery` and `plugins` are folders."""

    bind: IPv4Address
    port: int
    mount_port: int
    versions: tuple[int, ...]
    uid: int
    gid: int
    recovery: Path
    plugins: Path


def render(settings: Settings, exports: Sequence[Export]) -> str:
    """The whole configuration."""
    versions = ", ".join(str(version) for version in settings.versions)
    core = _CORE.format(
        bind=settings.bind, port=settings.port, mount_port=settings.mount_port, versions=versions, plugins=settings.plugins,
        recovery=settings.recovery, udp="Mount" if 3 in settings.versions else "false",
    )  # fmt: skip
    blocks = (
        _EXPORT.format(id=one.id, path=one.path, pseudo=one.pseudo, uid=settings.uid, gid=settings.gid, versions=versions)
        for one in exports
    )  # fmt: skip
    return core + "".join(blocks)


def towards(loaded: Sequence[Export], wanted: Sequence[Export]) -> tuple[Export, ...]:
    """What to load next on the way from `loaded` to `wanted`.

    Ganesha refuses an export whose path is still another's when it reads its file again, and has neither then: what is to be
    replaced has to go first.
    """
    here = {one.pseudo: one for one in loaded}
    replaced = {one.pseudo for one in wanted if one.pseudo in here and here[one.pseudo] != one}
    return tuple(one for one in loaded if one.pseudo not in replaced) if replaced else tuple(wanted)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the log: its level (FATAL, MAJ, CRIT, WARN, EVENT, ...), the part that speaks and the text."""

    level: str
    part: str
    text: str

    @property
    def initialised(self) -> bool:
        """Whether it serves now."""
        return "NFS SERVER INITIALIZED" in self.text

    @property
    def reloaded(self) -> bool:
        """Whether it has read its exports again."""
        return self.text == "Reread exports complete"

    @property
    def not_exported(self) -> str:
        """The path of an export that could not be made, else empty."""
        found = re.fullmatch(r"Could not create export for \((.*?)\) to \(.*\)", self.text)
        return found[1] if found else ""

    @property
    def grave(self) -> bool:
        """Whether a person should read it. D-Bus and Kerberos are always missed, and never needed; nor is a portmapper for NFSv4."""
        noise = self.part in ("DBUS", "NFS CB", "TIRPC") or self.text == "Cannot register NFS V4 on TCP"
        return self.level in ("FATAL", "MAJ", "CRIT") and not noise


_LINE = re.compile(r"[^\[\]]*\[[^\]]*\] \S+ :([A-Z0-9_ ]+) :([A-Z_]+) :(.*)")


def said(line: str) -> Said | None:
    """What a line of the log says; None for one that is not of its form."""
    found = _LINE.match(line)
    return Said(found[2], found[1], found[3].strip()) if found else None
