"""The disk beneath the data folder: room, files, whether it can be written, how long a sync takes, and which file system it is.

Leaves nothing behind: a sync is measured on a file without a name. Sources: threat T37; sqlite.org/wal.html ("WAL does not work over a
network filesystem"); statvfs(3); open(2), O_TMPFILE.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade

SCARCE, SHARE = 1 << 30, 0.05
"""Bytes and share below which room is scarce (threat T37)."""

LEAST = 64 << 20
"""Bytes below which the next import, log or lease fills it."""

_SYNCS, SLOW = 5, 0.05
_NETWORKED = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "afs"}
_FLEETING = {"tmpfs", "ramfs", "overlay", "squashfs"}

_FULL = Fault(
    "full",
    Grade.STOPS,
    "{free} MB are left where {folder} lies",
    "no lease is promised and no event is kept that cannot be stored; files that lie here already go on being served",
    "make room: pxeserve media list shows what lies there, pxeserve media remove NAME frees it; or move the data folder to a larger disk",
)
_SCARCE = Fault(
    "scarce",
    Grade.HARMS,
    "{free} MB ({percent} %) are left where {folder} lies",
    "the next medium will not fit, and a full disk stops leases and the record",
    "make room: pxeserve media list shows what lies there, pxeserve media remove NAME frees it",
)
_INODES = Fault(
    "inodes",
    Grade.STOPS,
    "{files} more files can be made where {folder} lies",
    "a medium has thousands; state cannot be written when there are none",
    "find what holds them: du --inodes -x -d 3 on that file system, and remove it",
)
_READ_ONLY = Fault(
    "read-only",
    Grade.STOPS,
    "{folder} is mounted read-only",
    "the service cannot keep leases, installs or the record, and does not start",
    "mount -o remount,rw {mount}; where the kernel did that by itself, look into dmesg for the disk's errors first",
)
_NETWORK_DISK = Fault(
    "network-disk",
    Grade.HARMS,
    "{folder} lies on {type}, a network's file system",
    "SQLite's locks and its shared memory do not hold there: state may be damaged, and a server that hangs stops all installations",
    "put the data folder on a disk of this machine, and media there with pxeserve media import --in-place if they must lie elsewhere",
)
_FLEETING_DISK = Fault(
    "fleeting-disk",
    Grade.HARMS,
    "{folder} lies on {type}, which is gone with a reboot or with the container",
    "hosts, leases, keys and media are gone then; keys that change make what was sealed unreadable",
    "put the data folder on a disk: [server] data; in a container mount a volume there",
)
_SLOW = Fault(
    "slow-sync",
    Grade.HARMS,
    "a sync to the disk of {folder} takes {ms} ms",
    "every lease waits for one: firmware that asked a rack at once gives up (4 s)",
    "use a disk with a write cache that is kept, or an SSD; look for what else writes there: iotop",
)


def look(around: Around) -> Seen:
    """The data folder, and media and state where they lie on other disks."""
    if not around.data.is_dir():
        yield Blind(f"{around.data}: there is no such folder, or it cannot be reached", "start the service once, or run as root")
        return
    seen: set[int] = set()
    for folder in (around.data, around.data / "state", around.data / "media"):
        try:
            device = folder.stat().st_dev
        except OSError:
            continue
        if device in seen:
            continue
        seen.add(device)
        yield from judge_room(folder, os.statvfs(folder))
        yield from _kind(around, folder)
        yield from _sync(folder)


def judge_room(folder: Path, stat: os.statvfs_result) -> Iterator[Finding]:
    """What the file system says of itself (statvfs(3))."""
    if stat.f_flag & os.ST_RDONLY:
        yield _READ_ONLY.found(str(folder), folder=folder, mount=_mount_of(folder))
        return
    free, whole = stat.f_bavail * stat.f_frsize, max(stat.f_blocks * stat.f_frsize, 1)
    words = {"free": f"{free / 1e6:.0f}", "percent": f"{100 * free / whole:.0f}", "folder": folder}
    if free < LEAST:
        yield _FULL.found(str(folder), **words)
    elif free < SCARCE or free < SHARE * whole:
        yield _SCARCE.found(str(folder), **words)
    if stat.f_files and stat.f_favail < 1000:
        yield _INODES.found(str(folder), files=stat.f_favail, folder=folder)


def _kind(around: Around, folder: Path) -> Iterator[Finding | Blind]:
    told = around.text("proc/self/mountinfo")
    if told is None:
        yield Blind("which file system it is cannot be seen: /proc/self/mountinfo cannot be read")
        return
    kind = kind_of(told, folder.resolve())
    if kind in _NETWORKED:
        yield _NETWORK_DISK.found(str(folder), folder=folder, type=kind)
    elif kind in _FLEETING:
        yield _FLEETING_DISK.found(str(folder), folder=folder, type=kind)


def kind_of(mountinfo: str, path: Path) -> str:
    """The type of the file system that `path` lies on, from proc(5)'s mountinfo; "" when no line fits."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        head, _, tail = line.partition(" - ")
        fields, types = head.split(), tail.split()
        if len(fields) < 5 or not types:
            continue
        point = fields[4].encode().decode("unicode_escape", "replace")
        if path.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), types[0]
    return kind


def _sync(folder: Path) -> Iterator[Finding | Blind]:
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        yield Blind(f"how long a sync takes was not measured in {folder}: {error.strerror}")
        return
    took = []
    try:
        for number in range(_SYNCS):
            begun = time.perf_counter()
            os.pwrite(descriptor, b"\0" * 4096, number * 4096)
            os.fsync(descriptor)
            took.append(time.perf_counter() - begun)
    except OSError as error:
        yield Blind(f"how long a sync takes was not measured in {folder}: {error.strerror}")
        return
    finally:
        os.close(descriptor)
    yield from judge_sync(folder, statistics.median(took))


def judge_sync(folder: Path, median: float) -> Iterator[Finding]:
    """What a sync of so many seconds means."""
    if median > SLOW:
        yield _SLOW.found(str(folder), folder=folder, ms=f"{median * 1000:.0f}")


def _mount_of(folder: Path) -> Path:
    path = folder.resolve()
    while not path.is_mount() and path != path.parent:
        path = path.parent
    return path


CHECK = Check(
    "disk",
    "room, files, read-only mounts, file systems and the time of a sync beneath the data folder",
    "sqlite.org/wal.html; statvfs(3); threat T37",
    (_FULL, _SCARCE, _INODES, _READ_ONLY, _NETWORK_DISK, _FLEETING_DISK, _SLOW),
    look,
)
