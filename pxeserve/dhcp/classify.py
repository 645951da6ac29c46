"""Who a message comes from, as it describes itself. Everything else reads these fields and no option again.

Refuses to know what such a client should get.
"""

from __future__ import annotations

from typing import NamedTuple

from pxeserve.dhcp.options import Code, RelayAgent, relay_agent, system_uuid
from pxeserve.dhcp.packet import NONE, Message
from pxeserve.dhcp.quirks.make import Kind, Make, make
from pxeserve.domain.client import Client, Firmware

__all__ = ["Asker", "Kind", "classify", "client_id"]

_LONGEST_ID = 255


class Asker(NamedTuple):
    """One message's sender. `ipxe` tells that iPXE's stack is asking, and `script` what it is when it can be given one; `client.firmware`
    is what it runs on all the same; `make` is what machines like it have in common. `client_id` is option 61 in hex, or empty when it
    says no more than the MAC; `asked` are the options it wants (55), in its order."""

    kind: Kind
    ipxe: bool
    script: Firmware | None
    client: Client
    client_id: str
    asked: bytes
    agent: RelayAgent
    make: Make

    @property
    def mac(self) -> str:
        """The client's MAC, normalised."""
        return self.client.mac


def classify(message: Message) -> Asker:
    """The sender of `message`."""
    get = message.options.get
    model = make(get(Code.VENDOR_CLASS), get(Code.USER_CLASS), get(Code.ARCH), get(Code.IPXE))
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
    return Asker(model.kind, model.ipxe, model.script, client, identifier, get(Code.PARAMETERS, b""), agent, model)


def client_id(mac: str, value: bytes | None) -> str:
    """Option 61 as it identifies a lease, in hex. "Ethernet and the MAC" says what chaddr says already: UEFI sends none, the
    installer behind it sends that, and both are one machine that should keep one address."""
    if value is None or len(value) < 2:
        return ""
    identifier = value[:_LONGEST_ID].hex()
    return "" if len(value) == 7 and identifier == "01" + mac.replace(":", "") else identifier
