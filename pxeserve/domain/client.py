"""Who is asking: MAC addresses, architectures and the client that a packet describes.

Refuses to know what such a client should get.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from typing import NamedTuple

_MAC = re.compile(r"[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{12}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}", re.ASCII)


class Firmware(StrEnum):
    """What runs on the machine when it asks: it decides which loader can be given."""

    BIOS = "bios"
    UEFI_IA32 = "uefi-ia32"
    UEFI_X64 = "uefi-x64"
    UEFI_ARM64 = "uefi-arm64"
    UEFI_HTTP = "uefi-http"
    UEFI_HTTP_ARM64 = "uefi-http-arm64"
    IPXE = "ipxe"            # iPXE on a BIOS, from a card's ROM or loaded before
    IPXE_UEFI = "ipxe-uefi"  # iPXE on x64 UEFI


@dataclass(frozen=True, slots=True)
class Architecture:
    """One line of the IANA table "Processor Architecture Types" (RFC 4578 section 2.1, RFC 5970 section 3.3).

    `firmware` is None for architectures on which nothing that this house installs can run.
    """

    code: int
    name: str
    firmware: Firmware | None


_TABLE = (
    (0, "x86 BIOS", Firmware.BIOS),
    (1, "NEC/PC98", None),
    (2, "Itanium", None),
    (3, "DEC Alpha", None),
    (4, "Arc x86", None),
    (5, "Intel Lean Client", None),
    (6, "x86 UEFI", Firmware.UEFI_IA32),
    (7, "x64 UEFI", Firmware.UEFI_X64),
    (8, "EFI Xscale", None),
    (9, "EBC (x64 UEFI in practice)", Firmware.UEFI_X64),
    (10, "ARM 32-bit UEFI", None),
    (11, "ARM 64-bit UEFI", Firmware.UEFI_ARM64),
    (12, "PowerPC Open Firmware", None),
    (13, "PowerPC ePAPR", None),
    (14, "POWER OPAL v3", None),
    (15, "x86 UEFI boot from HTTP", None),
    (16, "x64 UEFI boot from HTTP", Firmware.UEFI_HTTP),
    (17, "EBC boot from HTTP", Firmware.UEFI_HTTP),
    (18, "ARM 32-bit UEFI boot from HTTP", None),
    (19, "ARM 64-bit UEFI boot from HTTP", Firmware.UEFI_HTTP_ARM64),
    (20, "PC/AT BIOS boot from HTTP", None),
    (21, "ARM 32-bit U-Boot", None),
    (22, "ARM 64-bit U-Boot", None),
    (23, "ARM 32-bit U-Boot boot from HTTP", None),
    (24, "ARM 64-bit U-Boot boot from HTTP", None),
    (25, "RISC-V 32-bit UEFI", None),
    (26, "RISC-V 32-bit UEFI boot from HTTP", None),
    (27, "RISC-V 64-bit UEFI", None),
    (28, "RISC-V 64-bit UEFI boot from HTTP", None),
    (29, "RISC-V 128-bit UEFI", None),
    (30, "RISC-V 128-bit UEFI boot from HTTP", None),
    (31, "s390 Basic", None),
    (32, "s390 Extended", None),
    (33, "MIPS 32-bit UEFI", None),
    (34, "MIPS 64-bit UEFI", None),
    (35, "Sunway 32-bit UEFI", None),
    (36, "Sunway 64-bit UEFI", None),
    (37, "LoongArch 32-bit UEFI", None),
    (38, "LoongArch 32-bit UEFI boot from HTTP", None),
    (39, "LoongArch 64-bit UEFI", None),
    (40, "LoongArch 64-bit UEFI boot from HTTP", None),
    (41, "ARM rpiboot", None),
)
ARCHITECTURES: dict[int, Architecture] = {code: Architecture(code, name, firmware) for code, name, firmware in _TABLE}


def parse_mac(text: str) -> str:
    """Any usual spelling of an Ethernet address, as `52:54:00:77:00:01`. Raises ValueError naming the text.

    Refuses group addresses: a machine that boots never sends from one.
    """
    lowered = text.strip().lower()
    if not _MAC.fullmatch(lowered):
        raise ValueError(f"{text!r} is not a MAC address such as 52:54:00:77:00:01")
    digits = re.sub(r"[^0-9a-f]", "", lowered)
    if int(digits[:2], 16) & 1:
        raise ValueError(f"{text!r} is a group address, not a machine's own")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


class Client(NamedTuple):
    """A machine as one request describes it. Nothing in it is proven: `address` is where the request came from, if anywhere yet. `uuid` and
    `serial` are the system's, None where it said none or one that says nothing."""

    mac: str
    firmware: Firmware | None = None
    arch: int | None = None
    uuid: str | None = None
    address: IPv4Address | None = None
    vendor_class: str = ""
    pxe: bool = True
    serial: str | None = None
