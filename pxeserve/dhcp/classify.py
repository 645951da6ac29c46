"""Who a message comes from, as it describes itself. Everything else reads these fields and no option again.

Refuses to know what such a client should get.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pxeserve.dhcp.options import Code, RelayAgent, architectures, ipxe_has_http, relay_agent, system_uuid, user_classes
from pxeserve.dhcp.packet import NONE, Message
from pxeserve.domain.client import ARCHITECTURES, Client, Firmware

_LONGEST_ID = 255
_VENDOR_ARCH = re.compile(rb"(?:PXE|HTTP)Client:Arch:(\d{5})")


class Kind(StrEnum):
    """What the client wants of us."""

    PXE = "pxe"
    HTTP = "http"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Asker:
    """One message's sender. `ipxe` tells that iPXE's stack is asking, and `script` what it is when it can be given one; `client.firmware`
    is what it runs on all the same. `client_id` is option 61 in hex, or empty when it
    says no more than the MAC; `asked` are the options it wants (55), in its order."""

    kind: Kind
    ipxe: bool
    script: Firmware | None
    client: Client
    client_id: str
    asked: tuple[int, ...]
    agent: RelayAgent

    @property
    def mac(self) -> str:
        """The client's MAC, normalised."""
        return self.client.mac


def classify(message: Message) -> Asker:
    """The sender of `message`.

    iPXE is told by its user class (77) and not by option 175: other ROMs built from its sources carry 175 as well.
    """
    options = message.options
    vendor = options.get(Code.VENDOR_CLASS, b"")
    ipxe = b"iPXE" in user_classes(options.get(Code.USER_CLASS))
    kind = _kind(vendor, ipxe, Code.ARCH in options)
    arch = None if kind is Kind.ORDINARY else _arch(options.get(Code.ARCH), vendor)
    client = Client(
        mac=message.mac,
        firmware=_firmware(arch),
        arch=arch,
        uuid=system_uuid(options.get(Code.UUID)),
        address=None if message.ciaddr == NONE else message.ciaddr,
        vendor_class=vendor.decode("utf-8", "surrogateescape"),
        pxe=kind is not Kind.ORDINARY,
    )
    identifier = client_id(message.mac, options.get(Code.CLIENT_ID, b""))
    script = _SCRIPTED.get(client.firmware or Firmware.BIOS) if ipxe and ipxe_has_http(options.get(Code.IPXE)) else None
    agent = relay_agent(options.get(Code.RELAY_AGENT))
    return Asker(kind, ipxe, script, client, identifier, tuple(options.get(Code.PARAMETERS, b"")), agent)


def client_id(mac: str, value: bytes) -> str:
    """Option 61 as it identifies a lease, in hex. "Ethernet and the MAC" says what chaddr says already: UEFI sends none, the
    installer behind it sends that, and both are one machine that should keep one address."""
    return "" if len(value) < 2 or value == b"\x01" + bytes.fromhex(mac.replace(":", "")) else value[:_LONGEST_ID].hex()


_SCRIPTED = {Firmware.BIOS: Firmware.IPXE, Firmware.UEFI_X64: Firmware.IPXE_UEFI}


def _kind(vendor: bytes, ipxe: bool, names_arch: bool) -> Kind:
    """Quirk `no-vendor-class`: some ROMs leave option 60 empty. Nothing but a network boot sends an architecture (RFC 4578 section 2.1)."""
    if ipxe or vendor.startswith(b"PXEClient") or (not vendor and names_arch):
        return Kind.PXE
    return Kind.HTTP if vendor.startswith(b"HTTPClient") else Kind.ORDINARY


def _arch(value: bytes | None, vendor: bytes) -> int:
    """The architecture: the first code of option 93 that is known, else its first, else the vendor class's, else 0.

    Firmware that says nothing is from before option 93, and that is BIOS.
    """
    codes = architectures(value)
    if codes:
        return next((code for code in codes if code in ARCHITECTURES), codes[0])
    found = _VENDOR_ARCH.match(vendor)
    return int(found[1]) if found else 0


def _firmware(arch: int | None) -> Firmware | None:
    known = None if arch is None else ARCHITECTURES.get(arch)
    return known.firmware if known else None
