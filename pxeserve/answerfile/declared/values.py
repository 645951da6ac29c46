"""Single values as people declare them: each is checked here, when it is set. A message begins with the element and says what is allowed.

Refuses to know which element is which, and what a generation makes of a value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, ip_address
from typing import Any, TypeVar

_TEXT = re.compile(r"[!-~]([ -~]*[!-~])?", re.ASCII)
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._:+=@~-]*", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?", re.ASCII)
_MAC = re.compile(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]*", re.ASCII)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]*@")
_MAX = 1024
"""Characters of any one text; more is a mistake, and no installer's concern."""

SHOWN = "********"
"""What stands where a secret would."""

_T = TypeVar("_T")


class AnswerError(ValueError):
    """An answer that nobody could mean; the message begins with its element."""


def shown(value: object) -> str:
    """`value` in a message: short, and without a password that stands in an address."""
    said = repr(value)
    said = said if len(said) <= 80 else said[:77] + "..."
    return without_password(said)


def without_password(text: str) -> str:
    """`text` with the password of an address hidden."""
    return _PASSWORD_IN_URL.sub(rf"\1:{SHOWN}@", text)


def text(where: str, value: Any) -> str:
    """One line of plain characters."""
    if not isinstance(value, str) or len(value) > _MAX or not _TEXT.fullmatch(value):
        said = "is not a plain text: installers up to 8.x read ASCII only, without blanks at the ends"
        raise AnswerError(f"{where}: {shown(value)} {said}")
    return value


def word(where: str, value: Any) -> str:
    """A name without blanks: of an interface, a service, a driver."""
    if not isinstance(value, str) or len(value) > _MAX or not _WORD.fullmatch(value):
        raise AnswerError(f"{where}: {shown(value)} is not a name: letters, digits and . _ - + @ are allowed")
    return value


def one_of(where: str, value: Any, allowed: Iterable[str]) -> str:
    """One of some words."""
    known = tuple(allowed)
    if value not in known or not isinstance(value, str):
        raise AnswerError(f"{where}: {shown(value)} is none of {', '.join(known[:-1])} and {known[-1]}")
    return value


def yes(where: str, value: Any) -> bool:
    """Yes or no, as YAML and people write it."""
    if value in (True, "yes", "true"):
        return True
    if value in (False, "no", "false"):
        return False
    raise AnswerError(f"{where}: {shown(value)} is neither yes nor no")


def number(where: str, value: Any, first: int, last: int, what: str) -> int:
    """A whole number within bounds; `what` names such a thing."""
    said = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(said, str) or not re.fullmatch(r"[0-9]{1,10}", said, re.ASCII) or not first <= int(said) <= last:
        raise AnswerError(f"{where}: {shown(value)} is not {what} from {first} to {last}")
    return int(said)


def device(where: str, value: Any) -> str:
    """A disk, as it is named below /dev/; or an iSCSI disk by RFC 4173."""
    name = text(where, value)
    if name.startswith("iscsi:"):
        if " " not in name:
            return name
    else:
        name = name.removeprefix("/dev/")
        if _DEVICE.fullmatch(name) and ".." not in name:
            return name
    raise AnswerError(f"{where}: {shown(value)} is not a disk such as sda or disk/by-id/NAME")


def mac(where: str, value: Any) -> str:
    """A MAC address, in lower case."""
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise AnswerError(f"{where}: {shown(value)} is not a MAC address such as 00:16:3e:00:00:01")
    return value.lower()


def ipv4(where: str, value: Any) -> str:
    """An IPv4 address."""
    return str(_read(IPv4Address, where, value, "an IPv4 address"))


def mask(where: str, value: Any) -> str:
    """A netmask, not a prefix length."""
    address = _read(IPv4Address, where, value, "a mask such as 255.255.255.0")
    if f"{int(address):032b}".rstrip("0").strip("1") or not int(address):
        raise AnswerError(f"{where}: {shown(value)} is not a mask such as 255.255.255.0: ones first, then zeros")
    return str(address)


def ipv6(where: str, value: Any) -> str:
    """An IPv6 address."""
    return str(_read(IPv6Address, where, value, "an IPv6 address"))


def ipv6_prefix(where: str, value: Any) -> str:
    """An IPv6 address with its prefix length."""
    what = "an IPv6 address with its prefix, such as 2001:db8::11/64"
    if "/" not in str(value):
        raise AnswerError(f"{where}: {shown(value)} is not {what}")
    return str(_read(IPv6Interface, where, value, what))


def address(where: str, value: Any) -> str:
    """An IPv4 or IPv6 address."""
    return str(_read(ip_address, where, value, "an IPv4 address or an IPv6 one"))


def host_name(where: str, value: Any) -> str:
    """A host name by RFC 1123, with or without its domain."""
    name = text(where, value)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise AnswerError(f"{where}: {shown(value)} is not a host name: letters, digits and hyphens between dots")
    return name


def server(where: str, value: Any) -> str:
    """A server by its name or its address."""
    try:
        return address(where, value)
    except AnswerError:
        return host_name(where, value)


def zone(where: str, value: Any) -> str:
    """A time zone's name."""
    name = text(where, value)
    if not re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name, re.ASCII):
        raise AnswerError(f"{where}: {shown(value)} is not a time zone such as Europe/London")
    return name


def many(where: str, value: Any, of: Callable[[str, Any], _T]) -> tuple[_T, ...]:
    """A list; a single text or table is a list of one."""
    values = [value] if isinstance(value, str | Mapping) else value
    if not isinstance(values, list | tuple):
        raise AnswerError(f"{where}: {shown(value)} is not a list such as [a, b]")
    return tuple(of(where, item) for item in values if item is not None)


def table(where: str, value: Any, keys: Iterable[str], example: str) -> Mapping[str, Any]:
    """A table with some of `keys` and no others; keys that hold nothing are left out."""
    if not isinstance(value, Mapping):
        raise AnswerError(f"{where}: {shown(value)} is not a table such as {example}")
    allowed = tuple(keys)
    for key in value:
        if key not in allowed:
            raise AnswerError(f"{where}.{key}: unknown; {nearest(str(key), allowed)}")
    return {key: inner for key, inner in value.items() if inner is not None}


def nearest(key: str, known: Iterable[str]) -> str:
    """What may have been meant by a key that is not known."""
    allowed = tuple(known)
    near = difflib.get_close_matches(key, allowed, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(allowed)}"


def _read(kind: Callable[[str], _T], where: str, value: Any, what: str) -> _T:
    said = str(value)
    try:
        if "%" in said:  # a zone: any text at all, and the name of a card of somebody else's
            raise ValueError
        return kind(said)
    except ValueError:
        raise AnswerError(f"{where}: {shown(value)} is not {what}") from None
