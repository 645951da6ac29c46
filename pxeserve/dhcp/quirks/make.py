"""What a message tells of its sender's make: firmware, architecture, iPXE or not. Each lie seen through is a rule with a quirk's name.

Knows the bytes of four options and nothing else of a message, so that it is worked out once for a whole rack.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pxeserve.dhcp.options import architectures, ipxe_has_http, user_classes
from pxeserve.dhcp.quirks import known
from pxeserve.dhcp.quirks.manner import Way, proxy_ways, server_ways
from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.domain.quirk import Quirk

_VENDOR_ARCH = re.compile(rb"(?:PXE|HTTP)Client:Arch:(\d{5})")
_SCRIPTED = {Firmware.BIOS: Firmware.IPXE, Firmware.UEFI_X64: Firmware.IPXE_UEFI}


class Kind(StrEnum):
    """What the client wants of us."""

    PXE = "pxe"
    HTTP = "http"
    ORDINARY = "ordinary"


class Said(NamedTuple):
    """The options by which a make is told: 60, 77, 93 and 175, each None when it is not there."""

    vendor: bytes | None
    classes: bytes | None
    archs: bytes | None
    features: bytes | None

    @property
    def codes(self) -> tuple[int, ...]:
        """Option 93."""
        return architectures(self.archs)


class Make(NamedTuple):
    """What machines of one make have in common. `script` is what an iPXE is when it can be given one; `firmware` is what it runs on all the
    same. `proxy` and `server` are the ways to tell it its boot file, the usual one first, and empty for an ordinary client; `quirks` are
    those that were seen through."""

    kind: Kind
    ipxe: bool
    script: Firmware | None
    firmware: Firmware | None
    arch: int | None
    vendor_class: str
    proxy: tuple[Way, ...]
    server: tuple[Way, ...]
    quirks: tuple[Quirk, ...]

@dataclass(frozen=True, slots=True)
class Rule:
    """A quirk of how makes describe themselves, and whether `Said` shows it. Reading goes by these and by nothing else."""

    quirk: Quirk
    holds: Callable[[Said], bool]


IPXE = Rule(known.IPXE_77, lambda said: b"iPXE" in user_classes(said.classes))
NO_HTTP = Rule(known.IPXE_NO_HTTP, lambda said: IPXE.holds(said) and not ipxe_has_http(said.features))
NO_CLASS = Rule(known.NO_VENDOR_CLASS, lambda said: not said.vendor and said.archs is not None)
NO_ARCH = Rule(known.NO_OPTION_93, lambda said: not said.codes)
EITHER_X64 = Rule(known.ARCH_7_AND_9, lambda said: _first(said.codes) in (7, 9, 17))
IA32 = Rule(known.ARCH_6, lambda said: _first(said.codes) == 6)
SEVERAL = Rule(known.ARCH_LIST, lambda said: len(said.codes) > 1)
RULES: tuple[Rule, ...] = (IPXE, NO_HTTP, NO_CLASS, NO_ARCH, EITHER_X64, IA32, SEVERAL)


@lru_cache(maxsize=512)
def make(vendor: bytes | None, classes: bytes | None, archs: bytes | None, features: bytes | None) -> Make:
    """The make behind options 60, 77, 93 and 175, each None when it is not there."""
    said = Said(vendor, classes, archs, features)
    ipxe = IPXE.holds(said)
    kind = _kind(said, ipxe)
    vendor_class = (said.vendor or b"").decode("utf-8", "surrogateescape")
    if kind is Kind.ORDINARY:
        return Make(kind, ipxe, None, None, None, vendor_class, (), (), ())
    arch = _arch(said)
    known_arch = ARCHITECTURES.get(arch)
    firmware = known_arch.firmware if known_arch else None
    script = _SCRIPTED.get(firmware or Firmware.BIOS) if ipxe and not NO_HTTP.holds(said) else None
    bios, http = firmware is Firmware.BIOS, kind is Kind.HTTP
    quirks = tuple(rule.quirk for rule in RULES if rule.holds(said))
    proxy, server = proxy_ways(bios=bios, ipxe=ipxe, http=http), server_ways(bios=bios, http=http)
    return Make(kind, ipxe, script, firmware, arch, vendor_class, proxy, server, quirks)


def typical(firmware: Firmware) -> Make:
    """The make of a machine that is known only to be of this firmware."""
    return _TYPICAL[firmware]


@lru_cache(maxsize=512)
def in_force(made: Make, way: Way) -> tuple[str, ...]:
    """The names of the quirks by which a machine of this make is answered in this way."""
    return tuple(dict.fromkeys((*(one.name for one in made.quirks), way.quirk.name)))


def _kind(said: Said, ipxe: bool) -> Kind:
    vendor = said.vendor or b""
    if ipxe or vendor.startswith(b"PXEClient") or NO_CLASS.holds(said):
        return Kind.PXE
    return Kind.HTTP if vendor.startswith(b"HTTPClient") else Kind.ORDINARY


def _arch(said: Said) -> int:
    """The architecture: the first code of option 93 that is known, else its first, else the vendor class's, else 0, which is BIOS."""
    if NO_ARCH.holds(said):
        found = _VENDOR_ARCH.match(said.vendor or b"")
        return int(found[1]) if found else 0
    return _first(said.codes)


def _first(codes: tuple[int, ...]) -> int:
    return next((code for code in codes if code in ARCHITECTURES), codes[0] if codes else -1)


def _of(kind: str, code: int, classes: bytes | None = None) -> Make:
    return make(f"{kind}:Arch:{code:05}".encode(), classes, code.to_bytes(2), None)


_TYPICAL = {
    Firmware.BIOS: _of("PXEClient", 0),
    Firmware.UEFI_IA32: _of("PXEClient", 6),
    Firmware.UEFI_X64: _of("PXEClient", 7),
    Firmware.UEFI_ARM64: _of("PXEClient", 11),
    Firmware.UEFI_HTTP: _of("HTTPClient", 16),
    Firmware.UEFI_HTTP_ARM64: _of("HTTPClient", 19),
    Firmware.IPXE: _of("PXEClient", 0, b"iPXE"),
    Firmware.IPXE_UEFI: _of("PXEClient", 7, b"iPXE"),
}
