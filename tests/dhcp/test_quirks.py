"""Each rule of the table decides: what a make says of itself, how it is answered, and what one machine has shown. No rule is a comment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.dhcp.classify import classify
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Outcome
from pxeserve.dhcp.packet import NONE, Message, Type, encode, parse
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.quirks import known, make, manner
from pxeserve.dhcp.quirks.observed import _MACHINES, BOOT, OWED, PATIENCE, Observed
from pxeserve.dhcp.route import EVERYBODY, Arrival, Local, Ports, Way
from pxeserve.domain.client import Firmware

SERVER, OTHER, TAKEN = IPv4Address("10.77.0.1"), IPv4Address("10.77.0.2"), IPv4Address("10.77.0.215")
HERE = Arrival("eth0", NONE, 68, EVERYBODY)
BIOS, UEFI = b"PXEClient:Arch:00000:UNDI:002001", b"PXEClient:Arch:00007:UNDI:003016"
PLAIN_UEFI = {Code.VENDOR_CLASS: UEFI, Code.ARCH: b"\0\x07", Code.USER_CLASS: b""}
PLAIN_BIOS = {Code.USER_CLASS: b"PXE"}


@pytest.fixture
def proxy(world: Any) -> Proxy:
    return Proxy(world.boots, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))


def heard(message: Message) -> Message:
    parsed = parse(encode(message))
    assert isinstance(parsed, Message)
    return parsed


def told(outcome: Outcome) -> dict[str, Any]:
    """What the answer says of booting."""
    assert outcome.reply is not None
    message = outcome.reply.message
    return {
        "class": message.options.get(Code.VENDOR_CLASS, b""),
        "bypass": Code.VENDOR in message.options,
        "file": bool(message.file),
        "67": message.options.get(Code.BOOT_FILE, b""),
    }


MAKES = {
    known.IPXE_77: ({"classes": b"\x04iPXE"}, {"classes": b"PXE", "features": b"\xb1\x01\x01"}, "ipxe"),
    known.IPXE_NO_HTTP: ({"classes": b"iPXE", "features": b"\x15\x01\x01"}, {"classes": b"iPXE", "features": b"\x13\x01\x01"}, "script"),
    known.NO_VENDOR_CLASS: ({"vendor": b"", "archs": b"\0\x07"}, {"vendor": b"", "archs": None}, "kind"),
    known.NO_OPTION_93: ({"vendor": UEFI}, {"vendor": UEFI, "archs": b"\0\0"}, "firmware"),
    known.ARCH_7_AND_9: ({"archs": b"\0\x09"}, {"archs": b"\0\x0b"}, "firmware"),
    known.ARCH_6: ({"archs": b"\0\x06"}, {"archs": b"\0\x07"}, "firmware"),
    known.ARCH_LIST: ({"archs": b"\0\x63\0\x07"}, {"archs": b"\0\x63"}, "firmware"),
}
"""What shows a quirk, what is like it and does not, and what it decides. Options that are not named are those of a BIOS."""


@pytest.mark.quirk("ipxe-77")
@pytest.mark.quirk("ipxe-no-http")
@pytest.mark.quirk("no-vendor-class")
@pytest.mark.quirk("no-option-93")
@pytest.mark.quirk("arch-7-and-9")
@pytest.mark.quirk("arch-6")
@pytest.mark.quirk("arch-list")
@pytest.mark.parametrize("quirk", MAKES, ids=lambda quirk: quirk.name)
def test_a_make_is_read_by_the_rule_and_says_which(quirk: known.Quirk) -> None:
    shows, does_not, decides = MAKES[quirk]
    usual = {"vendor": BIOS, "classes": None, "archs": None, "features": None}
    yes, no = make.make(**{**usual, **shows}), make.make(**{**usual, **does_not})
    assert quirk in yes.quirks
    assert quirk not in no.quirks
    assert getattr(yes, decides) != getattr(no, decides)


def test_every_rule_of_makes_has_such_a_pair() -> None:
    assert {rule.quirk for rule in make.RULES} == set(MAKES)


@pytest.mark.quirk("arch-7-and-9")
@pytest.mark.parametrize("code", [7, 9])
def test_seven_and_nine_are_one(code: int) -> None:
    made = make.make(b"PXEClient", None, code.to_bytes(2), None)
    assert made.firmware is Firmware.UEFI_X64
    assert (made.proxy, made.server) == ((manner.SPLIT, manner.IN_BAND), (manner.UEFI_PLAIN, manner.IN_BAND))


WAYS = {
    "bios": (BIOS, None, b"\0\0"),
    "bios-ipxe": (BIOS, b"iPXE", b"\0\0"),
    "uefi": (UEFI, None, b"\0\x07"),
    "uefi-ipxe": (UEFI, b"iPXE", b"\0\x07"),
    "http": (b"HTTPClient:Arch:00016:UNDI:003000", None, b"\0\x10"),
}


@pytest.mark.quirk("bios-bypass")
@pytest.mark.quirk("uefi-67-alone")
@pytest.mark.quirk("uefi-asks-4011")
@pytest.mark.quirk("ipxe-asks-again")
@pytest.mark.quirk("http-echo")
@pytest.mark.quirk("file-field")
@pytest.mark.quirk("nul-67")
@pytest.mark.parametrize("name", WAYS)
def test_what_is_said_is_what_the_way_has_and_no_more(name: str, world: Any, proxy: Proxy, machine: Callable[..., Any]) -> None:
    """Taking a way's word away takes it out of the answer: the rule decides and nothing beside it."""
    vendor, classes, archs = WAYS[name]
    options = {Code.VENDOR_CLASS: vendor, Code.USER_CLASS: classes or b"", Code.ARCH: archs}
    made = make.make(vendor, classes, archs, None)
    for ways, outcome in (
        (made.proxy, proxy.receive(heard(machine(1, options=options).discover()), HERE, 0.0)),
        (made.server, world.send(machine(2, options=options).discover())),
    ):
        way = ways[0].manner
        file = b"" if way.split else b"b/session/debian/pxelinux.0\0"
        assert told(outcome) == {"class": way.vendor_class, "bypass": way.bypass, "file": not way.split, "67": file}
        assert outcome.said is not None
        assert ways[0].quirk.name in outcome.said.data["quirks"]


