"""What a system serial number says of a machine, and which ones say nothing. Pure; refuses to know who says it and how.

It is the SMBIOS string "Serial Number" of the system (type 1, offset 07h; DMTF DSP0134 section 7.2), as makers print it on the machine.
Makers fill it in as carelessly as UUIDs, so it is a guard and no name: it can show that a machine is another one, never that it is the one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pxeserve.domain.host import Host
from pxeserve.domain.identity import Claim, Mark

LONGEST = 64
"""Characters of a serial number at most; the specification sets no bound, and labels are shorter."""

_SPELT = re.compile(r"[A-Za-z0-9](?:[!-~ ]*[!-~])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What stands in a serial number's place when nobody filled it in: `text` without regard to case and spaces, and where it is seen."""

    text: str
    source: str


_GLPI = "glpi-agent, isInvalidBiosValue (from the dmidecode output of many makes)"
_SYSTEMD = "systemd, hwdb.d/20-dmi-id.hwdb (the same words in other strings of the table)"
_ABSENT = "dmidecode, dmi_string(): what it prints where the table has no such string"
_SPELLINGS = "the same in other makers' spelling; inventory agents leave them out as well"
_COUNTED = "boards that count instead; inventory agents leave them out as well"

PLACEHOLDERS: tuple[Placeholder, ...] = (
    Placeholder("To Be Filled By O.E.M.", _GLPI),
    Placeholder("To Be Filled By OEM", _SPELLINGS),
    Placeholder("Default string", _GLPI),
    Placeholder("System Serial Number", _GLPI),
    Placeholder("Chassis Serial Number", _GLPI),
    Placeholder("Base Board Serial Number", _SPELLINGS),
    Placeholder("Serial Number", _SPELLINGS),
    Placeholder("Not Specified", _ABSENT),
    Placeholder("Not Present", _GLPI),
    Placeholder("Not Available", _GLPI),
    Placeholder("Not Applicable", _SPELLINGS),
    Placeholder("No Asset Tag", _GLPI),
    Placeholder("None", _GLPI),
    Placeholder("Unknown", _GLPI),
    Placeholder("N/A", _GLPI),
    Placeholder("<BAD INDEX>", _ABSENT),
    Placeholder("<OUT OF SPEC>", _GLPI),
    Placeholder("O.E.M.", _SYSTEMD),
    Placeholder("OEM", _SYSTEMD),
    Placeholder("0123456789", _COUNTED),
    Placeholder("123456789", _COUNTED),
    Placeholder("1234567890", _COUNTED),
    Placeholder("12345678", _COUNTED),
    Placeholder("123456", _COUNTED),
)


def plain(text: str) -> str:
    """`text` as it is compared: people write small letters, and some firmware pads with spaces."""
    return "".join(text.split()).casefold()


_EMPTY = frozenset(plain(one.text) for one in PLACEHOLDERS)


def spelt(text: str) -> str | None:
    """`text` as a serial number is written: spaces around it taken away, and one for several within. None when it is none: nothing, too
    long, or with what no label carries."""
    if len(text) > 4 * LONGEST:
        return None
    found = re.sub(" +", " ", text).strip()
    return found if len(found) <= LONGEST and _SPELT.fullmatch(found) else None


def says_nothing(serial: str) -> bool:
    """Whether whole series of machines carry it: a placeholder of PLACEHOLDERS, or one character over and over (all zeros)."""
    found = plain(serial)
    return found in _EMPTY or len(set(found)) < 2


def said(text: str | None) -> str | None:
    """The serial number that firmware says with `text`; None when it says none, or one that says nothing."""
    found = spelt(text) if text is not None else None
    return None if found is None or says_nothing(found) else found


def same_serial(one: str, other: str) -> bool:
    """Whether two serial numbers are one, whatever their case and spaces."""
    return plain(one) == plain(other)


def differs(host: Host, serial: str | None) -> bool:
    """Whether a machine that says `serial` is another one than `host`, of which no serial number need be known."""
    return serial is not None and host.serial is not None and not same_serial(host.serial, serial)


def by_serial(hosts: Iterable[Host]) -> dict[str, tuple[str, ...]]:
    """The names of the hosts that each serial number was entered for; those that say nothing left out. `claim` asks it."""
    found: dict[str, tuple[str, ...]] = {}
    for host in hosts:
        if host.serial and not says_nothing(host.serial):
            key = plain(host.serial)
            found[key] = (*found.get(key, ()), host.name)
    return found


def claim(known: Mapping[str, tuple[str, ...]], serial: str | None) -> Claim | None:
    """What `serial` says of a MAC that is no host's, to whom knows `by_serial`; None for nothing."""
    names = known.get(plain(serial)) if serial is not None else None
    return Claim(serial, names, Mark.SERIAL) if serial is not None and names else None
