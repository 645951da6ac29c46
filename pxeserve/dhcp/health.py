"""The DISCOVER by which this machine sees that its own service answers DHCP (`pxeserve health`), and the answer to it.

It goes the way of every message, up to where a core would decide: nothing is lent, told or counted for it, so that it can be asked every
minute for years. Pure. It is this machine's own alone: no kernel lets a datagram in from a wire that says it comes from here.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Outcome, Reply
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, Message, Reject, Type, encode, parse
from pxeserve.dhcp.route import Arrival, Destination, Local, Way

MARK = b"pxeserve-health"
"""Option 77 of the question and of its answer."""

_MAC = "02:00:00:00:00:01"
_Core = Callable[[Message, Arrival, float], Outcome]


def question(xid: int) -> bytes:
    """The DISCOVER."""
    return encode(Message(BOOTREQUEST, xid, _MAC, {Code.MESSAGE_TYPE: bytes((Type.DISCOVER,)), Code.USER_CLASS: MARK}))


def told(data: bytes, xid: int) -> IPv4Address | None:
    """The address that the service names as its own in this answer to the question of `xid`; None when it is no such answer."""
    message = parse(data, BOOTREPLY)
    if isinstance(message, Reject) or message.xid != xid or message.options.get(Code.USER_CLASS) != MARK:
        return None
    return message.address(Code.SERVER_ID)


def answering(core: _Core, local: Local, own: frozenset[IPv4Address]) -> _Core:
    """`core`, but for that question from one of this machine's `own` addresses, which is answered to where it came from."""

    def receive(message: Message, arrival: Arrival, now: float) -> Outcome:
        if message.options.get(Code.USER_CLASS) != MARK or message.type is not Type.DISCOVER or arrival.source not in own:
            return core(message, arrival, now)
        server = local.addresses[arrival.interface]
        options = {Code.MESSAGE_TYPE: bytes((Type.OFFER,)), Code.SERVER_ID: server.packed, Code.USER_CLASS: MARK}
        back = Destination(Way.ROUTED, arrival.source, arrival.port)
        return Outcome(Reply(Message(BOOTREPLY, message.xid, message.mac, options), back, message.limit))

    return receive
