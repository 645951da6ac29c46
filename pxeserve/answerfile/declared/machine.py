"""Disks, interfaces, the boot loader and the like, as people declare them.

Refuses to know what a generation makes of them; what must go together and does not yet is not refused here, since a host may add to what
its profile says.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from pxeserve.answerfile.answers import (
    Bootloader,
    Disk,
    DriverVariant,
    Fcoe,
    Installed,
    Interface,
    Partition,
    Raid,
    RootPassword,
    Service,
)
from pxeserve.answerfile.declared import values as v
from pxeserve.answerfile.declared.values import AnswerError
from pxeserve.answerfile.passwords import hash_fault

DISK = ("device", "guest-storage", "sr-at-end", "preserve-first-partition", "mirror", "fs-type")
INTERFACE = ("name", "hwaddr", "proto", "ipaddr", "subnet", "gateway", "protov6", "ipv6", "gatewayv6", "vlan")
BOOTLOADER = ("kind", "location", "write-boot-entry")
_FS_TYPES = ("ext3", "ext4")
_STATES = ("enabled", "disabled")


def disk(where: str, value: Any) -> Disk:
    """The disk to install on."""
    if isinstance(value, str):
        return Disk(v.device(where, value))
    given = v.table(where, value, DISK, "{device: sda, guest-storage: no}")
    if "device" in given and "mirror" in given:
        raise AnswerError(f"{where}: either device or mirror is needed, and both are said")
    preserve = given.get("preserve-first-partition")
    if isinstance(preserve, bool):
        preserve = "true" if preserve else "false"
    preserve = {"yes": "true", "no": "false"}.get(preserve, preserve) if isinstance(preserve, str) else preserve
    return Disk(
        device=v.device(f"{where}.device", given["device"]) if "device" in given else "",
        guest_storage=v.yes(f"{where}.guest-storage", given["guest-storage"]) if "guest-storage" in given else None,
        sr_at_end=v.yes(f"{where}.sr-at-end", given["sr-at-end"]) if "sr-at-end" in given else None,
        preserve_first_partition=preserve
        and v.one_of(f"{where}.preserve-first-partition", preserve, ("true", "false", "if-utility")),
        mirror=_mirror(f"{where}.mirror", given["mirror"]) if "mirror" in given else (),
        fs_type=v.one_of(f"{where}.fs-type", given["fs-type"], _FS_TYPES) if "fs-type" in given else None,
    )


def _mirror(where: str, value: Any) -> tuple[str, ...]:
    disks = v.many(where, value, lambda inner, name: "missing" if name == "missing" else v.device(inner, name))
    if len(disks) != 2 or disks[0] == disks[1]:
        raise AnswerError(f"{where}: {v.shown(value)} is not two disks, such as [sda, sdb]; one of them may be missing")
    return disks


def installed(where: str, value: Any) -> Installed:
    """The installation to reinstall or upgrade."""
    if isinstance(value, str):
        return Installed(v.device(where, value))
    given = v.table(where, value, ("device", "fs-type"), "{device: sda}")
    if "device" not in given:
        raise AnswerError(f"{where}: device is needed, the disk that carries it")
    fs_type = v.one_of(f"{where}.fs-type", given["fs-type"], _FS_TYPES) if "fs-type" in given else None
    return Installed(v.device(f"{where}.device", given["device"]), fs_type)


def raid(where: str, value: Any) -> Raid:
    """An array that is made first."""
    given = v.table(where, value, ("device", "disks"), "{device: md127, disks: [sda, sdb]}")
    for key in ("device", "disks"):
        if key not in given:
            raise AnswerError(f"{where}: {key} is needed, such as {{device: md127, disks: [sda, sdb]}}")
    disks = v.many(f"{where}.disks", given["disks"], v.device)
    if len(set(disks)) < 2:
        raise AnswerError(f"{where}.disks: {v.shown(given['disks'])} is not two disks or more")
    return Raid(v.device(f"{where}.device", given["device"]), disks)


def partition(where: str, value: Any) -> Partition:
    """A partition that a lab of the vendor's makes first."""
    keys = ("number", "size", "id")
    given = v.table(where, value, keys, "{number: 1, size: 100, id: 222}")
    for key in keys:
        if key not in given:
            raise AnswerError(f"{where}: {key} is needed, such as {{number: 1, size: 100, id: 222}}")
    found = [v.number(f"{where}.{key}", given[key], 0, 2**31, "a number") for key in keys]
    return Partition(*found)