@pytest.mark.quirk("no-uuid")
def test_a_machine_without_a_uuid_is_served_and_none_is_made_up(proxy: Proxy, machine: Callable[..., Any]) -> None:
    one = machine()
    del one.options[Code.UUID]
    outcome = proxy.receive(heard(one.discover()), HERE, 0.0)
    assert outcome.reply is not None
    assert Code.UUID not in outcome.reply.message.options
    assert classify(heard(one.discover())).client.uuid is None


@pytest.mark.quirk("secs-garbage")
def test_what_secs_says_changes_nothing(proxy: Proxy, world: Any, machine: Callable[..., Any]) -> None:
    asked = heard(machine().discover())
    for core in (lambda one: proxy.receive(one, HERE, 0.0), lambda one: world.lender.receive(one, HERE, 0.0)):
        assert core(asked._replace(secs=1285)).reply == core(asked).reply


@pytest.mark.quirk("broadcast-flag")
@pytest.mark.parametrize(("flags", "way"), [(0x8000, Way.BROADCAST), (0, Way.FRAME)])
def test_the_broadcast_flag_is_obeyed(world: Any, machine: Callable[..., Any], flags: int, way: Way) -> None:
    outcome = world.send(machine(flags=flags).discover())
    assert outcome.reply.destination.way is way


@pytest.mark.quirk("request-too")
def test_a_proxy_that_is_taken_for_the_server_answers_the_request_as_port_4011_would(proxy: Proxy, machine: Callable[..., Any]) -> None:
    asked = heard(machine(options=PLAIN_UEFI).say(Type.REQUEST, server=SERVER))
    on_67, on_4011 = proxy.receive(asked, HERE, 0.0), proxy.receive_pxe(asked, HERE, 0.0)
    assert on_67.reply == on_4011.reply
    assert told(on_67)["67"] == b"b/session/debian/pxelinux.0\0"
    assert on_67.reply is not None
    assert on_67.reply.message.type is Type.ACK
    ordinary = proxy.receive(heard(machine(plain=True).say(Type.REQUEST, server=SERVER)), HERE, 0.0)
    assert ordinary.ignored == "not-for-a-proxy"


