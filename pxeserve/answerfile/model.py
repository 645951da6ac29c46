"""The answers of one installation, independent of how any generation spells them.

Elements have their modern names; `read` takes what a profile or a host declares and refuses what nobody could mean.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any

SHOWN = "********"
"""What stands where a secret would."""

_KEYS = (
    "primary-disk", "guest-disks", "root-password", "timezone", "keymap", "hostname", "nameservers", "ntp-servers", "admin-interface",
    "sr-type", "existing-installation", "post-install-script", "source",
)  # fmt: skip
_INTERFACE = ("name", "hwaddr", "proto", "ipaddr", "subnet", "gateway", "vlan")
_SOURCES = ("http", "nfs", "ftp")
_DISK = ("device", "guest-storage")
_TEXT = re.compile(r"[!-~]([ -~]*[!-~])?", re.ASCII)


class AnswerError(ValueError):
    """An answer that nobody could mean; the message begins with its element."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk to install on, as the kernel names it without `/dev/`. `guest_storage`: the rest of it belongs to the local SR."""

    device: str
    guest_storage: bool = True


@dataclass(frozen=True, slots=True)
class Interface:
    """The management interface, by name or MAC. `ip`, `mask` and `gateway` are set when it is static; `vlan` is its tag, 1 to 4094."""

    name: str | None
    hwaddr: str | None
    static: bool
    ip: IPv4Address | None = None
    mask: IPv4Address | None = None
    gateway: IPv4Address | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Password:
    """The root password: a crypt hash, plain text, or (both None) a random one made when the host is armed."""

    hash: str | None = field(default=None, repr=False)
    plaintext: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers; None or empty where nothing was said. `sr_type` is `lvm`, `ext` or `largeblock`; `source` is the protocol by which
    packages are fetched from here: `http`, `nfs` or `ftp`."""

    primary_disk: Disk | None = None
    guest_disks: tuple[str, ...] = ()
    root_password: Password = Password()
    timezone: str | None = None
    keymap: str | None = None
    hostname: str | None = None
    nameservers: tuple[str, ...] = ()
    ntp_servers: tuple[str, ...] = ()
    admin_interface: Interface | None = None
    sr_type: str | None = None
    existing_installation: str | None = None
    post_install_script: str | None = None
    source: str = "http"


def read(declared: Mapping[str, Any]) -> Answers:
    """The answers that `declared` gives. Raises AnswerError naming the element."""
    _known(declared, _KEYS, "")
    sr_type = _text(declared, "sr-type")
    if sr_type not in (None, "lvm", "ext", "largeblock"):
        raise AnswerError(f"sr-type: {sr_type!r} is none of lvm, ext and largeblock")
    source = _text(declared, "source") or "http"
    if source not in _SOURCES:
        raise AnswerError(f"source: {source!r} is none of {', '.join(_SOURCES)}: the protocol by which packages are fetched from here")
    script = _text(declared, "post-install-script")
    if script is not None and not re.fullmatch(r"(http|ftp)://[!-~]+", script):
        raise AnswerError(f"post-install-script: {script!r} is not an http:// or ftp:// address")
    return Answers(
        primary_disk=_disk(declared.get("primary-disk")),
        guest_disks=tuple(_device("guest-disks", name) for name in _list(declared, "guest-disks")),
        root_password=_password(declared.get("root-password", "random")),
        timezone=_text(declared, "timezone"),
        keymap=_text(declared, "keymap"),
        hostname=_text(declared, "hostname"),
        nameservers=tuple(str(_address("nameservers", text)) for text in _list(declared, "nameservers")),
        ntp_servers=_list(declared, "ntp-servers"),
        admin_interface=_interface(declared.get("admin-interface")),
        sr_type=sr_type,
        existing_installation=_device("existing-installation", name) if (name := _text(declared, "existing-installation")) else None,
        post_install_script=script,
        source=source,
    )


def merged(profile: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's answers with a host's own on top, element by element."""
    return {**profile, **host}


def redacted(declared: Mapping[str, Any]) -> dict[str, Any]:
    """`declared` as people may see it: of a password only of what kind it is."""
    shown = dict(declared)
    said = shown.get("root-password")
    if isinstance(said, Mapping):
        shown["root-password"] = dict.fromkeys(said, SHOWN)
    elif isinstance(said, str) and said != "random":
        shown["root-password"] = SHOWN
    return shown


