"""The ways in which a machine can be told its boot file, as data, and which of them suits which firmware, the usual one first.

Refuses to know messages: a `Manner` is what the builder of answers obeys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pxeserve.dhcp.quirks import known
from pxeserve.domain.quirk import Quirk

PXE_CLASS, HTTP_CLASS = b"PXEClient", b"HTTPClient"


class Manner(NamedTuple):
    """What stands in an answer besides the file's name. `vendor_class` is option 60, none when empty; `bypass` puts PXE's "ask nobody else"
    into option 43; `split` leaves the file's name out of a proxy's offer, since it is asked for on port 4011."""

    vendor_class: bytes = b""
    bypass: bool = False
    split: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way, in words for people (after "is told its boot file"), with the quirk that it is for and the one that is met when a machine
    passes it over."""

    says: str
    manner: Manner
    quirk: Quirk
    passed_over: Quirk


BYPASS = Way(
    "in the offer, with option 43 saying that nobody else is to be asked",
    Manner(PXE_CLASS, bypass=True), known.BIOS_BYPASS, known.OFFER_IGNORED,
)  # fmt: skip
CLASS_ALONE = Way("in the offer, with option 60 and without option 43", Manner(PXE_CLASS), known.OFFER_IGNORED, known.OFFER_IGNORED)
IPXE_IN_BAND = Way("in the offer, with option 60 and without option 43", Manner(PXE_CLASS), known.IPXE_ASKS_AGAIN, known.OFFER_IGNORED)
PLAIN = Way("in the offer, as any DHCP server says it", Manner(), known.OFFER_IGNORED, known.OFFER_IGNORED)
UEFI_PLAIN = Way("in the offer, as any DHCP server says it", Manner(), known.UEFI_67_ALONE, known.OFFER_IGNORED)
SPLIT = Way(
    "on port 4011, after an offer that names none", Manner(PXE_CLASS, split=True), known.UEFI_ASKS_4011, known.SPLIT_OFFER
)
IN_BAND = Way(
    "in the offer, with option 43 saying that nobody else is to be asked",
    Manner(PXE_CLASS, bypass=True), known.SPLIT_OFFER, known.SPLIT_OFFER,
)  # fmt: skip
HTTP = Way("in the offer, as an address, with option 60 HTTPClient", Manner(HTTP_CLASS), known.HTTP_ECHO, known.OFFER_IGNORED)


def proxy_ways(*, bios: bool, ipxe: bool, http: bool) -> tuple[Way, ...]:
    """Beside another server, the usual way first."""
    if http:
        return (HTTP,)
    if bios:
        return (BYPASS, CLASS_ALONE)
    return (IPXE_IN_BAND, IN_BAND) if ipxe else (SPLIT, IN_BAND)


def server_ways(*, bios: bool, http: bool) -> tuple[Way, ...]:
    """Where pxeserve lends the address, the usual way first."""
    if http:
        return (HTTP,)
    return (BYPASS, PLAIN) if bios else (UEFI_PLAIN, IN_BAND)
