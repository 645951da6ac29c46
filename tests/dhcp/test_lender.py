"""Server mode, told as exchanges: who gets what, who is refused, and who is not answered at all."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pxeserve.dhcp.classify import client_id
from pxeserve.dhcp.lending.lease import State
from pxeserve.dhcp.lending.offers import Holder
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, NONE, Message, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, Arrival, Way
from tests.dhcp.conftest import IPXE_OPTIONS, Machine, mac, make_world

SERVER = IPv4Address("10.77.0.1")
OTHER = IPv4Address("10.77.0.2")
FIRST = IPv4Address("10.77.0.100")

GOLDEN = """\
OFFER xid=00001001 ci=0.0.0.0 yi=10.77.0.100 si=10.77.0.1 gi=0.0.0.0 file=b/session/debian/pxelinux.0
  54 0a4d0001
  51 00000e10
  1 ffffff00
  3 0a4d0001
  6 0a4d0001
  60 505845436c69656e74
  43 060108ff
  67 622f73657373696f6e2f64656269616e2f7078656c696e75782e3000
  66 31302e37372e302e31
  97 001eab577e000000408000000000000001
ACK xid=00001001 ci=0.0.0.0 yi=10.77.0.100 si=10.77.0.1 gi=0.0.0.0 file=b/session/debian/pxelinux.0
  54 0a4d0001
  51 00000e10
  1 ffffff00
  3 0a4d0001
  6 0a4d0001
  60 505845436c69656e74
  43 060108ff
  67 622f73657373696f6e2f64656269616e2f7078656c696e75782e3000
  66 31302e37372e302e31
  97 001eab577e000000408000000000000001
"""
UDHCPC = """\
ACK xid=00001001 ci=0.0.0.0 yi=10.77.0.100 si=10.77.0.1 gi=0.0.0.0 file=
  54 0a4d0001
  51 00000e10
  1 ffffff00
  3 0a4d0001
  6 0a4d0001
  28 0a4d00ff
"""


def told(message: Message) -> str:
    """A message as text, the way the golden exchanges are written."""
    head = (
        f"{message.type.name} xid={message.xid:08x} ci={message.ciaddr} yi={message.yiaddr} "
        f"si={message.siaddr} gi={message.giaddr} file={message.file.decode()}\n"
    )
    return head + "".join(f"  {code:d} {value.hex()}\n" for code, value in message.options.items() if code != 53)


@given(
    vendor=st.integers(0, 600), agent=st.integers(0, 600), identifier=st.integers(0, 600), uuid=st.integers(0, 300),
    size=st.integers(576, 1500), name=st.integers(1, 120),
)  # fmt: skip
@example(vendor=255, agent=400, identifier=250, uuid=17, size=576, name=28)
@example(vendor=9, agent=250, identifier=0, uuid=17, size=576, name=60)
@example(vendor=0, agent=138, identifier=0, uuid=0, size=576, name=120)
@example(vendor=0, agent=130, identifier=600, uuid=300, size=576, name=120)
def test_whatever_a_client_or_its_relay_says_at_length_its_boot_file_is_in_the_answer(
    vendor: int, agent: int, identifier: int, uuid: int, size: int, name: int
) -> None:
    """What is repeated to them is as long as they like; options that nobody boots by, and at last the relay's own, make room."""
    world = make_world()
    world.boots.file = "b/" + "s" * name
    said = {
        **IPXE_OPTIONS, Code.VENDOR_CLASS: (b"PXEClient" + b"x" * vendor)[: max(vendor, 9)], Code.MAX_SIZE: size.to_bytes(2),
        Code.UUID: b"u" * uuid, Code.CLIENT_ID: b"i" * identifier,
        Code.RELAY_AGENT: bytes((1, min(agent, 255))) + b"a" * agent,
    }  # fmt: skip
    one = Machine(mac(1), said, giaddr=IPv4Address("10.88.0.1"))
    outcome = world.lender.receive(one.discover(), Arrival("eth0", NONE, 67, EVERYBODY), world.now)
    assert outcome.reply is not None
    data = encode(outcome.reply.message, outcome.reply.limit)
    assert len(data) <= outcome.reply.limit
    heard = parse(data, BOOTREPLY)
    assert isinstance(heard, Message)
    assert heard.options[Code.BOOT_FILE] == world.boots.file.encode() + b"\0"
    assert heard.options.get(Code.RELAY_AGENT) in (None, said[Code.RELAY_AGENT])
    both = agent + name <= (250 if outcome.reply.limit < 1200 else 720)  # 1200 holds the longest of both; less, what 576 does
    assert not both or Code.RELAY_AGENT in heard.options, "there is room for both"


