"""What a dialect is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    """One element as this generation reads it.

    `required` are the modes that fail without it, `missing` is what the person at the console then sees. `attributes` maps each
    attribute that is read to the pattern of its sensible values (None: any). `text` is the pattern of a sensible text, `says` what
    that is in words. `repeatable` elements count each time, of others only `first` counts; a `lone` one counts only when it is alone.
    """

    name: str
    modes: frozenset[str]
    required: frozenset[str] = frozenset()
    missing: str = ""
    attributes: dict[str, re.Pattern[str] | None] = field(default_factory=dict)
    text: re.Pattern[str] | None = None
    says: str = ""
    repeatable: bool = False
    lone: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a generation's parser reads, where it matters; what stands here is 4.1's way.

    `trims`: white space around values is stripped (5.6). `takes_hash`: root-password has a type (5.6). `prefixes_dev`: /dev/ is always
    put in front of disks. `roots` are the outermost elements that are read, () for any. `https` sources (6.2). `script_stages`: hooks are
    `script` elements with a stage (6.0). `vlan` of the management interface (7.2). `ntp_source`: the `ntp` element (XenServer 8).
    `default_timezone`: it may be left out (6.2).
    """

    trims: bool = False
    takes_hash: bool = False
    prefixes_dev: bool = True
    roots: tuple[str, ...] = ()
    https: bool = False
    sr_types: tuple[str, ...] = ("lvm", "ext")
    script_stages: bool = False
    vlan: bool = False
    ntp_source: bool = False
    default_timezone: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """One generation's way of reading answerfiles. `later` names elements that only newer generations read, with the first that does."""

    name: str
    source: str
    modes: frozenset[str]
    bad_mode: str
    root_attributes: dict[str, re.Pattern[str] | None]
    elements: dict[str, Element]
    later: dict[str, str]
    reading: Reading = Reading()
