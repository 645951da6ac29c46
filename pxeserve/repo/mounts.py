"""On what kind of file system a path lies: inotify hears of nothing that another machine does to a network's files."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE = frozenset({"9p", "afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "gfs2", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2"})
_REMOTE |= {"orangefs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
_ESCAPE = re.compile(r"\\([0-7]{3})")


def is_remote(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether changes to `path` may come from elsewhere than this machine's own programs: a network, another guest, or a FUSE program.
    By proc(5), mountinfo: the mount with the longest path that leads to it, the last one where two are the same."""
    kind = file_system(path, mounts)
    return kind in _REMOTE or kind.startswith("fuse")


def file_system(path: Path, mounts: Path = _MOUNTS) -> str:
    """The type of the file system, as the kernel calls it; "" when it cannot be told."""
    real = os.path.realpath(path)
    best, kind = "", ""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, parted, after = line.partition(" - ")
        fields = before.split(" ")
        if not parted or len(fields) < 5:
            continue
        point = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4])
        if len(point) >= len(best) and (real == point or real.startswith(point.rstrip("/") + "/")):
            best, kind = point, after.split(" ")[0]
    return kind
