"""Queries on hosts, profiles and media. Every change raises the inventory's revision in the same transaction,
which is how the serving processes notice it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Text, bindparam, delete, insert, select, type_coerce, update

from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.domain.medium import BootFiles, Lies, Medium, MediumState, Role
from pxeserve.store import history
from pxeserve.store import tables as t
from pxeserve.store.ready import Ready

_REVISION = "inventory_revision"
_SITE = "site_answers"
_AT_ONCE = 500
"""Rows of one statement."""

_T = TypeVar("_T")


def _batched(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """`values` in parts of `size` at most."""
    return (values[at : at + size] for at in range(0, len(values), size))


def revision(connection: Connection) -> int:
    """The inventory's revision; it only ever grows."""
    value = connection.execute(select(t.meta.c.value).where(t.meta.c.key == _REVISION)).scalar()
    return int(value) if value is not None else 0


def raise_revision(connection: Connection) -> None:
    """Say that hosts, profiles, media or loaders have changed; part of the transaction that changes them."""
    current = revision(connection)
    connection.execute(delete(t.meta).where(t.meta.c.key == _REVISION))
    connection.execute(insert(t.meta).values(key=_REVISION, value=str(current + 1)))


class Hosts:
    """Hosts as one process reads them again and again: who is as it was is not made anew. For any number of threads."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: Mapping[int, tuple[tuple[Any, ...], tuple[str, ...], Host]] = {}

    def read(self, connection: Connection) -> list[Host]:
        """All hosts, by name."""
        macs: dict[int, tuple[str, ...]] = {}
        for host_id, mac in _MACS.ask(connection):
            macs[host_id] = (*macs.get(host_id, ()), mac)
        rows, before = _HOSTS.ask(connection), self._known
        other = [row for row in rows if before.get(row[0], _NOBODY)[:2] != (row, macs.get(row[0], ()))]
        documents = json.loads(f"[{','.join([document for row in other for document in row[-2:]])}]")  # at once: a third of one by one
        made = {
            row[0]: _made(row, macs.get(row[0], ()), answers, tuple(tags))
            for row, answers, tags in zip(other, documents[::2], documents[1::2], strict=True)
        }
        found = [made.get(row[0]) or before[row[0]][2] for row in rows]
        self._known = {row[0]: (row, host.macs, host) for row, host in zip(rows, found, strict=True)}
        return found


def hosts(connection: Connection) -> list[Host]:
    """All hosts, by name."""
    return Hosts().read(connection)


def answers_of_hosts(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """What hosts answer for themselves, by name; those that do not are left out."""
    said = type_coerce(t.host.c.answers, Text)
    rows = connection.execute(select(t.host.c.name, said).where(said != "{}").order_by(t.host.c.name)).fetchall()
    return [(row[0], answers) for row, answers in zip(rows, json.loads(f"[{','.join([row[1] for row in rows])}]"), strict=True)]


def host(connection: Connection, name: str) -> Host | None:
    """The host called `name`."""
    row = connection.execute(select(t.host).where(t.host.c.name == name)).first()
    return _with_macs(connection, row)


def host_by_id(connection: Connection, host_id: int) -> Host | None:
    """The host with this row id."""
    return _with_macs(connection, connection.execute(select(t.host).where(t.host.c.id == host_id)).first())


def host_by_mac(connection: Connection, mac: str) -> Host | None:
    """The host that owns `mac`."""
    found = connection.execute(select(t.host_mac.c.host_id).where(t.host_mac.c.mac == mac)).scalar()
    return host_by_id(connection, found) if found is not None else None


def profiles(connection: Connection) -> list[Profile]:
    """All profiles as they were written, by name; inheritance is not resolved."""
    return [_profile(row) for row in connection.execute(select(t.profile).order_by(t.profile.c.name))]


def media(connection: Connection) -> list[Medium]:
    """All media, by name."""
    return [_medium(row) for row in connection.execute(select(t.medium).order_by(t.medium.c.name))]


def site_answers(connection: Connection) -> dict[str, Any]:
    """What all hosts of the site are answered unless a profile or they themselves say otherwise."""
    value = connection.execute(select(t.meta.c.value).where(t.meta.c.key == _SITE)).scalar()
    return dict(json.loads(value)) if value is not None else {}


def put_site_answers(connection: Connection, answers: Mapping[str, Any]) -> None:
    """Replace the site's answers."""
    connection.execute(delete(t.meta).where(t.meta.c.key == _SITE))
    if answers:
        connection.execute(insert(t.meta).values(key=_SITE, value=json.dumps(dict(answers))))
    raise_revision(connection)


