"""The question whether somebody else lends addresses here, and which frames are an answer to it. On a wire: tests/interop."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.dhcp.packet import BOOTREPLY, Message, Reject, Type, encode, parse
from pxeserve.dhcp.probe import answer, questions
from pxeserve.dhcp.route import EVERYBODY, frame

MAC, OWN, OTHER, XID = "02:00:00:00:00:01", IPv4Address("10.77.0.1"), IPv4Address("10.77.0.2"), 0xCAFE


def reply(kind: Type = Type.OFFER, xid: int = XID, port: int = 68, options: dict[int, bytes] | None = None) -> bytes:
    message = Message(BOOTREPLY, xid, MAC, {53: bytes((kind,)), **({54: OTHER.packed} if options is None else options)})
    return frame("02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", (IPv4Address("10.77.0.3"), 67), (EVERYBODY, port), encode(message))


def test_it_asks_for_an_address_and_about_the_network() -> None:
    asked = [parse(data[42:]) for data in questions(MAC, OWN, XID)]
    assert not any(isinstance(one, Reject) for one in asked)
    assert [(one.type, one.xid, one.broadcast, one.ciaddr) for one in asked if isinstance(one, Message)] == [
        (Type.DISCOVER, XID, True, IPv4Address(0)),
        (Type.INFORM, XID, False, OWN),
    ]


@pytest.mark.parametrize(
    ("data", "server"),
    [
        (reply(), OTHER),
        (reply(Type.ACK), OTHER),
        (reply(Type.NAK), OTHER),
        (reply(options={}), IPv4Address("10.77.0.3")),
        (reply(xid=1), None),
        (reply(port=67), None),
        (reply()[:60], None),
        (reply()[:12] + b"\x08\x06" + reply()[14:], None),
        (reply()[:23] + b"\x06" + reply()[24:], None),
        (questions(MAC, OWN, XID)[0], None),
        (b"", None),
    ],
)
def test_which_frames_are_an_answer(data: bytes, server: IPv4Address | None) -> None:
    assert answer(data, XID) == server


@given(st.binary(max_size=60))
def test_no_frame_raises(tail: bytes) -> None:
    answer(reply()[:14] + tail, XID)
    answer(tail, XID)
