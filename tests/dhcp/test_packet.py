"""Bytes to messages and back; nothing that a wire can carry may raise."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pxeserve.dhcp.options import Code, architectures, relay_agent, system_uuid, user_classes
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, DEFAULT_LIMIT, ETHERNET_LIMIT, Message, Ready, Reject, Type, encode, parse

MAC = bytes.fromhex("525400770001")
DISCOVER = b"\x35\x01\x01"


def raw(
    options: bytes = DISCOVER + b"\xff",
    *,
    op: int = 1,
    htype: int = 1,
    hlen: int = 6,
    chaddr: bytes = MAC,
    magic: bytes = b"\x63\x82\x53\x63",
    sname: bytes = b"",
    file: bytes = b"",
    giaddr: bytes = bytes(4),
) -> bytes:
    numbers = struct.pack("!BBBBIHH", op, htype, hlen, 0, 0xCAFE, 7, 0x8000)
    return numbers + bytes(12) + giaddr + struct.pack("!16s64s128s4s", chaddr, sname, file, magic) + options


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too-short"),
        (raw()[:239], "too-short"),
        (raw(op=2), "wrong-op"),
        (raw(op=0), "wrong-op"),
        (raw(htype=6), "not-ethernet"),
        (raw(hlen=16), "hardware-length"),
        (raw(hlen=0), "hardware-length"),
        (raw(chaddr=bytes(6)), "not-a-station"),
        (raw(chaddr=b"\x01" + MAC[1:]), "not-a-station"),
        (raw(magic=b"\x63\x82\x53\x64"), "magic-cookie"),
        (raw(b""), "no-message-type"),
        (raw(b"\xff"), "no-message-type"),
        (raw(b"\x35"), "option-cut-short"),
        (raw(b"\x35\x01"), "option-cut-short"),
        (raw(DISCOVER + b"\x0c\xff" + b"a" * 254), "option-cut-short"),
        (raw(b"\x35\x02\x01\x01\xff"), "option-53-length"),
        (raw(b"\x35\x01\x00\xff"), "message-type"),
        (raw(b"\x35\x01\x09\xff"), "message-type"),
        (raw(DISCOVER + b"\x32\x03\x0a\x4d\x00\xff"), "option-50-length"),
        (raw(DISCOVER + b"\x36\x05\x0a\x4d\x00\x01\x00\xff"), "option-54-length"),
        (raw(DISCOVER + b"\x39\x01\x05\xff"), "option-57-length"),
        (raw(DISCOVER + b"\x34\x01\x00\xff"), "overload"),
        (raw(DISCOVER + b"\x34\x01\x04\xff"), "overload"),
        (raw(DISCOVER + b"\x34\x02\x01\x01\xff"), "overload"),
        (raw(DISCOVER + b"\x34\x01\x01\xff", file=b"\x0c\xff"), "option-cut-short"),
    ],
)
def test_what_is_ignored_and_why(data: bytes, reason: str) -> None:
    assert parse(data) == Reject(reason)


def test_every_field_of_the_header() -> None:
    message = parse(raw(giaddr=bytes((10, 88, 0, 1)), sname=b"server\0junk", file=b"pxelinux.0"))
    assert isinstance(message, Message)
    assert (message.op, message.xid, message.secs, message.broadcast, message.mac) == (1, 0xCAFE, 7, True, "52:54:00:77:00:01")
    assert (message.giaddr, message.sname, message.file) == (IPv4Address("10.88.0.1"), b"server", b"pxelinux.0")
    assert message.type is Type.DISCOVER


def test_padding_and_a_missing_end_are_read_as_they_are_meant() -> None:
    message = parse(raw(b"\0\0" + DISCOVER + b"\0\x0c\x02hi"))
    assert isinstance(message, Message)
    assert message.options == {53: b"\x01", 12: b"hi"}


def test_nothing_behind_the_end_is_read() -> None:
    message = parse(raw(DISCOVER + b"\xff\x0c\x02hi"))
    assert isinstance(message, Message)
    assert message.options == {53: b"\x01"}


@pytest.mark.parametrize(
    ("overload", "found"),
    [(1, b"one two"), (2, b"one three"), (3, b"one two three")],
)
def test_overloaded_fields_are_read_file_first(overload: int, found: bytes) -> None:
    """RFC 3396 section 5: the pieces of one option are joined in the order options, file, sname."""
    options = DISCOVER + bytes((0x34, 1, overload)) + b"\x0c\x03one\xff"
    message = parse(raw(options, file=b"\x0c\x04 two\xff", sname=b"\x0c\x06 three\xff"))
    assert isinstance(message, Message)
    assert message.options[12] == found
    assert message.file == (b"" if overload & 1 else b"\x0c\x04 two\xff")


def test_a_long_option_is_cut_and_joined() -> None:
    value = bytes(range(256)) * 2
    data = encode(Message(BOOTREQUEST, 1, "52:54:00:77:00:01", {53: b"\x01", 43: value}))
    assert data.count(b"\x2b\xff" + value[:4]) == 1
    message = parse(data)
    assert isinstance(message, Message)
    assert message.options[43] == value


def test_no_message_is_shorter_than_bootp() -> None:
    assert len(encode(Message(BOOTREQUEST, 1, "52:54:00:77:00:01", {53: b"\x01"}))) == 300


@pytest.mark.parametrize(
    ("size", "limit"), [(None, DEFAULT_LIMIT), (0, 548), (576, 548), (1472, 1444), (1500, ETHERNET_LIMIT), (65280, ETHERNET_LIMIT)]
)
@pytest.mark.quirk("huge-57")
def test_the_longest_message_a_client_takes(size: int | None, limit: int) -> None:
    options = {53: b"\x01"} if size is None else {53: b"\x01", Code.MAX_SIZE: size.to_bytes(2)}
    assert Message(BOOTREQUEST, 1, "52:54:00:77:00:01", options).limit == limit


def test_what_does_not_fit_overflows_into_empty_fields() -> None:
    options = {53: b"\x02", 54: bytes(4), 43: b"v" * 250, 15: b"d" * 100, 12: b"h" * 50}
    data = encode(Message(BOOTREPLY, 1, "52:54:00:77:00:01", options), DEFAULT_LIMIT)
    assert len(data) <= DEFAULT_LIMIT
    message = parse(data, BOOTREPLY)
    assert isinstance(message, Message)
    assert message.options == options


def test_a_boot_file_is_never_overwritten_by_options() -> None:
    options = {53: b"\x02", 43: b"v" * 250, 15: b"d" * 100, 17: b"r" * 100}
    data = encode(Message(BOOTREPLY, 1, "52:54:00:77:00:01", options, file=b"pxelinux.0"), DEFAULT_LIMIT)
    message = parse(data, BOOTREPLY)
    assert isinstance(message, Message)
    assert len(data) <= DEFAULT_LIMIT
    assert message.file == b"pxelinux.0"
    assert message.options[43] == b"v" * 250
    assert 17 not in message.options


def test_the_type_goes_first_and_the_relays_option_last() -> None:
    data = encode(Message(BOOTREPLY, 1, "52:54:00:77:00:01", {82: b"\x01\x01a", 12: b"h", 53: b"\x02"}))
    assert data[240:].startswith(b"\x35\x01\x02\x0c\x01h\x52\x03\x01\x01a\xff")


_addresses = st.integers(0, 2**32 - 1).map(IPv4Address)
_text = st.binary(max_size=60).filter(lambda value: b"\0" not in value)
_options = st.dictionaries(
    st.integers(1, 254).filter(lambda code: code not in (50, 51, 52, 53, 54, 57, 82)), st.binary(max_size=300), max_size=4
)
_messages = st.builds(
    lambda kind, options, **fields: Message(BOOTREQUEST, options={53: bytes((kind,)), **options}, **fields),
    kind=st.integers(1, 8),
    options=_options,
    xid=st.integers(0, 2**32 - 1),
    mac=st.binary(min_size=6, max_size=6).filter(lambda b: not b[0] & 1 and any(b)).map(lambda b: b.hex(":")),
    secs=st.integers(0, 65535),
    flags=st.integers(0, 65535),
    hops=st.integers(0, 255),
    ciaddr=_addresses,
    yiaddr=_addresses,
    siaddr=_addresses,
    giaddr=_addresses,
    sname=_text,
    file=_text,
)


@given(_messages)
def test_what_is_written_is_read_back(message: Message) -> None:
    assert parse(encode(message, 65000)) == message


@given(_messages, st.integers(DEFAULT_LIMIT, ETHERNET_LIMIT))
def test_a_limit_is_kept_and_what_is_left_reads_well(message: Message, limit: int) -> None:
    data = encode(message, limit)
    read = parse(data)
    assert len(data) <= limit
    assert isinstance(read, Message)
    assert read.options.items() <= message.options.items()


@given(st.binary(max_size=700))
@example(raw(DISCOVER + b"\x34\x01\x03", file=b"\x34\x01\x03", sname=b"\x34\x01\x03"))
def test_any_bytes_are_a_message_or_a_reason(data: bytes) -> None:
    assert isinstance(parse(data), Message | Reject)


@given(st.binary(max_size=400), st.binary(max_size=64), st.binary(max_size=128))
def test_any_options_behind_a_good_header(options: bytes, sname: bytes, file: bytes) -> None:
    read = parse(raw(DISCOVER + options, sname=sname, file=file))
    if isinstance(read, Message):
        again = parse(encode(read, 65000))
        assert isinstance(again, Message)
        assert again.options == read.options


@given(st.binary(max_size=300))
def test_no_typed_reader_raises(value: bytes) -> None:
    relay_agent(value)
    user_classes(value)
    architectures(value)
    system_uuid(value)


@pytest.mark.quirk("uuid-order")
@pytest.mark.quirk("no-uuid")
def test_the_uuid_is_in_the_byte_order_of_smbios() -> None:
    sent = bytes.fromhex("00" + "1eab577e000000408000000000000001")
    assert system_uuid(sent) == "7e57ab1e-0000-4000-8000-000000000001"
    assert system_uuid(bytes(17)) is None
    assert system_uuid(b"\0" + b"\xff" * 16) is None
    assert system_uuid(b"\x01" + sent[1:]) is None
    assert system_uuid(sent[:16]) is None


def test_ready_options_are_on_the_wire_what_the_same_options_are_in_a_dict() -> None:
    ready = Ready({53: b"\2", 54: b"\x0a\x4d\0\1"}).plus({61: b"\xff" * 300, 82: b"\1\2ab"})
    plain = {53: b"\2", 54: b"\x0a\x4d\0\1", 61: b"\xff" * 300, 82: b"\1\2ab"}
    assert ready == plain
    assert encode(Message(BOOTREPLY, 1, "52:54:00:00:00:01", ready)) == encode(Message(BOOTREPLY, 1, "52:54:00:00:00:01", plain))


def test_what_is_added_to_ready_options_takes_the_place_of_what_is_there() -> None:
    changed = Ready({53: b"\2", 67: b"old"}).plus({67: b"new"})
    heard = parse(encode(Message(BOOTREPLY, 1, "52:54:00:00:00:01", changed)), BOOTREPLY)
    assert isinstance(heard, Message)
    assert heard.options[67] == b"new"
