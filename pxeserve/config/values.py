"""What values of the configuration may look like. Each raises ValueError with what would be right. Refuses to know keys."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(value: object) -> object:
    """`90`, `"90s"`, `"60m"`, `"1h"`, `"2d"` as whole seconds."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,9})([smhd]?)", value.strip(), re.ASCII)
        if not found:
            raise ValueError(f"{value!r} is not a length of time such as 90s, 60m, 1h or 2d")
        return int(found[1]) * _UNITS[found[2] or "s"]
    return value


def seconds_or_off(value: object) -> object:
    """As `seconds`; `off` is 0."""
    return 0 if value == "off" else seconds(value)


Seconds = Annotated[int, BeforeValidator(seconds)]
Port = Annotated[int, Field(ge=1, le=65535)]


def ports(value: str) -> str:
    """`value`, a range of unprivileged ports."""
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value, re.ASCII)
    if not found or not 1024 <= int(found[1]) <= int(found[2]) <= 65535:
        raise ValueError(f"{value!r} is not a range of ports such as 40000-40999, between 1024 and 65535")
    return value


def range_of(value: str) -> range:
    """The ports of such a range."""
    first, last = (int(part) for part in value.split("-"))
    return range(first, last + 1)


Ports = Annotated[str, AfterValidator(ports)]


def one_or_more(value: object) -> object:
    """One of a list, said without the list."""
    return (value,) if isinstance(value, str | IPv4Address) else value


def host_name(value: str) -> str:
    """`value` in small letters (RFC 1123 section 2.1)."""
    name = value.lower().rstrip(".")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(name) > 253 or not re.fullmatch(rf"{label}(\.{label})*", name, re.ASCII):
        raise ValueError(f"{value!r} is not a host name or address such as boot.example.com, without scheme and port")
    return name
