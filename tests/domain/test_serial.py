"""Serial numbers show that a machine is another one; what makers leave in their place shows nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.decide import Target, Weight, decide
from pxeserve.domain.host import Host
from pxeserve.domain.identity import Mark
from pxeserve.domain.serial import LONGEST, PLACEHOLDERS, by_serial, claim, differs, said, same_serial, says_nothing, spelt
from tests.domain.test_decide import HOST, NOW, SITE
from tests.domain.test_identity import UNKNOWN

SERIAL = "CZ3040ABCD"


@pytest.mark.parametrize("placeholder", PLACEHOLDERS, ids=[one.text for one in PLACEHOLDERS])
def test_what_makers_leave_in_its_place_says_nothing(placeholder: object) -> None:
    text = placeholder.text  # type: ignore[attr-defined]
    for spelling in (text, text.upper(), f"  {text.lower()} ", text.replace(" ", "")):
        assert says_nothing(spelling)
        assert said(spelling) is None
    assert placeholder.source  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["0", "00000000", "........", "XXX", "", "   ", "-", "x" * (LONGEST + 1), "a\x1b[2J", "\u202eab", "a\nb"])
def test_what_is_no_serial_number_says_nothing(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SERIAL, SERIAL),
        (f"{SERIAL}      ", SERIAL),  # HPE pads with spaces
        ("VMware-56 4d 5e", "VMware-56 4d 5e"),
        ("S123456X1234567", "S123456X1234567"),
        ("J9BT188", "J9BT188"),
    ],
)
def test_what_makers_print_on_a_machine_says_something(text: str, found: str) -> None:
    assert said(text) == found


@given(st.text(max_size=300))
def test_whatever_is_said_is_short_and_plain_or_nothing(text: str) -> None:
    found = said(text)
    if found is not None:
        assert len(found) <= LONGEST
        assert found.isascii()
        assert found.isprintable()
        assert spelt(found) == found


def test_case_and_spaces_are_no_difference() -> None:
    host = replace(HOST, serial=SERIAL)
    assert same_serial(SERIAL, f" {SERIAL.lower()} ")
    assert not differs(host, SERIAL.lower())
    assert not differs(host, None), "one that says none is not another machine"
    assert not differs(HOST, SERIAL), "nor is one of which none is known"
    assert differs(host, SERIAL + "1")


def test_an_unknown_mac_with_a_host_s_serial_number_gets_its_own_disk_and_the_way_to_enter_it() -> None:
    found = claim(by_serial([replace(HOST, serial=SERIAL), Host(2, "xen02", (), "p", serial="default string")]), SERIAL.lower())
    assert found is not None and found.mark is Mark.SERIAL
    decision = decide(UNKNOWN, None, None, SITE, claim=found, now=NOW)
    assert (decision.target, decision.because[-1].code) == (Target.OWN_DISK, "other-card-serial")
    assert decision.because[-1].weight is Weight.PASSED_OVER
    assert "pxeserve discovered adopt 52:54:00:77:00:99 --name xen01" in decision.because[-1].text
    assert claim(by_serial([HOST]), SERIAL) is None
    assert claim(by_serial([replace(HOST, serial="default string")]), "Default string") is None
