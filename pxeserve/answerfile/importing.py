"""Turns the answers of a file into what a profile or a host declares, and says what of them stays behind.

The other way round from `declared`, whose words and checks these are. Refuses to know where the declared values go, and keeps no plain
password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pxeserve.answerfile.answers import Answers, Bootloader, Disk, Interface, RootPassword, Script, Source
from pxeserve.answerfile.declared import SHOWN, AnswerError, read
from pxeserve.answerfile.declared.values import without_password

_HOOK = re.compile(r"://[^/]+/s/[A-Za-z0-9_.-]{16,}/")
"""How this server's addresses of hooks look."""

Hashes = Callable[[str], list[str]]
"""Makes crypt strings of a plain password, each with a salt of its own. Raises ValueError for one that may not be a password."""


@dataclass(frozen=True, slots=True)
class Left:
    """An answer that is not taken over: its modern name, its value as people may see it, and why."""

    field: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What is taken over, by modern names: `shared` may be many hosts', `own` is one host's alone; and what is `left`."""

    shared: Mapping[str, Any]
    own: Mapping[str, Any]
    left: tuple[Left, ...]

    @property
    def for_host(self) -> dict[str, Any]:
        """Everything, as one host declares it."""
        values = {**self.shared, **self.own}
        both = [one["admin-interface"] for one in (self.shared, self.own) if "admin-interface" in one]
        return {**values, "admin-interface": {key: value for table in both for key, value in table.items()}} if both else values


def imported(answers: Answers, hashes: Hashes) -> Imported:
    """What of `answers` can be declared. A plain password is made into `hashes`."""
    sorting = _Sorting()
    for field_name, value in _declared(answers):
        sorting.take(sorting.shared, field_name, value)
    _interface(sorting, answers.admin_interface)
    if answers.hostname:
        sorting.take(sorting.own, "hostname", answers.hostname)
    _password(sorting, answers.root_password, hashes)
    _scripts(sorting, answers.scripts)
    _left(sorting, answers)
    return Imported(sorting.shared, sorting.own, tuple(sorting.left))


@dataclass(slots=True)
class _Sorting:
    shared: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def take(self, into: dict[str, Any], name: str, value: Any) -> None:
        """Take a value over when people could declare it so; leave it otherwise, with what is wrong with it."""
        try:
            read({name: value})
        except AnswerError as error:
            self.leave(name, value, f"it would be refused: {error}")
        else:
            into[name] = value

    def leave(self, name: str, value: object, why: str) -> None:
        """Note what is not taken over."""
        self.left.append(Left(name, without_password(str(value)), why))


def _declared(answers: Answers) -> Iterator[tuple[str, Any]]:
    """What can be declared word for word, in the order in which `declared` names it."""
    plain: tuple[tuple[str, Any], ...] = (
        ("primary-disk", _disk(answers.primary_disk)),
        ("guest-disks", list(answers.guest_disks)),
        ("raid", [{"device": one.device, "disks": list(one.disks)} for one in answers.raids]),
        ("sr-type", answers.sr_type),
        ("existing-installation", _installation(answers)),
        ("backup-disk", answers.backup_disk),
        ("initial-partitions", [{"number": one.number, "size": one.size, "id": one.id} for one in answers.partitions]),
        ("nameservers", list(answers.nameservers)),
        ("timezone", answers.timezone),
        ("ntp-source", answers.ntp_source),
        ("ntp-servers", list(answers.ntp_servers)),
        ("keymap", answers.keymap),
        ("services", {one.name: "enabled" if one.enabled else "disabled" for one in answers.services}),
        ("ssh-mode", answers.ssh_mode),
        ("bootloader", _bootloader(answers.bootloader)),
        ("network-backend", answers.network_backend),
        ("fcoe-interfaces", [_said({"name": one.name, "hwaddr": one.hwaddr, "dcb": one.dcb}) for one in answers.fcoe]),
        ("repo-gpgcheck", answers.repo_gpgcheck),
        ("gpgcheck", answers.gpgcheck),
        ("target-platform", answers.target_platform),
        ("netinstall-gpg-check", answers.netinstall_gpg_check),
        ("drivers", {one.name: one.variant for one in answers.drivers}),
        ("ui-confirmation-prompt", answers.ui_confirmation_prompt or None),
        ("sources", [_pack(one) for one in answers.sources[1:]]),
        ("driver-sources", [_pack(one) for one in answers.driver_sources]),
    )
    return ((name, value) for name, value in plain if value not in (None, [], {}, ""))


def _said(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}


def _disk(disk: Disk | None) -> Any:
    if disk is None:
        return None
    table = _said({
        "device": disk.device or None,
        "mirror": list(disk.mirror) or None,
        "guest-storage": disk.guest_storage,
        "sr-at-end": disk.sr_at_end,
        "preserve-first-partition": disk.preserve_first_partition,
        "fs-type": disk.fs_type,
    })  # fmt: skip
    return disk.device if list(table) == ["device"] else table


def _installation(answers: Answers) -> Any:
    found = answers.existing_installation
    if found is None:
        return None
    return found.device if found.fs_type is None else {"device": found.device, "fs-type": found.fs_type}


def _bootloader(loader: Bootloader | None) -> Any:
    if loader is None:
        return None
    return _said({"kind": loader.kind or None, "location": loader.location, "write-boot-entry": loader.write_boot_entry})


def _pack(source: Source) -> Any:
    address = {"local": "local", "nfs": f"nfs://{source.address}"}.get(source.kind, source.address)
    checks = _said({"repo-gpgcheck": source.repo_gpgcheck, "gpgcheck": source.gpgcheck})
    return {"address": address, **checks} if checks else address


def _interface(sorting: _Sorting, nic: Interface | None) -> None:
    """The interface's kind is shared; what one machine alone can have, its MAC and its addresses, is its own."""
    if nic is None:
        return
    v6 = {"protov6": nic.protov6, "ipv6": nic.ipv6, "gatewayv6": nic.gatewayv6}
    shared = _said({"name": nic.name, "proto": nic.proto, "vlan": nic.vlan})
    own = _said({"hwaddr": nic.hwaddr})
    if nic.proto == "static":
        shared |= _said({"subnet": nic.mask, "gateway": nic.gateway})
        own |= _said({"ipaddr": nic.ip})
    if nic.protov6 is not None:
        shared |= _said({"protov6": v6["protov6"], "gatewayv6": v6["gatewayv6"]})
        own |= _said({"ipv6": v6["ipv6"]})
    for into, table in ((sorting.shared, shared), (sorting.own, own)):
        for key, value in table.items():
            try:
                read({"admin-interface": {key: value}})
            except AnswerError as error:
                sorting.leave(f"admin-interface.{key}", value, f"it would be refused: {error}")
            else:
                into.setdefault("admin-interface", {})[key] = value


