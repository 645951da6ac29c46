"""Who a message comes from, as it describes itself. Everything else reads these fields and no option again.

Refuses to know what such a client should get.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

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


class Asker(NamedTuple):
    """One message's sender. `ipxe` tells that iPXE's stack is asking, and `script` what it is when it can be given one; `client.firmware`
    is what it runs on all the same. `client_id` is option 61 in hex, or empty when it
    says no more than the MAC; `asked` are the options it wants (55), in its order."""

    kind: Kind
    ipxe: bool
    script: Firmware | None
    client: Client
    client_id: str
    asked: bytes
    agent: RelayAgent

    @property
    def mac(self) -> str:
        """The client's MAC, normalised."""
        return self.client.mac


def classify(message: Message) -> Asker:
    """The sender of `message`.

    iPXE is told by its user class (77) and not by option 175: other ROMs built from its sources carry 175 as well.
    """
    get = message.options.get
    model = _model(get(Code.VENDOR_CLASS), get(Code.USER_CLASS), get(Code.ARCH), get(Code.IPXE))
    client = Client(
        message.mac,
        model.firmware,
        model.arch,
        system_uuid(get(Code.UUID)),
        None if message.ciaddr == NONE else message.ciaddr,
        model.vendor_class,
        model.kind is not Kind.ORDINARY,
    )
    identifier = client_id(message.mac, get(Code.CLIENT_ID))
    agent = relay_agent(get(Code.RELAY_AGENT))
    return Asker(model.kind, model.ipxe, model.script, client, identifier, get(Code.PARAMETERS, b""), agent)


class _Model(NamedTuple):
    """What machines of one make have in common."""

    kind: Kind
    ipxe: bool
    script: Firmware | None
    firmware: Firmware | None
    arch: int | None
    vendor_class: str


@lru_cache(maxsize=512)
def _model(vendor: bytes | None, classes: bytes | None, archs: bytes | None, features: bytes | None) -> _Model:
    vendor_class = vendor or b""
    ipxe = b"iPXE" in user_classes(classes)
    kind = _kind(vendor_class, ipxe, archs is not None)
    arch = None if kind is Kind.ORDINARY else _arch(archs, vendor_class)
    firmware = _firmware(arch)
    script = _SCRIPTED.get(firmware or Firmware.BIOS) if ipxe and ipxe_has_http(features) else None
    return _Model(kind, ipxe, script, firmware, arch, vendor_class.decode("utf-8", "surrogateescape"))


def client_id(mac: str, value: bytes | None) -> str:
    """Option 61 as it identifies a lease, in hex. "Ethernet and the MAC" says what chaddr says already: UEFI sends none, the
    installer behind it sends that, and both are one machine that should keep one address."""
    if value is None or len(value) < 2:
        return ""
    identifier = value[:_LONGEST_ID].hex()
    return "" if len(value) == 7 and identifier == "01" + mac.replace(":", "") else identifier


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
