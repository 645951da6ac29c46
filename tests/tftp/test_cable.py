"""A client and a server core joined by a bad cable, by a fake clock: right bytes or an error, and soon."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.tftp.outcome import Outcome
from pxeserve.tftp.packet import Mode

BODY = random.Random(1350).randbytes(200_000)
KINDS = {
    "plain": {},
    "blksize 1468": {"blksize": "1468", "tsize": "0"},
    "windowsize 4": {"blksize": "1468", "windowsize": "4"},
    "windowsize 16": {"blksize": "1468", "windowsize": "16"},
    "windowsize 64": {"blksize": "1468", "windowsize": "64"},
}
CABLES = {
    "clean": {},
    "loss 1 %": {"loss": 0.01},
    "loss 5 %": {"loss": 0.05},
    "5 % doubled": {"double": 0.05},
    "all doubled": {"double": 1.0},
    "5 % late": {"late": 0.05},
    "10 to 30 ms each way": {"delay": 0.01, "jitter": 0.02},
    "all of it": {"loss": 0.02, "double": 0.02, "late": 0.02, "jitter": 0.002},
}


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("bad", CABLES.values(), ids=CABLES)
@pytest.mark.quirk("atftp-acks-once")
def test_a_bad_cable_slows_and_never_corrupts(joined, cable, options, bad) -> None:
    for seed in range(3):
        course = joined(BODY, options, cable=cable(**bad), seed=seed)
        assert bytes(course.reader.body) == BODY, f"seed {seed}"
        assert course.reader.done


@pytest.mark.parametrize(
    ("kind", "loss", "most"),
    [
        ("blksize 1468", 0.01, 3.0),
        ("plain", 0.01, 3.0),
        ("blksize 1468", 0.05, 10.0),
        ("plain", 0.05, 10.0),
        ("windowsize 16", 0.01, 2.0),
    ],
)
@pytest.mark.quirk("impatient-nobody")
def test_loss_costs_what_the_manual_promises(joined, cable, kind: str, loss: float, most: float) -> None:
    """200 kB over a cable that loses DATA and ACKs, with a client that waits 5 s before it repeats anything."""
    seconds = [joined(BODY, KINDS[kind], cable=cable(loss=loss), seed=seed).seconds for seed in range(12)]
    assert 0 < max(seconds) <= most, seconds


def test_doubled_packets_do_not_double_the_traffic(joined, cable) -> None:
    """The sorcerer's apprentice: every ACK arrives twice, and each block still leaves once."""
    course = joined(BODY, {"blksize": "1468"}, cable=cable(double=1.0))
    assert course.sent == 1 + 137
    assert course.transfer.resent == 0


def test_a_clean_cable_needs_no_resend(joined) -> None:
    for options in KINDS.values():
        course = joined(BODY, options)
        assert course.transfer.resent == 0
        assert course.ended.outcome is Outcome.DONE
        assert course.transfer.acknowledged[1] == len(BODY)


def test_a_window_that_loses_its_end_is_not_sent_over_and_over(joined, cable) -> None:
    course = joined(BODY, KINDS["windowsize 64"], cable=cable(loss=0.01), seed=4)
    assert course.sent < 137 * 3


def test_a_dead_cable_ends_both(joined, cable) -> None:
    course = joined(BODY, {"blksize": "1468"}, cable=cable(loss=1.0), patience=1.0)
    assert course.ended.outcome is Outcome.TIMEOUT
    assert course.reader.failed == "no answer"
    assert course.sent == 6


def test_a_text_arrives_translated_over_a_bad_cable(joined, cable) -> None:
    text = b"label local\n  localboot 0\r\n" * 3000
    for options in ({}, KINDS["windowsize 16"]):
        course = joined(text, options, cable=cable(loss=0.03, double=0.03, late=0.03), mode=Mode.NETASCII, seed=5)
        assert bytes(course.reader.body) == text.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("rollover", ["0", "1"])
@pytest.mark.parametrize("windowsize", ["1", "64"])
def test_more_than_65535_blocks_survive_loss_around_the_roll_over(joined, cable, rollover: str, windowsize: str) -> None:
    body = random.Random(65536).randbytes(8 * 65_600)
    options = {"blksize": "8", "rollover": rollover, "windowsize": windowsize}
    course = joined(body, options, cable=cable(delay=0.0001, loss=0.005, double=0.005), until=3600, patience=1.0)
    assert course.reader.done
    assert bytes(course.reader.body) == body


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 30_000),
    st.sampled_from([8, 512, 1468]),
    st.integers(1, 64),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.integers(0, 1 << 30),
)
def test_any_cable_gives_the_right_bytes_or_an_error(joined, cable, size, blksize, windowsize, loss, double, late, seed) -> None:
    body = random.Random(size).randbytes(size if blksize > 8 else size // 60)
    bad = cable(loss=loss, double=double, late=late, jitter=0.001)
    course = joined(body, {"blksize": str(blksize), "windowsize": str(windowsize)}, cable=bad, seed=seed, until=2000)
    assert course.ended is not None
    if course.reader.done:
        assert bytes(course.reader.body) == body
    else:
        assert course.reader.failed or course.ended.outcome is Outcome.TIMEOUT
    if course.ended.outcome is Outcome.DONE:
        assert course.reader.done