def put_host(connection: Connection, values: Host) -> int:
    """Insert (`id` 0) or rewrite a host with its MACs; its row id. Uniqueness is the schema's: IntegrityError."""
    return put_hosts(connection, [values])[0].id


def put_hosts(connection: Connection, values: Sequence[Host]) -> list[Host]:
    """The same for many, in whose order no MAC or address is lost that goes from one to another; they with their row ids."""
    old, new = [host for host in values if host.id], [host for host in values if not host.id]
    for some in _batched(old, _AT_ONCE):  # first: what one gives up another may take
        ids = [host.id for host in some]
        connection.execute(delete(t.host_mac).where(t.host_mac.c.host_id.in_(ids)))
        connection.execute(update(t.host).where(t.host.c.id.in_(ids)).values(address=None))
    if old:
        rewritten = [_columns(host) | {"_id": host.id} for host in old]
        names: dict[str, Any] = {name: bindparam(name) for name in _columns(old[0])}
        connection.execute(update(t.host).where(t.host.c.id == bindparam("_id")).values(names), rewritten)
    if new:
        connection.execute(insert(t.host), [_columns(one) for one in new])
    ids_of = {row.name: row.id for row in connection.execute(select(t.host.c.name, t.host.c.id))} if new else {}
    found = [host if host.id else replace(host, id=ids_of[host.name]) for host in values]
    if rows := [{"mac": mac, "host_id": host.id, "position": i} for host in found for i, mac in enumerate(host.macs)]:
        connection.execute(insert(t.host_mac), rows)
    raise_revision(connection)
    return found


def _columns(host: Host) -> dict[str, Any]:
    return {
        "name": host.name,
        "uuid": host.uuid,
        "serial": host.serial,
        "profile": host.profile,
        "address": str(host.address) if host.address else None,
        "answers": dict(host.answers),
        "rack": host.rack,
        "tags": list(host.tags),
    }


def put_profile(connection: Connection, values: Profile) -> None:
    """Insert or rewrite a profile."""
    put_profiles(connection, [values])


def put_profiles(connection: Connection, values: Sequence[Profile]) -> None:
    """The same for many."""
    for some in _batched(values, _AT_ONCE):
        connection.execute(delete(t.profile).where(t.profile.c.name.in_([one.name for one in some])))
        rows = [
            {"name": one.name, "medium": one.medium, "parent": one.parent, "answers": dict(one.answers), "boot": boot_to_json(one)}
            for one in some
        ]
        connection.execute(insert(t.profile), rows)
    raise_revision(connection)


def remove_host(connection: Connection, host_id: int) -> None:
    """Remove a host; its MACs, installs and rehearsals go with it."""
    remove_hosts(connection, [host_id])


def remove_hosts(connection: Connection, ids: Sequence[int]) -> None:
    """The same for many."""
    names = {row.id: row.name for row in connection.execute(select(t.host.c.id, t.host.c.name))}
    history.forget(connection, ("host", "armed"), [names[one] for one in ids if one in names])
    for some in _batched(ids, _AT_ONCE):
        connection.execute(delete(t.host).where(t.host.c.id.in_(some)))
    raise_revision(connection)


def remove_profile(connection: Connection, name: str) -> None:
    """Remove a profile; who may is decided before."""
    remove_profiles(connection, [name])


def remove_profiles(connection: Connection, names: Sequence[str]) -> None:
    """The same for many."""
    history.forget(connection, ("profile",), names)
    for some in _batched(names, _AT_ONCE):
        connection.execute(delete(t.profile).where(t.profile.c.name.in_(some)))
    raise_revision(connection)


