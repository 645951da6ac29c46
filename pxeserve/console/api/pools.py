"""Pools of hosts, as the API speaks of them."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Name, Settings

_SET = (
    "`product`, `version`, `address`, `user`, `iqn.HOST`, `storage.NAME.KEY`, `networks.NAME.KEY`, `licence.KEY`, as KEY=VALUE; "
    "`storage.NAME=` takes a storage away."
)


class PoolAdd(Body):
    """A new pool."""

    name: Name = Field(description="Lower-case letters, digits, dots and hyphens, 63 at most.")
    master: Name = Field(description="The host that leads it.")
    add: list[Name] = Field([], max_length=64, description="Its other hosts.")
    set: Settings = Field([], description=_SET)


class PoolSet(Body):
    """What changes. What is left out stays."""

    master: Name | None = Field(None, description="The host that leads it from now on.")
    add: list[Name] | None = Field(None, max_length=64, description="Hosts that come in.")
    drop: list[Name] | None = Field(None, max_length=64, description="Hosts that go.")
    set: Settings | None = Field(None, description=_SET)


class PoolSecret(Body):
    """A password. It is sealed, and never told."""

    password: str = Field(max_length=255, description="Empty: it is forgotten.")
    storage: Name | None = Field(None, description="The storage whose CHAP password it is; else it is that of the pool's user.")


class PoolTrust(Body):
    """A host's certificate."""

    host: Name
    fingerprint: str = Field(max_length=200, description="Its SHA-256, hex; empty: it is not known.")


class PoolStorage(Answer):
    """A storage repository. What a kind does not have is empty."""

    name: str
    kind: str = Field(description="lvm, ext, nfs, lvmoiscsi or iso, as `xe sr-create` has it.")
    shared: bool = Field(description="Made once for the pool; else on every host of it, or on `hosts`.")
    default: bool
    device: str
    hosts: list[str]
    server: str
    path: str
    target: str
    target_iqn: str
    scsi_id: str
    chap_user: str


class PoolNetwork(Answer):
    """A network on a card of every host."""

    name: str
    device: str
    vlan: int = Field(description="0 for none.")


class PoolLicence(Answer):
    """Where its hosts take their licence from."""

    edition: str
    server: str
    port: int


class Pool(Answer):
    """A pool in short."""

    name: str
    master: str
    hosts: list[str] = Field(description="The master first.")
    product: str
    version: str
    address: str | None = Field(description="Where its master answers, when that is not the master's own static address.")
    user: str
    storage: list[PoolStorage]
    networks: list[PoolNetwork]
    licence: PoolLicence


class PoolMember(Answer):
    """A host in it."""

    host: str
    master: bool
    iqn: str = Field(description="Its iSCSI initiator's name; empty when none was said.")
    address: str | None = Field(description="Its static address.")
    state: str = Field(description="Of its newest install, or idle.")
    profile: str
    fingerprint: str | None = Field(description="SHA-256 of the certificate by which its toolstack answers; null while it is not known.")
    heard_at: float | None = Field(description="When that was told, epoch seconds.")


class PoolShown(Pool):
    """A pool whole."""

    members: list[PoolMember]
    password: bool = Field(description="Whether the password of its user was given.")
    chap: list[str] = Field(description="The storage for which a CHAP password was given.")
    notes: list[str] = Field(description="What is worth knowing, a sentence each.")
    revision: str = Field(description="Changes with any part of it that people edit; the first half of its ETag.")


ROUTES = (
    Route("GET", "/pools", "pool.list", "Pools, by name", Pool, query=Found, way=Way.LIST),
    Route("POST", "/pools", "pool.add", "Make a pool of hosts", PoolShown, body=PoolAdd, status=201),
    Route("GET", "/pools/{name}", "pool.show", "One pool", PoolShown, way=Way.ONE),
    Route("PATCH", "/pools/{name}", "pool.set", "Change a pool, its hosts, storage and networks", PoolShown, body=PoolSet, way=Way.EDIT),
    Route("DELETE", "/pools/{name}", "pool.remove", "Forget a pool; its hosts stay", Removed, way=Way.REMOVE),
    Route("PUT", "/pools/{name}/secret", "pool.secret", "Give its password, or that of a storage", PoolShown, body=PoolSecret),
    Route("PUT", "/pools/{name}/certificate", "pool.trust", "Say by which certificate a host of it answers", PoolShown, body=PoolTrust),
)
