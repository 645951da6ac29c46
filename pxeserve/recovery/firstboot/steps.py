"""Which steps the first boot of a host comes to, from its pool and its place in it. Pure: data in, data out.

Each step has a stable name, which is its name in reports and in the record, and the words of one line of shell. Refuses to know shell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.answers import Mode
from pxeserve.domain.pool import Member, Pool, Storage, StorageKind
from pxeserve.recovery.firstboot.forms import FORMS


class Role(StrEnum):
    """A host's place in its pool."""

    MASTER = "master"
    MEMBER = "member"
    SOLE = "sole"      # a pool of one
    KEPT = "kept"      # its system was upgraded: it is in its pool already, and its storage with it


@dataclass(frozen=True, slots=True)
class Step:
    """`words` are a function of the job with its words. `stops`: nothing further is done when it has failed for good. `called` is what
    people read."""

    name: str
    words: tuple[str, ...]
    called: str
    stops: bool = False


def role_of(pool: Pool, host: str, mode: Mode) -> Role:
    """The place of `host` in `pool` after an installation in `mode`."""
    if mode is Mode.UPGRADE:
        return Role.KEPT
    if pool.master != host:
        return Role.MEMBER
    return Role.MASTER if len(pool.members) > 1 else Role.SOLE


def steps(pool: Pool, host: str, role: Role, dialect: str) -> tuple[Step, ...]:
    """The steps in their order. A member is joined before its own storage is made; the licence comes before that, as toolstacks do not
    join hosts of another one. Shared storage is made once a pool, by its master."""
    member = pool.member(host) or Member(host)
    return tuple(_steps(pool, member, role, dialect))


def _steps(pool: Pool, member: Member, role: Role, dialect: str) -> Iterator[Step]:
    yield Step("toolstack", ("toolstack",), "waits for the toolstack", stops=True)
    yield Step("certificate", ("certificate",), "tells by which certificate its toolstack answers", stops=role is Role.MEMBER)
    yield Step("inventory", ("inventory",), "tells its disks, cards and versions")
    if role is Role.KEPT:
        return
    if member.iqn:
        yield Step("iqn", ("iqn", member.iqn), "sets its iSCSI name")
    said = pool.licence
    if said.edition and FORMS[dialect].editions:
        yield Step("licence", ("licence", said.edition, said.server, str(said.port)), f"takes its licence: {said.edition}")
    if role is Role.MEMBER:
        yield Step("join", ("join",), f"is joined to pool {pool.name}", stops=True)
    for number, one in enumerate(pool.storage, 1):
        if (one.shared and role is not Role.MEMBER) or (not one.shared and (not one.hosts or member.host in one.hosts)):
            yield Step(f"storage.{number}", _storage(number, one), f"makes storage {one.name}")
    default = next((one for one in pool.storage if one.default), None)
    if default is not None and role is not Role.MEMBER and (default.shared or not default.hosts or member.host in default.hosts):
        yield Step("default-storage", ("default_sr", default.name), f"makes {default.name} the pool's default storage")
    if role is not Role.MEMBER:
        yield Step("root-password", ("root_password",), "replaces root's one-time password")


def unlicensed(pool: Pool, dialect: str) -> str | None:
    """That the licence of `pool` is not taken by hosts of this generation, as a sentence; None where it is, or where none was said."""
    if not pool.licence.edition or FORMS[dialect].editions:
        return None
    return f"generation {dialect} knows no editions, so the licence {pool.licence.edition} is left out: give each host its licence file by \
hand (xe host-license-add)"


def _storage(number: int, one: Storage) -> tuple[str, ...]:
    match one.kind:
        case StorageKind.LVM | StorageKind.EXT:
            return ("local_sr", one.name, str(one.kind), one.device)
        case StorageKind.NFS:
            return ("nfs_sr", one.name, one.server, one.path)
        case StorageKind.ISO:
            return ("iso_sr", one.name, one.server, one.path)
        case StorageKind.ISCSI:
            return ("iscsi_sr", one.name, one.target, one.target_iqn, one.scsi_id, one.chap_user, chap(number))


def chap(number: int) -> str:
    """By which name the job asks for the CHAP password of the pool's storage with this number, from 1 on."""
    return f"chap.{number}"