def boot_to_json(profile: Profile) -> dict[str, Any]:
    """What a profile says about booting, as it is declared: words, or plain files."""
    words = profile.words
    firmware = {key: value for key, value in (("leave", words.leave), ("secure_boot", words.secure_boot)) if value}
    if profile.plain is not None:
        plain = profile.plain
        if plain.multiboot:
            return {"multiboot": list(plain.multiboot), **firmware}
        return {"kernel": plain.kernel, "initrd": plain.initrd, "args": plain.args, **firmware}
    pairs = {
        "serial": words.serial,
        "dom0_mem": words.dom0_mem,
        "xen_args": words.xen_args,
        "kernel_args": words.kernel_args,
        "multipath": words.multipath,
        "network_device": words.network_device,
    }
    return {key: value for key, value in pairs.items() if value} | firmware


def boot_from_json(boot: Mapping[str, Any]) -> tuple[BootWords, PlainBoot | None]:
    """The reverse of `boot_to_json`."""
    firmware = BootWords(leave=boot.get("leave", ""), secure_boot=boot.get("secure_boot", ""))
    if "multiboot" in boot:
        return firmware, PlainBoot(multiboot=tuple(boot["multiboot"]))
    if "kernel" in boot:
        return firmware, PlainBoot(kernel=boot["kernel"], initrd=boot.get("initrd", ""), args=boot.get("args", ""))
    return (
        replace(
            firmware,
            serial=boot.get("serial"),
            dom0_mem=boot.get("dom0_mem"),
            xen_args=boot.get("xen_args", ""),
            kernel_args=boot.get("kernel_args", ""),
            multipath=boot.get("multipath", ""),
            network_device=boot.get("network_device", ""),
        ),
        None,
    )


def _with_macs(connection: Connection, row: Row[Any] | None) -> Host | None:
    if row is None:
        return None
    macs = connection.execute(select(t.host_mac.c.mac).where(t.host_mac.c.host_id == row.id).order_by(t.host_mac.c.position)).scalars()
    return _host(row, tuple(macs))


_HOSTS = Ready(select(
    t.host.c.id, t.host.c.name, t.host.c.profile, t.host.c.uuid, t.host.c.serial, t.host.c.address, t.host.c.rack,
    type_coerce(t.host.c.answers, Text), type_coerce(t.host.c.tags, Text),
).order_by(t.host.c.name), [])  # fmt: skip
_MACS = Ready(select(t.host_mac.c.host_id, t.host_mac.c.mac).order_by(t.host_mac.c.host_id, t.host_mac.c.position), [])
_NOBODY = (None, None)


def _made(row: tuple[Any, ...], macs: tuple[str, ...], answers: Mapping[str, Any], tags: tuple[str, ...]) -> Host:
    number, name, profile, uuid, serial, address, rack, *_ = row
    return Host(number, name, macs, profile, uuid, serial, IPv4Address(address) if address else None, answers, rack, tags)


def _host(row: Row[Any], macs: tuple[str, ...]) -> Host:
    address = IPv4Address(row.address) if row.address else None
    return Host(row.id, row.name, macs, row.profile, row.uuid, row.serial, address, row.answers, row.rack, tuple(row.tags))


def _profile(row: Row[Any]) -> Profile:
    words, plain = boot_from_json(row.boot)
    return Profile(row.name, row.medium, row.parent, row.answers, words, plain)


def _medium(row: Row[Any]) -> Medium:
    return Medium(
        name=row.name,
        folder=row.folder,
        format=row.format,
        product=row.product,
        version=row.version,
        build=row.build,
        dialect=row.dialect,
        revision=row.revision,
        boot=BootFiles(**row.boot) if row.boot else None,
        repositories=tuple(row.repositories),
        state=MediumState(row.state),
        state_reason=row.state_reason,
        sample=row.sample,
        role=Role(row.role),
        lies=Lies(row.lies),
        place=row.place,
    )
