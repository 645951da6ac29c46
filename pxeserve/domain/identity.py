"""What a system UUID says of who is asking, and what it does not.

A MAC names one card. A UUID names a whole machine, if its maker took the trouble: many boards come with the same one, and firmware
disagrees about the order of its bytes. So it is never enough to install by; it tells whose other card an unknown MAC may be, and that a
known MAC is used by somebody else. Pure; refuses to know where hosts are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from pxeserve.domain.host import Host


def swapped(uuid: str) -> str:
    """`uuid` with the bytes of its first three fields the other way round: SMBIOS 2.6 (section 7.2.1) has them little-endian, firmware
    from before, and some PXE ROMs since, send them as they are printed."""
    return str(UUID(bytes_le=UUID(uuid).bytes))


_EMPTY_WORDS = (
    "03000200-0400-0500-0006-000700080009",  # the board maker's default of AMI firmware
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "01234567-89ab-cdef-0123-456789abcdef",
    "4c4c4544-0000-2010-8020-80c04f202020",  # Dell's, made of a service tag that was left blank
)
_EMPTY = frozenset({*_EMPTY_WORDS, *map(swapped, _EMPTY_WORDS)})
"""UUIDs that whole series of boards carry because nobody filled in their own."""


def says_nothing(uuid: str) -> bool:
    """Whether `uuid` (lower case, with hyphens) is one that a maker left on all boards: one of a known few, or one byte over and over."""
    digits = uuid.replace("-", "")
    return uuid in _EMPTY or digits == digits[:2] * 16


def same_machine(one: str, other: str) -> bool:
    """Whether two UUIDs are one, in whatever order the bytes came."""
    return one == other or one == swapped(other)


class Mark(StrEnum):
    """What a machine says of itself besides its MAC."""

    UUID = "system UUID"
    SERIAL = "serial number"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an unknown MAC says of itself by `said`, its UUID or serial number: that it belongs to one of `hosts`, by name. More than one of
    them have it."""

    said: str
    hosts: tuple[str, ...]
    mark: Mark = Mark.UUID


def by_uuid(hosts: Iterable[Host]) -> dict[str, tuple[str, ...]]:
    """The names of the hosts that each UUID was entered for, in both orders of its bytes; UUIDs that say nothing left out."""
    found: dict[str, tuple[str, ...]] = {}
    for host in hosts:
        if host.uuid and not says_nothing(host.uuid):
            for uuid in {host.uuid, swapped(host.uuid)}:
                found[uuid] = (*found.get(uuid, ()), host.name)
    return found


def claim(known: Mapping[str, tuple[str, ...]], uuid: str | None) -> Claim | None:
    """What `uuid` says of a MAC that is no host's, to whom knows `by_uuid`; None for nothing."""
    names = known.get(uuid) if uuid is not None else None
    return Claim(uuid, names) if uuid is not None and names else None