@pytest.mark.quirk("bios-bypass")
@pytest.mark.quirk("nul-67")
@pytest.mark.quirk("file-field")
@pytest.mark.quirk("request-too")
def test_a_bare_bios_machine_gets_an_address_and_a_boot_file(world: Any, machine: Callable[..., Any]) -> None:
    """What iPXE's ROM sends, and what it needs to go on at once (option 60 and 43), to load (67, file) and to find us (54, siaddr)."""
    one = machine()
    offer = world.answer(one.discover())
    one.hear(offer)
    ack = world.answer(one.select())
    assert told(offer) + told(ack) == GOLDEN


@pytest.mark.quirk("siaddr-always")
def test_the_installer_behind_it_gets_the_same_address_and_no_boot_file(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine())
    asked = len(world.boots.asked)
    assert told(world.dora(machine(plain=True))) == UDHCPC
    assert len(world.boots.asked) == asked


@pytest.mark.quirk("uefi-67-alone")
def test_uefi_gets_its_boot_file_without_the_words_that_send_it_to_port_4011(world: Any, machine: Callable[..., Any]) -> None:
    uefi = machine(options={Code.VENDOR_CLASS: b"PXEClient:Arch:00007:UNDI:003000", Code.ARCH: b"\0\x07"})
    ack = world.dora(uefi)
    assert ack.options[Code.BOOT_FILE].endswith(b"pxelinux.0\0")
    assert Code.VENDOR_CLASS not in ack.options
    assert Code.VENDOR not in ack.options


def test_a_machine_that_cannot_be_helped_gets_an_address_and_a_reason(world: Any, machine: Callable[..., Any]) -> None:
    world.boots.file, world.boots.refused = None, True
    one = machine(options={Code.ARCH: b"\0\x63"})
    outcome = world.send(one.discover())
    assert outcome.reply.message.yiaddr == FIRST
    assert outcome.reply.message.file == b""
    assert Code.BOOT_FILE not in outcome.reply.message.options
    assert [note.kind for note in outcome.alarms] == ["refused"]
    assert outcome.alarms[0].boot.because[0].code == "told"


def test_an_option_not_asked_for_is_not_sent(world: Any, machine: Callable[..., Any]) -> None:
    ack = world.dora(machine(options={Code.PARAMETERS: bytes((1, 3))}))
    assert Code.DNS not in ack.options
    assert Code.BOOT_FILE not in ack.options
    assert ack.file == b"b/session/debian/pxelinux.0"


def test_no_lease_before_the_request(world: Any, machine: Callable[..., Any]) -> None:
    world.send(machine().discover())
    assert not world.leases.changes()
    world.now += 10
    world.send(machine(2, options={}).discover())
    assert world.leases.pool(world.subnet).used == 1


