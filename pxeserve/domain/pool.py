"""Resource pools: which hosts belong together, who leads them, and the storage and networks they share. Refuses to know how any of it is
reached or stored.

A pool is what recovery goes by: a host alone is a pool of one. Passwords are no part of it: they lie sealed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address


class StorageKind(StrEnum):
    """A storage repository's type in the words of `xe sr-create`."""

    LVM = "lvm"            # a local disk, logical volumes
    EXT = "ext"            # a local disk, files
    NFS = "nfs"            # shared: a server's exported folder
    ISCSI = "lvmoiscsi"    # shared: a LUN of a target
    ISO = "iso"            # shared: images to install guests from, an exported folder


LOCAL_KINDS = frozenset({StorageKind.LVM, StorageKind.EXT})
"""Kinds that lie on a host's own disks: an installation may wipe them. The others are made once a pool, by its master."""


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage repository. Local kinds have `device` (`/dev/sdb`) and are made on every host of the pool, or on `hosts` alone; `nfs` and
    `iso` have `server` and `path`; `lvmoiscsi` has `target` (address), `target_iqn`, `scsi_id`, and `chap_user` where CHAP is asked for
    (its password lies sealed). `default`: guests and suspended images go there unless somebody says otherwise."""

    name: str
    kind: StorageKind
    device: str = ""
    hosts: tuple[str, ...] = ()
    server: str = ""
    path: str = ""
    target: str = ""
    target_iqn: str = ""
    scsi_id: str = ""
    chap_user: str = ""
    default: bool = False

    @property
    def shared(self) -> bool:
        """Whether all hosts of the pool use it."""
        return self.kind not in LOCAL_KINDS


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the pool: its name in the pool's database, the card of every host that it is on (`eth1`), and its VLAN (0: none)."""

    name: str
    device: str
    vlan: int = 0


@dataclass(frozen=True, slots=True)
class Licence:
    """Where hosts take their licence from: `edition` as `xe host-apply-edition` reads it, with the licence server; "" for none."""

    edition: str = ""
    server: str = ""
    port: int = 27000


@dataclass(frozen=True, slots=True)
class Member:
    """A host in a pool, by the host's name. `iqn` is its iSCSI initiator's name, "" when none was said. `fingerprint` is the SHA-256 of the
    certificate with which its toolstack answers, hex, "" while nobody has told it; `heard_at` epoch seconds of when."""

    host: str
    iqn: str = ""
    fingerprint: str = ""
    heard_at: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool. `master` is one of `members` by name. `product` and `version` are what it runs (`XCP-ng`, `8.3.0`), "" while nobody has
    said or seen it. `address` is where its master's toolstack answers when that is not the master's own static address."""

    name: str
    master: str
    members: tuple[Member, ...] = ()
    product: str = ""
    version: str = ""
    storage: tuple[Storage, ...] = ()
    networks: tuple[Network, ...] = ()
    licence: Licence = Licence()
    user: str = "root"
    address: IPv4Address | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of its hosts, the master first."""
        return (self.master, *sorted(one.host for one in self.members if one.host != self.master))

    def member(self, host: str) -> Member | None:
        """That host's place in the pool."""
        return next((one for one in self.members if one.host == host), None)
