"""The DISCOVER of `pxeserve health`: answered in front of any core, which learns nothing of it, and by nobody else's."""

from __future__ import annotations

from ipaddress import IPv4Address

from pxeserve.dhcp.health import MARK, answering, question, told
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Outcome, ignore
from pxeserve.dhcp.packet import BOOTREQUEST, Message, Type, encode, parse
from pxeserve.dhcp.route import Arrival, Destination, Local, Ports, Way

SERVER = IPv4Address("10.77.0.1")
HERE = Arrival("eth0", IPv4Address("172.18.0.2"), 41234, IPv4Address("172.18.0.2"))
LOCAL = Local({"eth0": SERVER}, frozenset(), Ports())


def deciding(message: Message, _arrival: Arrival, _now: float) -> Outcome:
    return ignore(f"the core was asked: {message.type.name}")


def asked(data: bytes, arrival: Arrival = HERE) -> Outcome:
    message = parse(data)
    assert isinstance(message, Message)
    return answering(deciding, LOCAL, frozenset({HERE.source}))(message, arrival, 1.0)


def test_it_is_answered_to_where_it_came_from_with_the_address_that_machines_are_told() -> None:
    outcome = asked(question(77))
    assert outcome.reply is not None
    assert outcome == Outcome(outcome.reply)  # nothing stored, nothing told, nothing counted
    assert outcome.reply.destination == Destination(Way.ROUTED, HERE.source, HERE.port)
    answer = encode(outcome.reply.message, outcome.reply.limit)
    assert told(answer, 77) == SERVER
    assert told(answer, 78) is None
    assert len(answer) <= max(len(question(77)), 300)


def test_whatever_else_is_said_goes_to_the_core() -> None:
    def message(kind: Type, mark: bytes) -> bytes:
        return encode(Message(BOOTREQUEST, 1, "52:54:00:77:00:01", {Code.MESSAGE_TYPE: bytes((kind,)), Code.USER_CLASS: mark}))

    assert asked(message(Type.DISCOVER, b"iPXE")).ignored == "the core was asked: DISCOVER"
    assert asked(message(Type.REQUEST, MARK)).ignored == "the core was asked: REQUEST"
    assert asked(question(1), HERE._replace(source=IPv4Address("172.18.0.3"))).ignored == "the core was asked: DISCOVER"


def test_an_offer_of_anybody_else_is_no_answer_to_it() -> None:
    options = {Code.MESSAGE_TYPE: bytes((Type.OFFER,)), Code.SERVER_ID: SERVER.packed}
    assert told(encode(Message(2, 77, "02:00:00:00:00:01", options)), 77) is None
    assert told(b"nonsense", 77) is None
