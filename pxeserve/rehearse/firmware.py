"""How each kind of firmware and each loader speaks: options, their order, ports and manners, as captured from the real ones. Data alone.

Captured from iPXE 1.0.0 (2019), OVMF 2022.11, pxelinux 6.04 and GRUB 2.06; what of it stands for machines that were not captured (32-bit
UEFI, ARM) is OVMF's with their own architecture. Refuses to know what is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.domain.client import Firmware

Options = tuple[tuple[int, bytes], ...]

_IPXE_ASKS = bytes((1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203))
_OVMF_ASKS = bytes(
    (1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, *range(128, 136))
)  # fmt: skip
_OVMF_HTTP_ASKS = bytes((1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 235, 67, 97))
_IPXE_HAS = bytes.fromhex("b10501808610 0eeb03010000 170101 220101 130101 110101 270101 190101 290101 100102 210101 150101 180101 120101")
"""Option 175: built with HTTP, multiboot and the rest, as Debian's is."""
_IPXE_UEFI_HAS = bytes.fromhex("b10501808610 0eeb03010000 170101 240101 130101 110101 270101 290101 150101 120101")
_SMALL, _LARGE = (57, (1472).to_bytes(2)), (57, (65280).to_bytes(2))


@dataclass(frozen=True, slots=True)
class Speech:
    """One kind of firmware. `arch` is option 93's code; `asks` option 55; `broadcast` the flag of RFC 2131 section 4.1; `pxe_port` the
    port it asks 4011 from; `ipxe` says that iPXE's stack is asking, with `features` (175) as it has them; `http` that it boots by URL."""

    arch: int
    vendor: bytes
    undi: bytes
    asks: bytes
    broadcast: bool
    pxe_port: int
    user_class: bytes = b""
    features: bytes = b""
    http: bool = False

    @property
    def ipxe(self) -> bool:
        """Whether iPXE is asking and says so."""
        return self.user_class == b"iPXE"

    def discover(self, uuid: bytes, mac: bytes) -> Options:
        """The options of a DISCOVER behind the message's type, in their order."""
        if self.broadcast:
            return (_SMALL, *self._ovmf(uuid))
        return self._card(uuid, mac)

    def request(self, uuid: bytes, mac: bytes, server: bytes, address: bytes) -> Options:
        """The options of the REQUEST that takes an offer, in their order."""
        chosen = ((54, server), (50, address))
        if self.broadcast:
            return (*chosen, _SMALL if self.http else _LARGE, *self._ovmf(uuid))
        return (*self._card(uuid, mac), *chosen)

    def ask_pxe(self, uuid: bytes, mac: bytes, server: bytes) -> Options:
        """The options of the REQUEST to port 4011, in their order (PXE 2.1 section 2.2.4)."""
        if self.broadcast:
            return ((55, self.asks), _SMALL, (60, self.vendor), (93, self.arch.to_bytes(2)), (94, self.undi), (97, b"\0" + uuid))
        return (*self._card(uuid, mac), (54, server))

    def _ovmf(self, uuid: bytes) -> Options:
        return ((55, self.asks), (97, b"\0" + uuid), (94, self.undi), (93, self.arch.to_bytes(2)), (60, self.vendor))

    def _card(self, uuid: bytes, mac: bytes) -> Options:
        own = ((77, self.user_class),) if self.user_class else ()
        has = ((175, self.features),) if self.features else ()
        head = (_SMALL, (93, self.arch.to_bytes(2)), (94, self.undi), (60, self.vendor), *own, (55, self.asks), *has)
        return (*head, (61, b"\x01" + mac), (97, b"\0" + uuid))


def _uefi(arch: int, *, http: bool = False) -> Speech:
    kind, asks = (b"HTTPClient", _OVMF_HTTP_ASKS) if http else (b"PXEClient", _OVMF_ASKS)
    return Speech(arch, b"%s:Arch:%05d:UNDI:003000" % (kind, arch), b"\x01\x03\x00", asks, broadcast=True, pxe_port=4011, http=http)


def _card(arch: int, undi: bytes, vendor: bytes, user_class: bytes = b"", features: bytes = b"") -> Speech:
    return Speech(arch, vendor, undi, _IPXE_ASKS, False, 68, user_class, features)


SPEECH: dict[Firmware, Speech] = {
    Firmware.BIOS: _card(0, b"\x01\x02\x01", b"PXEClient:Arch:00000:UNDI:002001"),
    Firmware.UEFI_IA32: _uefi(6),
    Firmware.UEFI_X64: _uefi(7),
    Firmware.UEFI_ARM64: _uefi(11),
    Firmware.UEFI_HTTP: _uefi(16, http=True),
    Firmware.UEFI_HTTP_ARM64: _uefi(19, http=True),
    Firmware.IPXE: _card(0, b"\x01\x02\x01", b"PXEClient:Arch:00000:UNDI:002001", b"iPXE", _IPXE_HAS),
    Firmware.IPXE_UEFI: _card(7, b"\x01\x03\x0a", b"PXEClient:Arch:00007:UNDI:003010", b"iPXE", _IPXE_UEFI_HAS),
}

INSTALLER: Options = ((57, (576).to_bytes(2)), (55, bytes((1, 3, 6, 12, 15, 28, 42))), (60, b"udhcp 1.2.2"))
"""What the DHCP client of an installer's RAM disk sends before its client identifier (busybox)."""


class Tongue(StrEnum):
    """Who asks for a file."""

    ROM = "rom"            # a card's ROM, or iPXE by TFTP
    UEFI = "uefi"
    UEFI_HTTP = "uefi-http"
    PXELINUX = "pxelinux"
    GRUB = "grub"
    IPXE = "ipxe"


@dataclass(frozen=True, slots=True)
class TftpManner:
    """The options of an RRQ, in their order; `probes` are those of a first one that is broken off behind its OACK."""

    options: tuple[tuple[str, int], ...]
    probe: tuple[tuple[str, int], ...] = ()


TFTP: dict[Tongue, TftpManner] = {
    Tongue.ROM: TftpManner((("blksize", 1432), ("tsize", 0))),
    Tongue.UEFI: TftpManner((("blksize", 1468), ("windowsize", 4)), (("tsize", 0), ("blksize", 1468), ("windowsize", 4))),
    Tongue.PXELINUX: TftpManner((("tsize", 0), ("blksize", 1408))),
    Tongue.GRUB: TftpManner((("blksize", 1024), ("tsize", 0))),
    Tongue.IPXE: TftpManner((("blksize", 1432), ("tsize", 0))),
}

AGENTS: dict[Tongue, str] = {
    Tongue.UEFI_HTTP: "UefiHttpBoot/1.0",
    Tongue.GRUB: "GRUB 2.06",
    Tongue.IPXE: "iPXE/1.0.0+git-20190125.36a4c85",
}

_X64, _ARM64 = (0x8664, "x64"), (0xAA64, "64-bit ARM")
PE_MACHINES: dict[int, tuple[int, str]] = {0: (0, "BIOS"), 6: (0x14C, "32-bit x86"), 7: _X64, 16: _X64, 11: _ARM64, 19: _ARM64}
"""By architecture: the machine that a loader's PE header must name (PE/COFF section 3.3.1), and how people call it. A BIOS takes none."""