def _known(given: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(keys)}"
            raise AnswerError(f"{where}{key}: unknown; {hint}")


def _text(given: Mapping[str, Any], key: str) -> str | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise AnswerError(f"{key}: {value!r} is not a plain text: installers up to 8.x read ASCII only, without blanks at the ends")
    return value


def _list(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key, ())
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise AnswerError(f"{key}: {value!r} is not a list")
    return tuple(text for item in values if (text := _text({key: item}, key)) is not None)


def _device(key: str, name: str) -> str:
    device = name.removeprefix("/dev/")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9/._:+-]*", device) or ".." in device:
        raise AnswerError(f"{key}: {name!r} is not a disk such as sda")
    return device


def _disk(value: Any) -> Disk | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Disk(_device("primary-disk", value))
    if not isinstance(value, Mapping) or not isinstance(value.get("device"), str):
        raise AnswerError(f"primary-disk: {value!r} is neither a disk nor a table with device")
    _known(value, _DISK, "primary-disk.")
    storage = value.get("guest-storage", True)
    if storage not in (True, False, "yes", "no", "true", "false"):
        raise AnswerError(f"primary-disk.guest-storage: {storage!r} is neither yes nor no")
    return Disk(_device("primary-disk", value["device"]), storage in (True, "yes", "true"))


def _password(value: Any) -> Password:
    if value == "random":
        return Password()
    if isinstance(value, str):
        return Password(plaintext=_text({"root-password": value}, "root-password"))
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in ("hash", "plaintext"):
        raise AnswerError('root-password: "random", {hash: ...} or {plaintext: ...} is needed')
    kind, text = next(iter(value.items()))
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise AnswerError(f"root-password.{kind}: is empty, or holds what an installer cannot read")
    return Password(hash=text) if kind == "hash" else Password(plaintext=text)


def _interface(value: Any) -> Interface | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise AnswerError(f"admin-interface: {value!r} is not a table with name and proto")
    _known(value, _INTERFACE, "admin-interface.")
    name, hwaddr = _text(value, "name"), _text(value, "hwaddr")
    if (name is None) == (hwaddr is None):
        raise AnswerError("admin-interface: either name or hwaddr is needed")
    if hwaddr is not None and not re.fullmatch(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", hwaddr):
        raise AnswerError(f"admin-interface.hwaddr: {hwaddr!r} is not a MAC address")
    proto = _text(value, "proto")
    if proto not in ("static", "dhcp"):
        raise AnswerError(f"admin-interface.proto: {proto!r} is neither static nor dhcp")
    lower = hwaddr.lower() if hwaddr else None
    tag = _text(value, "vlan")
    if tag is not None and not (tag.isascii() and tag.isdigit() and 1 <= int(tag) <= 4094):
        raise AnswerError(f"admin-interface.vlan: {tag!r} is not a VLAN from 1 to 4094")
    vlan = int(tag) if tag else None
    if proto == "dhcp":
        return Interface(name, lower, False, vlan=vlan)
    missing = [key for key in ("ipaddr", "subnet", "gateway") if not value.get(key)]
    if missing:
        raise AnswerError(f"admin-interface: a static address needs {', '.join(missing)}")
    ip, gateway = _address("admin-interface.ipaddr", value["ipaddr"]), _address("admin-interface.gateway", value["gateway"])
    mask = _mask(value["subnet"])
    network = IPv4Network(f"{ip}/{mask}", strict=False)
    if gateway not in network:
        raise AnswerError(f"admin-interface.gateway: {gateway} is not in {network}, the network of {ip}")
    return Interface(name, lower, True, ip, mask, gateway, vlan)


def _address(where: str, text: Any) -> IPv4Address:
    try:
        return IPv4Address(str(text))
    except ValueError:
        raise AnswerError(f"{where}: {text!r} is not an IPv4 address") from None


def _mask(text: Any) -> IPv4Address:
    try:
        mask = IPv4Address(str(text))
        IPv4Network(f"0.0.0.0/{mask}")
    except ValueError:
        raise AnswerError(f"admin-interface.subnet: {text!r} is not a mask such as 255.255.255.0") from None
    return mask
