"""Armed, and nothing heard: when that is said, and what is likely in which order."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.store.events import EventRow
from pxeserve.timeline.hearing import Hearing, System, hearing
from pxeserve.timeline.missing import Next, Situation, silence, silent
from pxeserve.timeline.missing import unheard as said
from pxeserve.timeline.missing.silent import PATIENCE

ARMED = 1_790_000_000.0
LATE = ARMED + PATIENCE + 120
MAC = "52:54:00:77:00:01"


def event(kind: str, at: float = ARMED + 5, session: str | None = None, **data: Any) -> EventRow:
    return EventRow(1, at, kind, "xen01", MAC, "10.77.0.9", None, session, "", data)


def unheard(armed_at: float, now: float, heard: Hearing) -> Next | None:
    return silence(heard, armed_at, now)


@pytest.mark.parametrize(
    "heard",
    [
        event("dhcp.discover", arch="7", vendor_class="PXEClient:Arch:00007"),
        event("dhcp.request", arch="0", server="10.77.0.1"),
        event("dhcp.offer", session="s"),
        event("tftp.transfer", file="b/x/y/pxelinux.0"),
        event("boot.menu"),
        event("dhcp.refused", because=[{"code": "no-loader"}]),
    ],
)
def test_a_machine_that_asks_to_boot_is_heard(heard: EventRow) -> None:
    assert unheard(ARMED, LATE, hearing([heard], ARMED)) is None


@pytest.mark.parametrize(
    "heard",
    [event("dhcp.discover"), event("dhcp.discover", arch="None", vendor_class="udhcp 1.35.0"), event("dhcp.system")],
)
def test_an_operating_system_that_asks_anew_is_said_at_once(heard: EventRow) -> None:
    found = unheard(ARMED, ARMED + 6, hearing([heard], ARMED))
    assert found is not None
    assert "started its own system instead" in found.text
    assert "10.77.0.9" in found.text
    [cause] = found.causes
    assert cause.text == "it booted its own disk first"
    assert "ipmitool chassis bootdev pxe" in cause.fix


@pytest.mark.parametrize("heard", [event("dhcp.ack", vendor_class=""), event("dhcp.request")])
def test_a_lease_that_is_renewed_says_only_that_the_machine_runs(heard: EventRow) -> None:
    assert unheard(ARMED, ARMED + 60, hearing([heard], ARMED)) is None
    found = unheard(ARMED, LATE, hearing([heard], ARMED))
    assert found is not None
    assert "its own system is running" in found.text
    assert [cause.text for cause in found.causes] == ["it was not restarted, or it booted its own disk first"]
    restarted = unheard(ARMED, LATE, hearing([heard, event("dhcp.discover", at=ARMED + 50)], ARMED))
    assert restarted is not None
    assert "started its own system instead" in restarted.text


def test_a_system_that_was_only_overheard_counts_too_and_one_from_before_does_not() -> None:
    overheard = hearing([], ARMED, systems=[System(ARMED + 9, "10.77.0.50"), System(ARMED - 9, "10.77.0.51")])
    found = unheard(ARMED, ARMED + 10, overheard)
    assert found is not None
    assert "10.77.0.50" in found.text
    assert unheard(ARMED, ARMED + 10, hearing([event("dhcp.discover", at=ARMED - 1)], ARMED)) is None


def test_the_firmware_that_asked_before_it_was_armed_does_not_count() -> None:
    early = event("dhcp.discover", at=ARMED - 60, arch="7")
    assert unheard(ARMED, LATE, hearing([early], ARMED)) is not None


@pytest.mark.parametrize(("seconds", "said"), [(0, False), (PATIENCE - 1, False), (PATIENCE, True), (86400, True)])
def test_silence_means_nothing_at_first(seconds: float, said: bool) -> None:
    assert (unheard(ARMED, ARMED + seconds, Hearing()) is not None) is said


def test_the_causes_stand_in_the_order_of_their_likelihood() -> None:
    def first_words(heard: Hearing) -> list[str]:
        found = unheard(ARMED, LATE, heard)
        assert found is not None
        assert "7 minutes" in found.text
        return [" ".join(cause.text.split()[:3]) for cause in found.causes]

    known = ["it was not", "it is off", "it is on", "its network has"]
    card = "its card has"
    assert first_words(Hearing(before=True)) == known
    assert first_words(Hearing(before=False)) == [*known[:3], card, known[3]]
    assert first_words(Hearing(before=False, near=("52:54:00:77:00:02 (the board's other port)",))) == [card, *known]


def test_every_rule_is_a_cause_of_some_silence_and_its_words_are_filled_in() -> None:
    running = System(ARMED + 9, "10.77.0.9", started=False)
    heard = [Hearing(), Hearing(before=False, near=("52:54:00:77:00:02",)), Hearing(system=System(ARMED + 9)), Hearing(system=running)]
    found = [said(Situation(quiet=420, heard=one)) for one in heard]
    found.append(said(Situation(quiet=420, happened=(("lapsed", "not in time"),))))
    assert {cause.code for one in found for cause in one.causes} == {rule.code for rule in silent.RULES}
    texts = [text for one in found for text in (one.text, *(part for cause in one.causes for part in (cause.text, cause.tell, cause.fix)))]
    assert all(texts)
    assert not [text for text in texts if "{" in text or "?" in text]
