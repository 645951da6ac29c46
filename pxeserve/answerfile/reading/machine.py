"""What an installer's parser asks of the machine it runs on, and what is answered when no machine is known.

With no machine, what a file names is there: any interface with a possible name or MAC, any disk with a possible name, one installation and
one backup on the disk that is named. A name that no scan could ever give (white space in it, a path that is not plain) is not there.
Refuses to know the file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NIC = re.compile(r"[^\s/:]{1,15}")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Machine:
    """What is there. `nics` are MACs in small letters by name; `disks` paths such as `/dev/sda`; `links` the disk behind a path of
    `/dev/disk/`, and behind an `iscsi:` specification; `installations` and `backups` the disks that carry one, in the order of the scan;
    `large_block` the disks with 4 KiB sectors; `masters` the multipath device over a disk;
    `large_block_sr` the SR type for such disks that this very medium offers, when its generation is not known for one."""

    nics: Mapping[str, str] = field(default_factory=dict)
    disks: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    installations: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    large_block: frozenset[str] = frozenset()
    masters: Mapping[str, str] = field(default_factory=dict)
    large_block_sr: str | None = None


def has_nic(machine: Machine | None, name: str) -> bool:
    """Whether there is an interface of this name."""
    return _NIC.fullmatch(name) is not None if machine is None else name in machine.nics


def nics_with(machine: Machine | None, mac: str) -> int:
    """How many interfaces have this MAC address, letter by letter."""
    if machine is None:
        return int(_MAC.fullmatch(mac) is not None)
    return sum(one == mac for one in machine.nics.values())


def resolved(machine: Machine | None, path: str) -> str:
    """A path without links, dots and doubled slashes."""
    plain = posixpath.normpath(path)
    return plain if machine is None else machine.links.get(plain, plain)


def has_disk(machine: Machine | None, path: str) -> bool:
    """Whether there is such a disk."""
    return _possible(path) if machine is None else path in machine.disks


def has_lun(machine: Machine | None, spec: str) -> bool:
    """Whether the LUN of an `iscsi:` specification is there."""
    return machine is None or spec in machine.links


def has_path(machine: Machine | None, path: str) -> bool:
    """Whether the path is there at all: a disk, or the folder of devices itself."""
    return path == "/dev" or has_disk(machine, path)


def installations_on(machine: Machine | None, path: str, *, by_identity: bool) -> int:
    """How many installations lie on the disk `path`, letter by letter; `by_identity`: or on the one whose identity that is."""
    if machine is None:
        return int(_possible(path) and (by_identity or not path.startswith("/dev/disk/")))
    identities = {path, machine.links.get(path, path)} if by_identity else {path}
    return sum(disk in identities for disk in machine.installations)


def master_of(machine: Machine | None, path: str) -> str | None:
    """The multipath device over this disk."""
    return None if machine is None else machine.masters.get(path)


def _possible(path: str) -> bool:
    """Whether a scan for disks could give this path."""
    return re.fullmatch(r"/dev/\S+", path) is not None and posixpath.normpath(path) == path
