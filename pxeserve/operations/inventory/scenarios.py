"""A pool in the form in which people declare it: tables and texts from outside, checked and made a `Pool`, and the way back.

Each thing is checked by itself, and the things of one pool beside each other. Refuses to know hosts, profiles and media; that is `pooled`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from typing import Any

from pxeserve.domain.pool import LOCAL_KINDS, Licence, Member, Network, Pool, Storage, StorageKind
from pxeserve.errors import PxeserveError, quoted
from pxeserve.operations.words import pooling
from pxeserve.operations.words.settings import Setting, put

MOST = 64
"""Members of a pool, and storage repositories and networks of one: as many hosts as XAPI ever took into a pool."""
KEYS = ("name", "master", "members", "product", "version", "address", "user", "storage", "networks", "licence")
_LISTS = {"members": "host", "storage": "name", "networks": "name"}
"""Lists of a pool, and the key by which their items are told apart."""
_NEEDED = {
    StorageKind.LVM: ("device",), StorageKind.EXT: ("device",), StorageKind.NFS: ("server", "path"), StorageKind.ISO: ("server", "path"),
    StorageKind.ISCSI: ("target", "target_iqn", "scsi_id"),
}  # fmt: skip
_MAY = {StorageKind.LVM: ("hosts", "default"), StorageKind.EXT: ("hosts", "default"), StorageKind.NFS: ("default",), StorageKind.ISO: (),
        StorageKind.ISCSI: ("chap_user", "default")}  # fmt: skip
_CHECKS: Mapping[str, Callable[[str], str]] = {
    "device": pooling.device, "server": pooling.server, "path": pooling.path, "target": pooling.address, "target_iqn": pooling.iqn,
    "scsi_id": pooling.scsi_id, "chap_user": pooling.user,
}  # fmt: skip


def pool_of(values: Mapping[str, Any]) -> Pool:
    """The pool that `values` declare, with `KEYS`. Raises PxeserveError that names the pool, the thing in it and the key."""
    _known(values, KEYS, "a pool")
    name = pooling.pool_name(_text(values.get("name"), "the name of a pool"))
    with _within(f"pool {name}"):
        members = tuple(sorted((_member(one) for one in _items(values, "members")), key=lambda one: one.host))
        found = Pool(
            name, _text(values.get("master"), "master").lower(), members,
            _checked(values, "product", pooling.product), _checked(values, "version", pooling.version),
            tuple(_storage(one) for one in _items(values, "storage")), tuple(_network(one) for one in _items(values, "networks")),
            _licence(values.get("licence")), _checked(values, "user", pooling.user) or "root", None,
        )  # fmt: skip
        if values.get("address") not in (None, ""):
            with _within("address"):
                found = replace(found, address=pooling.ipv4(str(values["address"])))
        _beside(found)
    return found


def plain(pool: Pool) -> dict[str, Any]:
    """`pool` as it is declared: what is empty, or as it usually is, left out. No secret is part of it, and no certificate."""
    members = [{"host": one.host, "iqn": one.iqn} if one.iqn else {"host": one.host} for one in pool.members]
    found = {
        "name": pool.name, "master": pool.master, "members": members, "product": pool.product, "version": pool.version,
        "address": str(pool.address) if pool.address else "", "user": pool.user if pool.user != "root" else "",
        "storage": [_filled(asdict(one)) for one in pool.storage], "networks": [_filled(asdict(one)) for one in pool.networks],
        "licence": _filled({key: value for key, value in asdict(pool.licence).items() if getattr(Licence(), key) != value}),
    }  # fmt: skip
    return _filled(found)


def tables(pool: Pool) -> dict[str, Any]:
    """The same, its lists as tables by the names of their items."""
    found = plain(pool)
    for section, key in _LISTS.items():
        items = found.pop(section, [])
        found[section] = {one[key]: {name: value for name, value in one.items() if name != key} for one in items}
    return found


def changed(pool: Pool, wanted: Sequence[Setting]) -> Pool:
    """`pool` with these settings: `product`, `version`, `address`, `user`, `licence.KEY`, `iqn.HOST`, `storage.NAME.KEY`,
    `networks.NAME.KEY`; nothing takes any of them away, a storage and a network as a whole too. Raises PxeserveError."""
    values = tables(pool)
    for setting in wanted:
        keys = setting.keys
        if keys[0] == "iqn" and len(keys) == 2:
            if keys[1].lower() not in values["members"]:
                said = f"pool {pool.name}: iqn.{quoted(keys[1])}: that host is not in it"
                raise PxeserveError(said, fix=f"it has {', '.join(pool.hosts)}")
            keys = ("members", keys[1].lower(), "iqn")
        elif keys[0] not in ("product", "version", "address", "user", "licence", "storage", "networks") or len(keys) > 3:
            known = "product, version, address, user, licence.KEY, iqn.HOST, storage.NAME.KEY, networks.NAME.KEY"
            raise PxeserveError(f"pool {pool.name}: {quoted('.'.join(keys))} cannot be set", fix=f"known here: {known}")
        put(values, Setting(keys, setting.value))
    for section, key in _LISTS.items():
        values[section] = [_item(section, key, name, one) for name, one in (values.get(section) or {}).items()]
    found = pool_of(values)
    return replace(found, members=tuple(replace(pool.member(one.host) or one, iqn=one.iqn) for one in found.members))


def _item(section: str, key: str, name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise PxeserveError(f"{section}.{quoted(name)}: not a table of KEY: VALUE", fix=f"for example: {section}.NAME.KEY=VALUE")
    return {**values, key: name}


def _member(values: Any) -> Member:
    values = {"host": values} if isinstance(values, str) else values
    _known(values, ("host", "iqn"), "a member")
    host = _text(values.get("host"), "host").lower()
    with _within(f"host {host}"):
        return Member(host, _checked(values, "iqn", pooling.iqn))


def _storage(values: Any) -> Storage:
    _known(values, [one.name for one in fields(Storage)], "a storage")
    name = pooling.label(_text(values.get("name"), "the name of a storage"))
    with _within(f"storage {name}"):
        said = _text(values.get("kind"), "kind")
        if said not in list(StorageKind):
            raise PxeserveError(f"kind: {quoted(said)} is none of {', '.join(StorageKind)}")
        kind = StorageKind(said)
        given = {key for key, value in values.items() if value not in (None, "", [], False) and key not in ("name", "kind")}
        for key in _NEEDED[kind]:
            if key not in given:
                raise PxeserveError(f"{kind} storage needs {key}")
        for key in sorted(given - {*_NEEDED[kind], *_MAY[kind]}):
            raise PxeserveError(f"{key}: {kind} storage has none; it has {', '.join((*_NEEDED[kind], *_MAY[kind]))}")
        texts = {key: _checked(values, key, check) for key, check in _CHECKS.items() if key in given}
        hosts = values.get("hosts") or []
        if not isinstance(hosts, list | tuple) or len(hosts) > MOST or not all(isinstance(one, str) for one in hosts):
            raise PxeserveError("hosts: a list of names such as [xen01, xen02] is needed")
        return Storage(name, kind, hosts=tuple(sorted({one.lower() for one in hosts})), default=_yes(values.get("default")), **texts)


def _network(values: Any) -> Network:
    _known(values, [one.name for one in fields(Network)], "a network")
    name = pooling.label(_text(values.get("name"), "the name of a network"))
    with _within(f"network {name}"):
        if not values.get("device"):
            raise PxeserveError("a network needs device, such as eth1")
        return Network(name, _checked(values, "device", pooling.card), _number(values, "vlan", 0, 4094, 0))


def _licence(values: Any) -> Licence:
    if values in (None, ""):
        return Licence()
    with _within("licence"):
        _known(values, [one.name for one in fields(Licence)], "a licence")
        found = Licence(_checked(values, "edition", pooling.edition), _checked(values, "server", pooling.server),
                        _number(values, "port", 1, 65535, Licence().port))  # fmt: skip
        if found.server and not found.edition:
            raise PxeserveError("a licence server is of no use without an edition")
        return found


def _beside(pool: Pool) -> None:
    """Refuse what the parts of one pool cannot be beside each other."""
    names = [one.host for one in pool.members]
    if pool.master not in names:
        raise PxeserveError(f"its master {quoted(pool.master)} is none of its members", fix="name it among the members as well")
    _twice(names, "host")
    _twice([one.iqn for one in pool.members if one.iqn], "IQN")
    _twice([one.name for one in pool.storage], "storage")
    _twice([one.name for one in pool.networks], "network")
    _twice([f"{one.device}, VLAN {one.vlan}" for one in pool.networks], "network on")
    defaults = [one for one in pool.storage if one.default]
    if len(defaults) > 1:
        raise PxeserveError(f"{' and '.join(one.name for one in defaults)} are both its default storage", fix="leave one of them")
    if defaults and defaults[0].kind in LOCAL_KINDS and len(names) > 1:
        raise PxeserveError(
            f"storage {defaults[0].name}: the default of a pool of {len(names)} hosts lies on shared storage, not on a disk of each",
            fix="make a storage of kind nfs or lvmoiscsi the default",
        )
    for one in pool.storage:
        for host in one.hosts:
            if host not in names:
                raise PxeserveError(f"storage {one.name}: host {quoted(host)} is not in the pool")
    disks = [(one.device, host, one.name) for one in pool.storage if not one.shared for host in one.hosts or names]
    for device, host, name in disks:
        for other in (two[2] for two in disks if two[:2] == (device, host) and two[2] != name):
            raise PxeserveError(f"storage {name}: {device} of host {host} is storage {other}'s")


def _twice(names: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PxeserveError(f"{what} {name} stands in it twice")
        seen.add(name)


def _items(values: Mapping[str, Any], section: str) -> list[Any]:
    found = values.get(section)
    if found in (None, ""):
        return []
    if not isinstance(found, list | tuple):
        raise PxeserveError(f"{section} is not a list")
    if len(found) > MOST:
        raise PxeserveError(f"{section}: {len(found)}, and {MOST} at most are taken")
    return list(found)


def _known(values: Any, keys: Sequence[str], what: str) -> None:
    if not isinstance(values, Mapping):
        raise PxeserveError(f"{what} is a table of KEY: VALUE")
    for key in values:
        if key not in keys:
            raise PxeserveError(f"unknown key {quoted(key)} of {what}; known here: {', '.join(keys)}")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise PxeserveError(f"{what} is not a text")
    return value


def _checked(values: Mapping[str, Any], key: str, check: Callable[[str], str]) -> str:
    value = values.get(key)
    if value in (None, ""):
        return ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise PxeserveError(f"{key} is not a text")
    with _within(key):
        return check(str(value))


def _yes(value: Any) -> bool:
    if value in (None, "", False, "no"):
        return False
    if value in (True, "yes"):
        return True
    raise PxeserveError(f"default: {quoted(value)} is neither yes nor no")


def _number(values: Mapping[str, Any], key: str, least: int, most: int, usual: int) -> int:
    said = str(values[key]) if values.get(key) not in (None, "") else str(usual)
    if not (said.isascii() and said.isdigit() and len(said) < 6 and least <= int(said) <= most):
        raise PxeserveError(f"{key}: {quoted(said)} is no number from {least} to {most}")
    return int(said)


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, and as plain as YAML has it."""
    return {
        key: list(value) if isinstance(value, tuple) else str(value) if isinstance(value, StorageKind) else value
        for key, value in values.items() if value not in (None, "", (), [], {}, False, 0)
    }  # fmt: skip


@contextmanager
def _within(where: str) -> Iterator[None]:
    """Says where in the pool something is wrong."""
    try:
        yield
    except PxeserveError as error:
        raise PxeserveError(f"{where}: {error.message}", code=error.code, fix=error.fix) from None