def interface(where: str, value: Any) -> Interface:
    """The management interface."""
    given = v.table(where, value, INTERFACE, "{name: eth0, proto: dhcp}")
    if "name" in given and "hwaddr" in given:
        raise AnswerError(f"{where}: either name or hwaddr is needed, and both are said")

    def said(key: str, check: Any) -> Any:
        return check(f"{where}.{key}", given[key]) if key in given else None

    found = Interface(
        name=said("name", v.word),
        hwaddr=said("hwaddr", v.mac),
        proto=said("proto", lambda at, one: v.one_of(at, one, ("static", "dhcp", "none"))),
        ip=said("ipaddr", v.ipv4),
        mask=said("subnet", v.mask),
        gateway=said("gateway", v.ipv4),
        protov6=said("protov6", lambda at, one: v.one_of(at, one, ("static", "dhcp", "autoconf", "none"))),
        ipv6=said("ipv6", v.ipv6_prefix),
        gatewayv6=said("gatewayv6", v.ipv6),
        vlan=said("vlan", lambda at, one: v.number(at, one, 1, 4094, "a VLAN")),
    )
    _fits(where, found)
    return found


def _fits(where: str, found: Interface) -> None:
    """Refuse an address and a gateway that contradict each other."""
    if found.proto == "none" and found.protov6 == "none":
        raise AnswerError(f"{where}.proto: none, and protov6 none as well, leaves the host without a network")
    if found.ip is not None and found.mask is not None:
        network = IPv4Network(f"{found.ip}/{found.mask}", strict=False)
        if found.gateway is not None and IPv4Address(found.gateway) not in network:
            raise AnswerError(f"{where}.gateway: {found.gateway} is not in {network}, the network of {found.ip}")
        if network.prefixlen < 31 and IPv4Address(found.ip) in (network.network_address, network.broadcast_address):
            raise AnswerError(f"{where}.ipaddr: {found.ip} is {network}'s own network or broadcast address, and no host's")


def bootloader(where: str, value: Any) -> Bootloader:
    """The boot loader to be written."""
    given = {"kind": value} if isinstance(value, str) else v.table(where, value, BOOTLOADER, "{location: mbr}")
    return Bootloader(
        v.one_of(f"{where}.kind", given["kind"], ("grub", "extlinux", "grub2")) if "kind" in given else "",
        v.one_of(f"{where}.location", given["location"], ("mbr", "partition")) if "location" in given else None,
        v.yes(f"{where}.write-boot-entry", given["write-boot-entry"]) if "write-boot-entry" in given else None,
    )


def services(where: str, value: Any) -> tuple[Service, ...]:
    """Services to switch on or off, by name."""
    if not isinstance(value, Mapping):
        raise AnswerError(f"{where}: {v.shown(value)} is not a table such as {{sshd: disabled}}")
    return tuple(
        Service(v.word(where, name), state if isinstance(state, bool) else v.one_of(f"{where}.{name}", state, _STATES) == "enabled")
        for name, state in value.items()
        if state is not None
    )


def drivers(where: str, value: Any) -> tuple[DriverVariant, ...]:
    """Which variant of each driver is to be loaded, by the driver's name."""
    if not isinstance(value, Mapping):
        raise AnswerError(f"{where}: {v.shown(value)} is not a table such as {{igb: 5.13}}")
    return tuple(
        DriverVariant(v.word(where, name), v.word(f"{where}.{name}", variant)) for name, variant in value.items() if variant is not None
    )


def fcoe(where: str, value: Any) -> Fcoe:
    """A Fibre Channel interface."""
    given = {"name": value} if isinstance(value, str) else v.table(where, value, ("name", "hwaddr", "dcb"), "{name: eth2}")
    if ("name" in given) == ("hwaddr" in given):
        raise AnswerError(f"{where}: either name or hwaddr is needed")
    dcb = given.get("dcb")
    dcb = {True: "on", False: "off"}.get(dcb, dcb) if isinstance(dcb, bool) else dcb
    return Fcoe(
        v.word(f"{where}.name", given["name"]) if "name" in given else None,
        v.mac(f"{where}.hwaddr", given["hwaddr"]) if "hwaddr" in given else None,
        v.one_of(f"{where}.dcb", dcb, ("on", "off")) if dcb is not None else None,
    )


def password(where: str, value: Any) -> RootPassword | None:
    """Root's password; None for a random one, made when the host is armed. Of several `hashes` of one password each host takes another one
    when it is armed; here the first stands for them. No message repeats any."""
    if value == "random":
        return None
    kind, said = ("plaintext", value) if isinstance(value, str) else ("", None)
    if isinstance(value, Mapping) and len(value) == 1:
        kind, said = next(iter(value.items()))
    if kind == "hashes" and isinstance(said, list | tuple) and said:
        read = tuple(_password(f"{where}.hashes", one, hashed=True) for one in said)
        return read[0]
    if kind not in ("hash", "plaintext"):
        raise AnswerError(f'{where}: "random", {{hash: ...}} or {{plaintext: ...}} is needed')
    return _password(f"{where}.{kind}", said, hashed=kind == "hash")


def _password(where: str, said: Any, *, hashed: bool) -> RootPassword:
    try:
        found = RootPassword(v.text(where, said), hashed)
    except AnswerError:
        raise AnswerError(f"{where}: is empty, or holds what an installer cannot read") from None
    fault = hash_fault(found.text) if hashed else None
    if fault is not None:
        raise AnswerError(f"{where}: {fault}; pxeserve host set NAME --password makes one")
    return found