def _password(sorting: _Sorting, password: RootPassword | None, hashes: Hashes) -> None:
    if password is None:
        return
    try:
        made = [password.text] if password.hashed else hashes(password.text)
    except ValueError as error:
        sorting.leave("root-password", SHOWN, f"it is plain text, and cannot be hashed: {error}")
        return
    value = {"hash": made[0]} if len(made) == 1 else {"hashes": made}
    try:
        read({"root-password": value})
    except AnswerError as error:
        sorting.leave("root-password", SHOWN, f"it would be refused: {error}")
    else:
        sorting.shared["root-password"] = value


def _scripts(sorting: _Sorting, scripts: Iterable[Script]) -> None:
    """A site's own scripts by the addresses where they lie; pxeserve adds its hooks anew to each installation."""
    for script in scripts:
        if _HOOK.search(script.address):
            sorting.leave("scripts", f"{script.stage}: {script.address}", "it is a hook of pxeserve's, which each installation gets anew")
            continue
        try:
            read({"scripts": {script.stage: [script.address]}})
        except AnswerError as error:
            sorting.leave("scripts", f"{script.stage}: {script.address}", f"it would be refused: {error}")
        else:
            sorting.shared.setdefault("scripts", {}).setdefault(script.stage, []).append(script.address)


def _left(sorting: _Sorting, answers: Answers) -> None:
    """What is pxeserve's own to say, or cannot be declared."""
    sorting.leave("mode", answers.mode, "it is said when a host is armed: pxeserve host install NAME --mode MODE")
    for source in answers.sources[:1]:
        sorting.leave("source", source.address or source.kind, "packages come from the profile's own medium")
    if answers.oem is not None:
        sorting.leave("oem", answers.oem.xenrt or "", "the OEM edition's images are not installed from here")
