"""How a machine describes itself, for the record: what of a message people want to know, and nothing that it did not say.

It is asked once for each message that is told, on the way to its answer, so what machines have in common is made text once.
Bytes become text here; whoever hands an event over makes them harmless. Refuses to know what is answered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import NONE, Message

_LONGEST = 64
"""Bytes of one name that are told (threat T32); a spreadsheet's row and a switch's port both fit."""


def described(message: Message, asker: Asker) -> dict[str, Any]:
    """What `message` says of its sender: `vendor_class`, `xid` and, as far as it says them, `arch`, `firmware`, `uuid`, `user_class`,
    `hostname`, `giaddr`, `circuit` and `remote` (option 82, as text where it is text, else in hex). `arch` is only told of firmware."""
    client, options = asker.client, message.options
    data: dict[str, Any] = {"vendor_class": client.vendor_class, "xid": f"{message.xid:08x}"}
    if client.arch is not None:
        data["arch"] = str(client.arch)
    if client.firmware is not None:
        data["firmware"] = client.firmware.value
    if client.uuid is not None:
        data["uuid"] = client.uuid
    if value := options.get(Code.USER_CLASS):
        data["user_class"] = _text(value)
    if value := options.get(Code.HOST_NAME):
        data["hostname"] = _text(value)
    if message.giaddr != NONE:
        data["giaddr"] = str(message.giaddr)
    if asker.agent.circuit:
        data["circuit"] = _text(asker.agent.circuit)
    if asker.agent.remote:
        data["remote"] = _text(asker.agent.remote)
    return data


@lru_cache(maxsize=1024)
def _text(value: bytes) -> str:
    """Mostly letters: a name, as it is. Else in hex: RFC 3046 leaves the form to the switch, and many pack numbers."""
    cut = value[:_LONGEST].rstrip(b"\0")
    letters = sum(32 <= byte < 127 for byte in cut)
    return cut.decode("utf-8", "backslashreplace") if letters * 2 > len(cut) else cut.hex()