def test_an_offer_stands_for_ten_seconds_only(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.100", "10.77.0.100")])
    assert world.answer(machine(1).discover()).yiaddr == FIRST
    assert world.send(machine(2).discover()).ignored == "pool-exhausted"
    world.now += 9.9
    assert world.send(machine(2).discover()).ignored == "pool-exhausted"
    world.now += 0.2
    assert world.answer(machine(2).discover()).yiaddr == FIRST


def test_a_machine_that_comes_back_finds_its_old_address(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine(1))
    for number in range(2, 5):
        world.dora(machine(number))
    world.now += 2 * 3600
    for number in range(5, 9):
        world.dora(machine(number))
    assert world.dora(machine(1)).yiaddr == FIRST


@pytest.mark.quirk("two-identifiers")
def test_firmware_and_installer_with_other_identifiers_hold_two_leases(world: Any, machine: Callable[..., Any]) -> None:
    first = world.dora(machine()).yiaddr
    second = world.dora(machine(plain=True, client_id=b"\xff\0\0\0\x01machine")).yiaddr
    assert first != second
    assert {lease.mac for lease in world.leases.changes().put} == {machine().mac}


def test_one_mac_with_another_identifier_cannot_take_its_own_other_lease(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine())
    installer = machine(plain=True, client_id=b"\xff\0\0\0\x01machine")
    assert world.answer(installer.say(Type.REQUEST, requested=FIRST, server=SERVER)).type is Type.NAK


def test_clones_that_share_an_identifier_never_share_an_address(world: Any, machine: Callable[..., Any]) -> None:
    clones = [machine(number, client_id=b"\xff\0\0\0\x01clone") for number in (1, 2)]
    assert len({world.dora(clone).yiaddr for clone in clones}) == 2


# --- reservations ---


def test_a_host_gets_its_reservation_and_nobody_else_does(world: Any, machine: Callable[..., Any]) -> None:
    world.know({machine(1).mac: "10.77.0.101", machine(2).mac: "10.77.0.11"})
    assert world.dora(machine(3)).yiaddr == FIRST
    assert world.dora(machine(4)).yiaddr == IPv4Address("10.77.0.102")
    assert world.dora(machine(1)).yiaddr == IPv4Address("10.77.0.101")
    assert world.dora(machine(2)).yiaddr == IPv4Address("10.77.0.11")
    assert world.dora(machine(2, plain=True, client_id=b"\xff\0\x01")).yiaddr == IPv4Address("10.77.0.11")
    thief = machine(5)
    assert world.answer(thief.say(Type.REQUEST, requested="10.77.0.11", server=SERVER)).type is Type.NAK


def test_a_host_name_is_told_to_its_host(world: Any, machine: Callable[..., Any]) -> None:
    world.know({machine(1).mac: None})
    assert world.dora(machine(1)).options[Code.HOST_NAME] == b"host-01"


def test_a_reserved_address_that_somebody_still_has_is_waited_for(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine(1))
    world.know({machine(2).mac: str(FIRST)})
    assert world.dora(machine(2)).yiaddr == IPv4Address("10.77.0.101")
    renewal = machine(1).say(Type.REQUEST, ciaddr=FIRST)
    assert world.answer(renewal, Arrival("eth0", FIRST, 68, SERVER)).type is Type.NAK
    world.now += 3601
    assert world.dora(machine(2)).yiaddr == FIRST


def test_a_running_host_keeps_its_address_until_it_starts_again(world: Any, machine: Callable[..., Any]) -> None:
    host = machine(1)
    world.dora(host)
    world.know({host.mac: "10.77.0.11"})
    assert world.answer(host.say(Type.REQUEST, ciaddr=FIRST), Arrival("eth0", FIRST, 68, SERVER)).type is Type.ACK
    assert world.answer(host.say(Type.REQUEST, requested=FIRST)).type is Type.NAK
    assert world.dora(machine(1)).yiaddr == IPv4Address("10.77.0.11")
    world.send(machine(2).discover())
    assert world.leases.pool(world.subnet).used == 1, "the pool address that it left is free again"


# --- REQUEST: RFC 2131 section 4.3.2 ---

OWN, FOREIGN_HOLDER, FREE, OUTSIDE, RESERVED = "10.77.0.100", "10.77.0.101", "10.77.0.150", "192.168.5.5", "10.77.0.120"
UNLENT = "10.77.0.60"


@pytest.mark.parametrize(
    ("who", "claim", "address", "authoritative", "answer"),
    [
        # a client with a lease on OWN
        ("holder", "selecting", OWN, True, "ACK"),
        ("holder", "selecting", FOREIGN_HOLDER, True, "held-by-another"),
        ("holder", "selecting", FREE, True, "ACK"),
        ("holder", "selecting", OUTSIDE, True, "wrong-network"),
        ("holder", "selecting", RESERVED, True, "reserved-for-another"),
        ("holder", "init-reboot", OWN, True, "ACK"),
        ("holder", "init-reboot", FOREIGN_HOLDER, True, "held-by-another"),
        ("holder", "init-reboot", FREE, True, "no-lease"),
        ("holder", "init-reboot", OUTSIDE, True, "wrong-network"),
        ("holder", "renewing", OWN, True, "ACK"),
        ("holder", "renewing", FOREIGN_HOLDER, True, "held-by-another"),
        ("holder", "rebinding", OWN, True, "ACK"),
        ("holder", "rebinding", OUTSIDE, True, "wrong-network"),
        ("holder", "rebinding", FREE, True, "no-lease"),
        # a client that was never seen
        ("unknown", "selecting", FREE, True, "ACK"),
        ("unknown", "selecting", UNLENT, True, "not-lendable"),
        ("unknown", "init-reboot", FREE, True, "no-lease"),
        ("unknown", "init-reboot", UNLENT, True, "not-lendable"),
        ("unknown", "init-reboot", OUTSIDE, True, "wrong-network"),
        ("unknown", "renewing", FREE, True, "no-lease"),
        ("unknown", "renewing", OUTSIDE, True, "silent: no-subnet"),
        # beside another server nothing is denied that it may know better
        ("unknown", "init-reboot", FREE, False, "silent: no-lease"),
        ("unknown", "init-reboot", UNLENT, False, "silent: not-lendable"),
        ("unknown", "init-reboot", OUTSIDE, False, "wrong-network"),
        ("unknown", "init-reboot", RESERVED, False, "reserved-for-another"),
        ("unknown", "renewing", FREE, False, "silent: no-lease"),
        ("unknown", "selecting", UNLENT, False, "not-lendable"),
        # somebody whose lease ran out
        ("expired", "init-reboot", OWN, True, "ACK"),
        ("expired", "renewing", OWN, True, "ACK"),
        # somebody who gave it back
        ("released", "init-reboot", OWN, True, "no-lease"),
        ("released", "renewing", OWN, True, "no-lease"),
        ("released", "selecting", OWN, True, "ACK"),
        # chosen by the client for another server
        ("holder", "selecting-other", OWN, True, "silent: other-server"),
        ("unknown", "selecting-other", FREE, True, "silent: other-server"),
    ],
)
def test_the_table_of_requests(
    worlds: Callable[..., Any], machine: Callable[..., Any], who: str, claim: str, address: str, authoritative: bool, answer: str
) -> None:
    world = worlds(authoritative=authoritative)
    holder, neighbour, asking = machine(1), machine(2), machine(1 if who != "unknown" else 9)
    world.dora(holder)
    world.dora(neighbour)
    world.know({machine(3).mac: RESERVED})
    if who == "expired":
        world.now += 3601
    if who == "released":
        world.send(holder.say(Type.RELEASE, ciaddr=IPv4Address(OWN), server=SERVER))
    unicast = Arrival("eth0", IPv4Address(address), 68, SERVER)
    outcome = {
        "selecting": lambda: world.send(asking.say(Type.REQUEST, requested=address, server=SERVER)),
        "selecting-other": lambda: world.send(asking.say(Type.REQUEST, requested=address, server=OTHER)),
        "init-reboot": lambda: world.send(asking.say(Type.REQUEST, requested=address)),
        "renewing": lambda: world.send(asking.say(Type.REQUEST, ciaddr=IPv4Address(address)), unicast),
        "rebinding": lambda: world.send(asking.say(Type.REQUEST, ciaddr=IPv4Address(address))),
    }[claim]()
    if answer.startswith("silent"):
        assert outcome.reply is None
        assert outcome.ignored == answer.removeprefix("silent: ")
    elif answer == "ACK":
        assert outcome.reply.message.type is Type.ACK
        assert outcome.reply.message.yiaddr == IPv4Address(address)
        assert outcome.durable
    else:
        assert outcome.reply.message.type is Type.NAK
        assert outcome.said.data["reason"] == answer


def test_a_client_that_chose_another_server_gives_our_offer_back(world: Any, machine: Callable[..., Any]) -> None:
    one = machine()
    world.send(one.discover())
    assert world.leases.pool(world.subnet).used == 1
    world.send(one.say(Type.REQUEST, requested="10.77.0.200", server=OTHER))
    assert world.leases.pool(world.subnet).used == 0


def test_a_nak_says_nothing_but_no(world: Any, machine: Callable[..., Any]) -> None:
    outcome = world.send(machine().say(Type.REQUEST, requested="192.168.5.5"))
    nak = outcome.reply.message
    assert (nak.yiaddr, nak.siaddr, nak.ciaddr, nak.file) == (NONE, NONE, NONE, b"")
    assert set(nak.options) == {Code.MESSAGE_TYPE, Code.SERVER_ID, Code.TEXT}
    assert outcome.reply.destination.way is Way.BROADCAST


def test_a_nak_through_a_relay_is_to_be_broadcast_there(world: Any, machine: Callable[..., Any]) -> None:
    far = machine(giaddr=IPv4Address("10.88.0.1"))
    nak = world.answer(far.say(Type.REQUEST, requested=str(FIRST)))
    assert nak.type is Type.NAK
    assert nak.broadcast
    assert nak.giaddr == IPv4Address("10.88.0.1")


# --- relays ---


def test_a_relays_clients_get_addresses_of_their_own_network(world: Any, machine: Callable[..., Any]) -> None:
    agent = b"\x01\x04port\x02\x02id"
    far = machine(giaddr=IPv4Address("10.88.0.1"), options={Code.RELAY_AGENT: agent})
    outcome = world.send(far.discover())
    assert outcome.reply.message.yiaddr == IPv4Address("10.88.0.10")
    assert encode(outcome.reply.message).rstrip(b"\0").endswith(b"\x52\x0a" + agent + b"\xff"), "option 82 comes back, and comes last"
    assert outcome.reply.destination.address == IPv4Address("10.88.0.1")


def test_link_selection_goes_before_the_relays_own_address(world: Any, machine: Callable[..., Any]) -> None:
    """RFC 3527: the relay's address is in one network, the client in another."""
    link = b"\x05\x04" + IPv4Address("10.77.0.254").packed
    far = machine(giaddr=IPv4Address("10.88.0.1"), options={Code.RELAY_AGENT: link})
    assert world.answer(far.discover()).yiaddr == FIRST


def test_an_unknown_relay_gets_nothing(world: Any, machine: Callable[..., Any]) -> None:
    assert world.send(machine(giaddr=IPv4Address("10.99.0.1")).discover()).ignored == "no-subnet"


def test_a_host_behind_an_unknown_relay_is_told_of_and_a_stranger_is_not(world: Any, machine: Callable[..., Any]) -> None:
    far = machine(1, giaddr=IPv4Address("10.99.0.1"))
    assert world.send(far.discover()).heard is None
    world.know({far.mac: str(FIRST)})
    heard = world.send(far.discover()).heard
    assert heard is not None
    assert heard.data["relay"] == "10.99.0.1"


def test_who_else_was_chosen_is_told(world: Any, machine: Callable[..., Any]) -> None:
    outcome = world.send(machine(1).say(Type.REQUEST, requested=str(FIRST), server=OTHER))
    assert (outcome.ignored, outcome.heard.data["server"]) == ("other-server", str(OTHER))


def test_a_routed_renewal_is_known_by_its_address(world: Any, machine: Callable[..., Any]) -> None:
    far = machine(giaddr=IPv4Address("10.88.0.1"))
    address = world.dora(far).yiaddr
    far.giaddr = NONE
    ack = world.answer(far.say(Type.REQUEST, ciaddr=address), Arrival("eth0", address, 68, SERVER))
    assert (ack.type, ack.yiaddr, ack.ciaddr) == (Type.ACK, address, address)


# --- DECLINE, RELEASE, INFORM ---


def test_a_declined_address_rests_for_ten_minutes(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.100", "10.77.0.101")])
    one = machine()
    world.dora(one)
    outcome = world.send(one.say(Type.DECLINE, requested=FIRST, server=SERVER))
    assert outcome.durable
    assert [lease.state for lease in world.leases.changes().put] == [State.DECLINED]
    assert world.dora(machine()).yiaddr == IPv4Address("10.77.0.101")
    assert world.send(machine(2).discover()).reply is None
    world.now += 599
    assert world.send(machine(2).discover()).reply is None
    world.now += 1
    assert world.answer(machine(2).discover()).yiaddr == FIRST


@pytest.mark.parametrize("kind", [Type.DECLINE, Type.RELEASE])
def test_nobody_speaks_in_anothers_name(world: Any, machine: Callable[..., Any], kind: Type) -> None:
    """Threat T25: only the holder, by MAC and client identifier, and only to us."""
    holder = machine(1, client_id=b"\xff\0\x01")
    world.dora(holder)
    words: dict[str, Any] = {"requested": FIRST} if kind is Type.DECLINE else {"ciaddr": FIRST}
    for who, server in (
        (machine(2, client_id=b"\xff\0\x01"), SERVER),
        (machine(1, client_id=b"\xff\0\x02"), SERVER),
        (machine(1), SERVER),
        (holder, OTHER),
        (holder, None),
    ):
        assert world.send(who.say(kind, server=server, **words)).ignored == "not-the-holder"
    assert world.leases.held_by(_holder(holder), FIRST, world.now) is not None
    assert world.send(holder.say(kind, server=SERVER, **words)).durable


def test_three_declines_an_hour(world: Any, machine: Callable[..., Any]) -> None:
    said = []
    for _ in range(4):
        one = machine()
        address = world.dora(one).yiaddr
        said.append(world.send(one.say(Type.DECLINE, requested=address, server=SERVER)).ignored)
    assert said == ["", "", "", "too-many-declines"]
    world.now += 3601
    one = machine()
    address = world.dora(one).yiaddr
    assert world.send(one.say(Type.DECLINE, requested=address, server=SERVER)).ignored == ""


def test_an_inform_is_told_about_the_network_and_lent_nothing(world: Any, machine: Callable[..., Any]) -> None:
    address = IPv4Address("10.77.0.30")
    outcome = world.send(machine(plain=True).say(Type.INFORM, ciaddr=address), Arrival("eth0", address, 68, SERVER))
    ack = outcome.reply.message
    assert (ack.type, ack.yiaddr, ack.ciaddr) == (Type.ACK, NONE, address)
    assert Code.LEASE_TIME not in ack.options
    assert ack.options[Code.ROUTER] == SERVER.packed
    assert outcome.reply.destination.address == address
    assert not outcome.durable
    assert not world.leases.changes()


@pytest.mark.parametrize("kind", [Type.OFFER, Type.ACK, Type.NAK])
def test_servers_words_from_clients_are_not_for_us(world: Any, machine: Callable[..., Any], kind: Type) -> None:
    assert world.send(machine().say(kind)).ignored == "not-a-client-message"


def _holder(machine: Any) -> Holder:
    return Holder(machine.mac, client_id(machine.mac, machine.client_id))
