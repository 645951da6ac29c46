"""What is granted, as the bytes of the OACK, for what is asked: one line a case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.tftp.options import Agreement, Limits, negotiate
from pxeserve.tftp.packet import Mode, OptionAck

SIZE = 70_000

CASES = [
    ("nothing asked", "", ""),
    ("pxelinux", "tsize=0 blksize=1408", "tsize=70000 blksize=1408"),
    ("iPXE", "blksize=1432 tsize=0", "blksize=1432 tsize=70000"),
    ("OVMF", "tsize=0 blksize=1468 windowsize=4", "tsize=70000 blksize=1468 windowsize=4"),
    ("the name comes back as it was spelled", "BlkSize=1024", "BlkSize=1024"),
    ("an unknown option is left out", "multicast= blksize=512 blksize2=1024", "blksize=512"),
    ("only unknown options: no OACK", "multicast=1", ""),
    ("blksize 7 is none", "blksize=7", ""),
    ("blksize 8 is one", "blksize=8", "blksize=8"),
    ("blksize as large as a frame", "blksize=1468", "blksize=1468"),
    ("more than a frame becomes a frame", "blksize=1469", "blksize=1468"),
    ("the largest of RFC 2348", "blksize=65464", "blksize=1468"),
    ("more than that", "blksize=4294967295", "blksize=1468"),
    ("no number", "blksize=abc", ""),
    ("a sign", "blksize=+512", ""),
    ("negative", "blksize=-1", ""),
    ("a space", "blksize=512\u00a0", ""),
    ("digits of another script", "blksize=\u0661\u0660\u0662\u0664", ""),
    ("empty", "blksize=", ""),
    ("a number of eleven digits", "blksize=00000000512", ""),
    ("the first of two counts", "blksize=1024 blksize=512", "blksize=1024"),
    ("tsize whatever was written", "tsize=12345", "tsize=70000"),
    ("timeout 0", "timeout=0", ""),
    ("timeout 1", "timeout=1", "timeout=1"),
    ("timeout 255", "timeout=255", "timeout=255"),
    ("timeout 256", "timeout=256", ""),
    ("utimeout too short", "utimeout=9999", ""),
    ("utimeout", "utimeout=10000", "utimeout=10000"),
    ("utimeout too long", "utimeout=255000001", ""),
    ("windowsize 0", "windowsize=0", ""),
    ("windowsize 1", "windowsize=1", "windowsize=1"),
    ("windowsize 65", "windowsize=65", "windowsize=64"),
    ("windowsize 65535", "windowsize=65535", "windowsize=64"),
    ("windowsize 65536", "windowsize=65536", ""),
    ("rollover 0", "rollover=0", "rollover=0"),
    ("rollover 1", "rollover=1", "rollover=1"),
    ("rollover 2", "rollover=2", ""),
]


def asked(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, _, value in (word.partition("=") for word in text.split(" ") if word))


@pytest.mark.parametrize(("ask", "grant"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.quirk("blksize-frame")
def test_what_is_granted(ask: str, grant: str) -> None:
    agreement = negotiate(asked(ask), Mode.OCTET, SIZE, Limits())
    expected = b"\0\6" + b"".join(f"{name}\0{value}\0".encode() for name, value in asked(grant))
    assert OptionAck(agreement.acknowledged).encode() == expected


def test_without_options_rfc_1350_holds() -> None:
    assert negotiate((), Mode.OCTET, SIZE, Limits()) == Agreement(512, 1, 0, None, ())


def test_a_window_of_the_largest_blocks_is_no_more_than_a_mebibyte() -> None:
    agreement = negotiate(asked("windowsize=65535 blksize=65464"), Mode.OCTET, SIZE, Limits(blksize=65464))
    assert agreement.acknowledged == (("windowsize", "16"), ("blksize", "65464"))
    assert agreement.windowsize * agreement.blksize <= 1 << 20


def test_the_size_of_a_translated_text_is_not_promised() -> None:
    assert negotiate(asked("tsize=0 blksize=1024"), Mode.NETASCII, SIZE, Limits()).acknowledged == (("blksize", "1024"),)


def test_timeouts_are_seconds() -> None:
    assert negotiate(asked("timeout=3"), Mode.OCTET, SIZE, Limits()).timeout == 3
    assert negotiate(asked("utimeout=250000"), Mode.OCTET, SIZE, Limits()).timeout == 0.25


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["blksize", "tsize", "timeout", "utimeout", "windowsize", "rollover", "other"]),
            st.one_of(st.integers(0, 1 << 33).map(str), st.text(max_size=8)),
        ),
        max_size=9,
    ).map(tuple),
    st.sampled_from(Mode),
)
def test_what_is_acknowledged_was_asked_for_and_is_within_bounds(options, mode) -> None:
    agreement = negotiate(options, mode, SIZE, Limits())
    granted = dict(agreement.acknowledged)
    assert len(granted) == len(agreement.acknowledged)
    assert set(granted) <= {name for name, _ in options} - {"other"}
    assert 8 <= agreement.blksize <= 1468
    assert 1 <= agreement.windowsize <= 64
    assert granted.get("blksize", "512") == str(agreement.blksize)
    assert granted.get("windowsize", "1") == str(agreement.windowsize)
