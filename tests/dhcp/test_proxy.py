"""Beside another server: a boot file for firmware, silence for everybody else, and an ear for who took which address."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Outcome
from pxeserve.dhcp.packet import NONE, Message, Type, encode, parse
from pxeserve.dhcp.proxy import PXE_PORT, Proxy
from pxeserve.dhcp.route import EVERYBODY, Arrival, Destination, Local, Ports, Way

SERVER, OTHER, TAKEN = IPv4Address("10.77.0.1"), IPv4Address("10.77.0.2"), IPv4Address("10.77.0.215")
BROADCAST = Arrival("eth0", NONE, 68, EVERYBODY)


@pytest.fixture
def proxy(world: Any) -> Proxy:
    return Proxy(world.boots, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))


def heard(message: Message) -> Message:
    parsed = parse(encode(message))
    assert isinstance(parsed, Message)
    return parsed


def test_firmware_is_offered_a_boot_file_and_no_address(proxy: Proxy, machine: Callable[..., Any]) -> None:
    outcome = proxy.receive(heard(machine().discover()), BROADCAST, 0.0)
    assert outcome.reply is not None
    offer = outcome.reply.message
    assert (offer.type, offer.yiaddr, offer.siaddr, offer.file) == (Type.OFFER, NONE, SERVER, b"b/session/debian/pxelinux.0")
    assert offer.options == {
        Code.MESSAGE_TYPE: b"\x02",
        Code.SERVER_ID: SERVER.packed,
        Code.VENDOR_CLASS: b"PXEClient",
        Code.VENDOR: b"\x06\x01\x08\xff",
        Code.BOOT_FILE: b"b/session/debian/pxelinux.0\0",
        Code.TFTP_SERVER: b"10.77.0.1",
        Code.UUID: bytes.fromhex("001eab577e000000408000000000000001"),
    }
    assert outcome.reply.destination == Destination(Way.BROADCAST, EVERYBODY, 68)


def test_a_relay_is_answered_where_it_asked_from(proxy: Proxy, machine: Callable[..., Any]) -> None:
    relay = IPv4Address("10.88.0.1")
    far = machine(giaddr=relay, options={Code.RELAY_AGENT: b"\x13\x00"})
    outcome = proxy.receive(heard(far.discover()), Arrival("eth0", relay, 40000, SERVER), 0.0)
    assert outcome.reply is not None
    assert outcome.reply.destination == Destination(Way.ROUTED, relay, 40000)
    assert list(outcome.reply.message.options)[-1] == Code.RELAY_AGENT


@pytest.mark.parametrize(
    ("plain", "kind", "reason"),
    [
        (True, Type.DISCOVER, "not-pxe"),
        (False, Type.RELEASE, "not-for-a-proxy"),
        (False, Type.DECLINE, "not-for-a-proxy"),
        (False, Type.INFORM, "not-for-a-proxy"),
        (False, Type.REQUEST, "not-for-a-proxy"),
    ],
)
def test_silent_towards_everything_else(proxy: Proxy, machine: Callable[..., Any], plain: bool, kind: Type, reason: str) -> None:
    outcome = proxy.receive(heard(machine(plain=plain).say(kind)), BROADCAST, 0.0)
    assert outcome == Outcome(ignored=reason)


def test_silent_when_it_has_nothing_to_give_but_says_why(proxy: Proxy, world: Any, machine: Callable[..., Any]) -> None:
    world.boots.file, world.boots.refused = None, True
    outcome = proxy.receive(heard(machine().discover()), BROADCAST, 0.0)
    assert (outcome.reply, outcome.ignored) == (None, "no-boot-file")
    assert outcome.said is not None
    assert outcome.said.kind == "refused"


@pytest.mark.parametrize("plain", [False, True])
def test_it_remembers_who_took_which_address(proxy: Proxy, machine: Callable[..., Any], plain: bool) -> None:
    request = machine(plain=plain).say(Type.REQUEST, requested=TAKEN, server=OTHER)
    outcome = proxy.receive(heard(request), BROADCAST, 0.0)
    assert (outcome.reply, outcome.sighted) == (None, TAKEN)


@pytest.mark.parametrize(
    ("words", "giaddr", "arrival"),
    [
        ({"requested": TAKEN, "server": OTHER}, IPv4Address("10.88.0.1"), Arrival("eth0", IPv4Address("10.88.0.1"), 67, SERVER)),
        ({"requested": TAKEN, "server": OTHER}, NONE, Arrival("eth0", IPv4Address("10.9.9.9"), 68, SERVER)),
        ({"requested": TAKEN, "server": SERVER}, NONE, BROADCAST),
        ({"requested": TAKEN}, NONE, BROADCAST),
        ({"server": OTHER}, NONE, BROADCAST),
    ],
)
def test_what_proves_nothing_is_not_remembered(
    proxy: Proxy, machine: Callable[..., Any], words: dict[str, Any], giaddr: IPv4Address, arrival: Arrival
) -> None:
    assert proxy.receive(heard(machine(giaddr=giaddr).say(Type.REQUEST, **words)), arrival, 0.0).sighted is None


@pytest.mark.parametrize("port", [68, PXE_PORT])
@pytest.mark.parametrize("kind", [Type.REQUEST, Type.INFORM])
@pytest.mark.quirk("4011-both-ports")
def test_on_4011_the_answer_goes_back_to_the_port_that_asked(proxy: Proxy, machine: Callable[..., Any], port: int, kind: Type) -> None:
    asked = machine(options={Code.VENDOR_CLASS: b"PXEClient"}).say(kind, ciaddr=TAKEN)
    outcome = proxy.receive_pxe(heard(asked), Arrival("eth0", TAKEN, port, SERVER), 0.0)
    assert outcome.reply is not None
    ack = outcome.reply.message
    assert (ack.type, ack.ciaddr, ack.yiaddr, ack.file) == (Type.ACK, TAKEN, NONE, b"b/session/debian/pxelinux.0")
    assert outcome.reply.destination == Destination(Way.ROUTED, TAKEN, port)


@pytest.mark.quirk("boot-item")
def test_the_chosen_menu_entry_is_repeated(proxy: Proxy, machine: Callable[..., Any]) -> None:
    asked = machine(options={Code.VENDOR: b"\x47\x04\x80\x00\x00\x00\xff"}).say(Type.REQUEST, ciaddr=TAKEN)
    outcome = proxy.receive_pxe(heard(asked), Arrival("eth0", TAKEN, 68, SERVER), 0.0)
    assert outcome.reply is not None
    assert outcome.reply.message.options[Code.VENDOR] == b"\x47\x04\x80\x00\x00\x00\xff"


@pytest.mark.parametrize(
    ("kind", "plain", "words", "reason"),
    [
        (Type.DISCOVER, False, {}, "not-for-4011"),
        (Type.RELEASE, False, {}, "not-for-4011"),
        (Type.REQUEST, True, {}, "not-pxe"),
        (Type.REQUEST, False, {"server": OTHER}, "other-server"),
    ],
)
def test_what_4011_does_not_answer(
    proxy: Proxy, machine: Callable[..., Any], kind: Type, plain: bool, words: dict[str, Any], reason: str
) -> None:
    asked = machine(plain=plain).say(kind, ciaddr=TAKEN, **words)
    outcome = proxy.receive_pxe(heard(asked), Arrival("eth0", TAKEN, 68, SERVER), 0.0)
    assert (outcome.reply, outcome.ignored) == (None, reason)


def test_a_rehearsals_own_relay_is_believed_for_its_identity_alone(proxy: Proxy, world: Any, machine: Callable[..., Any]) -> None:
    here = machine(giaddr=SERVER)
    request = here.say(Type.REQUEST, requested=TAKEN, server=OTHER)
    arrival = Arrival("eth0", SERVER, 40000, SERVER)
    assert proxy.receive(heard(request), arrival, 0.0).ignored == "overheard-from-afar"
    world.boots.rehearsed.add(here.mac)
    assert proxy.receive(heard(request), arrival, 0.0).sighted == TAKEN
    assert proxy.receive(heard(request), Arrival("eth0", OTHER, 40000, SERVER), 0.0).ignored == "overheard-from-afar"


def test_the_operating_system_of_a_host_is_told_of_and_that_of_nobody_is_not(proxy: Proxy, world: Any, machine: Callable[..., Any]) -> None:
    system = machine(plain=True)
    wire = Arrival("eth0", NONE, 68, EVERYBODY)
    asks = [system.say(Type.REQUEST, requested=TAKEN, server=OTHER), system.say(Type.REQUEST, requested=TAKEN)]
    assert [proxy.receive(heard(one), wire, 0.0).heard for one in asks] == [None, None]
    world.boots.hosts[system.mac] = "xen01"
    took, had = [proxy.receive(heard(one), wire, 0.0) for one in asks]
    assert took.heard is not None and had.heard is not None
    assert took.heard.kind == had.heard.kind == "system"
    assert (took.heard.host, took.heard.address, took.heard.text) == ("xen01", TAKEN, f"took {TAKEN} from {OTHER}")
    assert (had.heard.host, had.heard.text, had.reply, had.sighted) == ("xen01", f"asks for {TAKEN} again", None, None)
    assert "arch" not in had.heard.data
    relayed = machine(plain=True, giaddr=OTHER)
    assert proxy.receive(heard(relayed.say(Type.REQUEST, requested=TAKEN)), wire, 0.0).heard is None