@pytest.mark.quirk("4011-all-the-same")
def test_beside_a_lender_port_4011_names_the_file_too(proxy: Proxy, machine: Callable[..., Any]) -> None:
    asked = heard(machine(options=PLAIN_UEFI).say(Type.REQUEST, ciaddr=TAKEN))
    outcome = proxy.receive_pxe(asked, Arrival("eth0", TAKEN, 4011, SERVER), 0.0)
    assert told(outcome) == {"class": b"PXEClient", "bypass": False, "file": True, "67": b"b/session/debian/pxelinux.0\0"}


def discovers(proxy: Proxy, one: Any, times: Iterator[float]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    for now in times:
        outcome = proxy.receive(heard(one.discover()), HERE, now)
        yield told(outcome), [note.kind for note in outcome.alarms]


@pytest.mark.quirk("split-offer-ignored")
def test_two_silent_discovers_of_one_boot_bring_the_file_into_the_offer_and_two_more_take_it_out(
    proxy: Proxy, machine: Callable[..., Any]
) -> None:
    """secs 0, 4, 12, 28 and so on, as an HP laptop sent them (bootimus#77)."""
    seen = list(discovers(proxy, machine(options=PLAIN_UEFI), iter((0.0, 4.0, 12.0, 28.0, 60.0))))
    assert [one["file"] for one, _ in seen] == [False, False, True, True, False]
    assert [kinds for _, kinds in seen] == [[], [], ["quirk"], [], ["quirk"]]
    again = proxy.receive(heard(machine(options=PLAIN_UEFI).discover()), HERE, 64.0)
    assert again.alarms == ()


@pytest.mark.quirk("split-offer-ignored")
def test_a_change_says_what_was_seen_and_what_is_done_and_at_the_end_what_helps(proxy: Proxy, machine: Callable[..., Any]) -> None:
    one = machine(options=PLAIN_UEFI)
    notes = [note for now in (0.0, 4.0, 12.0, 28.0, 60.0) for note in proxy.receive(heard(one.discover()), HERE, now).alarms]
    assert notes[0].data["quirk"] == "split-offer-ignored"
    assert "2 offers were passed over: no REQUEST came" in notes[0].text
    assert manner.IN_BAND.says in notes[0].text
    assert "pxeserve dhcp snippet" not in notes[0].text
    assert "pxeserve dhcp snippet" in notes[1].text


@pytest.mark.quirk("split-offer-ignored")
def test_an_address_taken_twice_and_port_4011_never_asked_is_the_same_over_several_boots(proxy: Proxy, machine: Callable[..., Any]) -> None:
    """edk2#6944: proxy offers are not kept, so the machine boots nothing, and tries again when it is switched on again."""
    one = machine(options=PLAIN_UEFI)
    files = []
    for boot in range(3):
        now = boot * 300.0
        outcome = proxy.receive(heard(one.discover()), HERE, now)
        files.append(told(outcome)["file"])
        proxy.receive(heard(one.say(Type.REQUEST, requested=TAKEN, server=OTHER)), HERE, now + 4)
    assert files == [False, False, True]
    assert "never asked port 4011" in outcome.alarms[0].text


@pytest.mark.quirk("split-offer-ignored")
def test_a_machine_that_asks_port_4011_is_left_as_it_is(proxy: Proxy, machine: Callable[..., Any]) -> None:
    one = machine(options=PLAIN_UEFI)
    for boot in range(8):
        outcome = proxy.receive(heard(one.discover()), HERE, boot * 30.0)
        assert not told(outcome)["file"]
        proxy.receive(heard(one.say(Type.REQUEST, requested=TAKEN, server=OTHER)), HERE, boot * 30.0 + 4)
        proxy.receive_pxe(heard(one.say(Type.REQUEST, ciaddr=TAKEN)), Arrival("eth0", TAKEN, 4011, SERVER), boot * 30.0 + 5)


@pytest.mark.quirk("option-43-ignored")
def test_a_bios_rom_that_passes_over_option_43_is_offered_none(world: Any, proxy: Proxy, machine: Callable[..., Any]) -> None:
    one = machine(options=PLAIN_BIOS)
    proxied = [told(proxy.receive(heard(one.discover()), HERE, now)) for now in (0.0, 4.0, 12.0)]
    usual = (b"PXEClient", True, True)
    assert [(one["class"], one["bypass"], one["file"]) for one in proxied] == [usual, usual, (b"PXEClient", False, True)]
    lent = []
    for _ in range(3):
        lent.append(told(world.send(one.discover())))
        world.now += 4.0
    assert [(one["class"], one["bypass"], one["file"]) for one in lent] == [usual, usual, (b"", False, True)]


def test_two_discovers_a_second_apart_and_a_request_are_an_ordinary_ipxe(world: Any, machine: Callable[..., Any]) -> None:
    one = machine()
    for _ in range(5):
        for _ in range(2):
            offer = world.send(one.discover())
            assert told(offer)["bypass"]
            assert offer.alarms == ()
            world.now += 1.0
        one.offer = one.address = None
        one.hear(parse(encode(offer.reply.message), 2))
        world.send(one.select())
        world.now += 20.0


def test_another_boot_begins_anew_and_what_was_learned_stays() -> None:
    observed, ways = Observed(), (manner.SPLIT, manner.IN_BAND)
    assert [observed.offering("a", ways, now) for now in (0.0, 4.0)] == [None, None]
    assert observed.offering("a", ways, 4.0 + BOOT + 1) is None  # gave up, and was switched on again
    assert observed.way("a", ways) is manner.SPLIT
    assert observed.offering("a", ways, 80.0) is None
    assert observed.offering("a", ways, 88.0) is not None
    observed.took("a", ways, 89.0)
    assert observed.offering("a", ways, 90_000.0) is None
    assert observed.way("a", ways) is manner.IN_BAND


def test_the_same_question_heard_twice_counts_once() -> None:
    observed, ways = Observed(), (manner.SPLIT, manner.IN_BAND)
    assert not any(observed.offering("a", ways, 100.0 + number / 100) for number in range(40))


def test_what_is_remembered_is_bounded() -> None:
    observed, ways = Observed(), (manner.SPLIT, manner.IN_BAND)
    for number in range(_MACHINES + 10):
        for now in range(PATIENCE + 1):
            observed.offering(str(number), ways, float(now))
    assert len(observed._machines) == len(observed._turned) == _MACHINES


def test_one_way_is_never_changed_and_an_owed_question_lapses() -> None:
    observed = Observed()
    assert not any(observed.offering("a", (manner.HTTP,), now * 2.0) for now in range(20))
    for now in (0.0, OWED + 1, 2 * OWED + 2):
        assert observed.offering("b", (manner.SPLIT, manner.IN_BAND), now) is None
        observed.took("b", (manner.SPLIT, manner.IN_BAND), now)


@given(st.lists(st.tuples(st.sampled_from("dra"), st.floats(-100, 5000)), max_size=60))
def test_whatever_a_machine_does_it_is_told_in_one_of_its_ways(course: list[tuple[str, float]]) -> None:
    observed, ways, now = Observed(), (manner.SPLIT, manner.IN_BAND), 0.0
    for what, later in course:
        now += later
        match what:
            case "d":
                change = observed.offering("a", ways, now)
                assert change is None or (change.before, change.after) in (ways, ways[::-1])
            case "r":
                observed.took("a", ways, now)
            case _:
                observed.asked("a")
        assert observed.way("a", ways) in ways
        assert ("a" in observed.turned) is (observed.way("a", ways) is manner.IN_BAND)


def test_an_offer_without_a_file_is_passed_over_by_right(world: Any, machine: Callable[..., Any]) -> None:
    """OVMF asks four times when it is named no file: it is idle, and nothing is to be changed for it."""
    world.boots.file = None
    for _ in range(6):
        assert world.send(machine(options=PLAIN_UEFI).discover()).alarms == ()
        world.now += 4.0
