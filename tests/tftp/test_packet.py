"""Packets byte for byte: one table for reading and writing, one of what is malformed and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.tftp.packet import Ack, Data, Error, Malformed, Mode, Opcode, OptionAck, Packet, Request, parse

PACKETS: list[tuple[bytes, Packet]] = [
    (b"\0\1pxelinux.0\0octet\0", Request(Opcode.RRQ, "pxelinux.0")),
    (b"\0\1a\0netascii\0", Request(Opcode.RRQ, "a", Mode.NETASCII)),
    (b"\0\2up\0octet\0", Request(Opcode.WRQ, "up")),
    (b"\0\1x\0octet\0tsize\x000\0blksize\x001408\0", Request(Opcode.RRQ, "x", options=(("tsize", "0"), ("blksize", "1408")))),
    (b"\0\1\xff\xfe\0octet\0", Request(Opcode.RRQ, "\udcff\udcfe")),
    (b"\0\3\xff\xffabc", Data(65535, b"abc")),
    (b"\0\3\0\1", Data(1, b"")),
    (b"\0\4\x01\x02", Ack(258)),
    (b"\0\5\0\1File not found\0", Error(1, "File not found")),
    (b"\0\5\xff\xff\0", Error(65535, "")),
    (b"\0\6blksize\x001468\0", OptionAck((("blksize", "1468"),))),
]

MALFORMED = [
    (b"", "short"),
    (b"\0", "short"),
    (b"\0\0", "opcode"),
    (b"\0\7x\0", "opcode"),
    (b"\1\1x\0octet\0", "opcode"),
    (b"\0\1", "unterminated"),
    (b"\0\1name", "unterminated"),
    (b"\0\1name\0octet", "unterminated"),
    (b"\0\1name\0octet\0blksize\x00512", "unterminated"),
    (b"\0\1name\0octet\0trailing", "unterminated"),
    (b"\0\1name\0", "no-mode"),
    (b"\0\1\0", "no-mode"),
    (b"\0\1\0octet\0", "no-file-name"),
    (b"\0\1name\0\0", "mode"),
    (b"\0\1name\0mail\0", "mode"),
    (b"\0\1name\0octet \0", "mode"),
    (b"\0\1name\0octet\0blksize\0", "option-without-value"),
    (b"\0\1name\0octet\0\0", "option-without-value"),
    (b"\0\1name\0octet\0\x00512\0", "option-without-name"),
    (b"\0\1" + b"a" * 504 + b"\0octet\0", "request-long"),
    (b"\0\2" + b"a" * 60000 + b"\0octet\0", "request-long"),
    (b"\0\3\0", "data-short"),
    (b"\0\4", "ack-short"),
    (b"\0\4\0", "ack-short"),
    (b"\0\5", "error-short"),
    (b"\0\5\0", "error-short"),
    (b"\0\6", "unterminated"),
    (b"\0\6blksize\0", "option-without-value"),
]


@pytest.mark.parametrize(("data", "packet"), PACKETS, ids=[repr(data)[:40] for data, _ in PACKETS])
def test_a_packet_reads_and_writes_as_the_same_bytes(data: bytes, packet: Packet) -> None:
    assert parse(data) == packet
    assert packet.encode() == data


@pytest.mark.parametrize(("data", "reason"), MALFORMED, ids=[f"{reason}: {data!r}"[:50] for data, reason in MALFORMED])
def test_a_malformed_packet_has_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\5", b"\0\5\0"])
def test_what_is_too_short_to_have_an_opcode_and_a_broken_error_are_never_answered(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data)
    assert not caught.value.answerable


def test_the_longest_request_is_taken() -> None:
    assert parse(b"\0\1" + b"a" * 503 + b"\0octet\0").file == "a" * 503


def test_the_mode_is_read_in_any_case() -> None:
    assert parse(b"\0\1x\0OcTeT\0").mode is Mode.OCTET


@pytest.mark.quirk("long-ack")
def test_firmware_that_pads_its_ack_or_leaves_out_the_nul_of_an_error_is_understood() -> None:
    assert parse(b"\0\4\0\7" + bytes(20)) == Ack(7)
    assert parse(b"\0\5\0\x08User aborted the transfer") == Error(8, "User aborted the transfer")


def test_our_own_text_with_a_nul_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="NUL"):
        Error(0, "a\0b").encode()


texts = st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
names = texts.filter(bool)
options = st.lists(st.tuples(names, texts), max_size=3).map(tuple)
words = st.integers(0, 65535)
packets = st.one_of(
    st.builds(Request, st.sampled_from([Opcode.RRQ, Opcode.WRQ]), names, st.sampled_from(Mode), options),
    st.builds(Data, words, st.binary(max_size=600)),
    st.builds(Ack, words),
    st.builds(Error, words, texts),
    st.builds(OptionAck, options.filter(bool)),
)


@given(packets)
def test_what_is_written_reads_back(packet: Packet) -> None:
    assert parse(packet.encode()) == packet


@given(st.one_of(st.binary(max_size=600), st.tuples(st.sampled_from([b"\0\1", b"\0\5", b"\0\6"]), st.binary(max_size=60)).map(b"".join)))
def test_any_bytes_are_a_packet_or_malformed(data: bytes) -> None:
    try:
        packet = parse(data)
    except Malformed as malformed:
        assert malformed.reason
    else:
        assert packet.encode()[:2] == data[:2]
