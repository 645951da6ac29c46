"""What single situations are told as: which cause comes first, which is left out, and where nothing is missing at all."""

from __future__ import annotations

import pytest

from pxeserve.store.events import EventRow
from pxeserve.timeline.hearing import Hearing
from pxeserve.timeline.missing import Known, Situation, silent, unheard
from pxeserve.timeline.reading import next_step, read
from tests.timeline.missing.cases import CASES
from tests.timeline.missing.stories import (
    BASE,
    DONE,
    FIRST,
    LOADED,
    OWN_DISK,
    PROXY,
    PXELINUX,
    RAM_DISK,
    SOME,
    Tale,
    address,
    armed,
    asks_again,
    discover,
    hook,
    own,
    package,
    refused,
    report,
    tftp,
)  # fmt: skip


def test_a_host_that_was_armed_and_not_heard() -> None:
    assert not unheard(Situation(quiet=60)).overdue
    late = unheard(Situation(quiet=3600, heard=Hearing(before=False)))
    assert late.overdue
    of_systems = {"started-its-system", "still-running"}
    assert {one.code for one in late.causes} == {rule.code for rule in silent.RULES} - {"lapsed-unheard"} - of_systems
    over = unheard(Situation(quiet=3600, happened=(("lapsed", "not in time"),)))
    assert [one.code for one in over.causes] == ["lapsed-unheard"]


def test_what_the_record_rules_out_is_left_out() -> None:
    stalled = [one.code for one in CASES["stalled"].next().causes]
    assert stalled == ["stalled"]
    silent = {one.code for one in CASES["no-card-driver"].next().causes}
    assert "installer-unanswered" not in silent
    assert "answerfile-finding" not in {one.code for one in CASES["refused-before-scripts"].next().causes}


def test_the_linters_finding_is_the_first_cause_when_the_answerfile_was_the_last_sign() -> None:
    found = CASES["answerfile-finding"].next()
    assert found.causes[0].code == "answerfile-finding"
    assert "line 7: <primarydisk> is not read" in found.text
    assert found.expected == "the installer runs its first hook (installation-start)"


def test_41_has_no_installation_start_so_its_next_sign_is_the_repository() -> None:
    tale = CASES["refused-before-scripts"]
    found = type(tale)(tale.boots, tale.known, beside=[armed(dialect="4.1")]).next()
    assert found.expected == "the installer looks into the repository"


def test_over_nfs_the_repository_is_not_waited_for() -> None:
    tale = CASES["source-not-reached"]
    found = type(tale)(tale.boots, tale.known, 1800.0, beside=[armed(source="nfs")]).next()
    assert not found.overdue


def test_a_host_led_to_its_own_disk_because_its_arming_was_over_is_told_so() -> None:
    tale = Tale([OWN_DISK], beside=[armed(), own("lapsed", "it was not consumed in time")])
    found = tale.next()
    assert (found.overdue, found.causes[0].code) == (True, "menu-too-late")
    assert Tale([DONE, OWN_DISK], beside=[armed()], known=PROXY).read().boots[-1].next is None


def test_an_answerfile_that_waits_for_a_person_is_said_before_disks() -> None:
    assert CASES["asks-a-person"].next().causes[0].code in ("answerfile-finding", "asks-a-person")


def test_wire_text_is_harmless_in_sentences() -> None:
    tale = Tale([[*FIRST, tftp("a\x1b[31m.0", "timeout", bytes=0, screen="PXE-E32")]])
    assert all("\x1b" not in text for one in tale.next().causes for text in (one.text, one.tell, one.fix))


def test_braces_from_the_wire_are_no_words() -> None:
    tale = Tale([[*FIRST, tftp("{mac}{0}.0", "timeout", bytes=0, screen="PXE-E32")]])
    assert "{mac}{0}.0" in tale.next().causes[0].text


def test_a_host_that_was_armed_and_not_heard_has_its_sentence_in_the_timeline() -> None:
    late = EventRow(1, BASE, "install.armed", "xen01", install="k", data={"mode": "fresh", "medium": "xcp83"})
    late_on = read("xen01", [late], BASE + 3600).next
    assert late_on is not None
    assert (late_on.overdue, late_on.causes[0].code) == (True, "booted-its-disk")
    over = EventRow(2, BASE + 3600, "install.lapsed", "xen01", install="k", data={"because": "it was not consumed in time"})
    ended = read("xen01", [late, over], BASE + 7200).next
    assert ended is not None
    assert ended.causes[0].code == "lapsed-unheard"
    assert read("xen01", [late, EventRow(2, BASE + 9, "install.cancelled", "xen01", install="k")], BASE + 3600).next is None
    assert Tale([FIRST], beside=[armed()]).read().next is None


def test_a_question_for_a_size_is_no_failure() -> None:
    probed = Tale([[*FIRST, tftp(PXELINUX, "aborted-probe", detail="User aborted the transfer", bytes=0)]]).next()
    assert "loader-gave-up" not in [one.code for one in probed.causes]
    ended = Tale([[*FIRST, tftp(PXELINUX, "client-error", detail="TFTP Aborted", bytes=512)]]).next()
    assert ended.causes[0].code in ("loader-gave-up", "stalled-loader")


def test_a_split_offer_is_likelier_where_another_server_gives_addresses() -> None:
    tale = CASES["split-offer-ignored"]
    beside = type(tale)(tale.boots, Known(mode="proxy", others=("10.0.0.1",))).next()
    assert beside.causes[0].code == "split-offer-ignored"
    alone = tale.next()
    assert alone.causes[0].code == "no-address-server"


def test_a_loop_is_told_before_the_patience_runs_out() -> None:
    tale = CASES["loop-secure-boot"]
    soon = type(tale)(tale.boots, tale.known, 1.0, tale.gap).next()
    assert not soon.overdue
    iron = CASES["loop-user-class"]
    proven = type(iron)(iron.boots, iron.known, 1.0, iron.gap).next()
    assert (proven.overdue, proven.causes[0].code, proven.causes[0].weight) == (True, "loop-user-class", "proven")


def test_boots_that_lie_hours_apart_are_no_loop() -> None:
    tale = CASES["nothing-on-disk"]
    assert tale.next().causes
    assert type(tale)(tale.boots, tale.known, gap=7200.0).read().boots[-1].next is None


@pytest.mark.parametrize("name", ["no-card-driver", "answerfile-finding", "loop-secure-boot", "nothing-on-disk", "unknown-architecture"])
def test_the_next_step_alone_is_the_one_of_the_whole_timeline(name: str) -> None:
    tale = CASES[name]
    rows = tale.rows()
    now = max(one.at for one in rows) + tale.quiet
    assert next_step(rows, now, tale.known) == read("xen01", rows, now, tale.known).boots[-1].next


def test_what_comes_after_a_reported_failure_does_not_undo_it() -> None:
    late = Tale([[*SOME, report("failed"), package(3), hook()]], beside=[armed()]).next()
    assert late.causes[0].code == "installer-failed"


def test_a_refusal_is_no_end_when_the_machine_goes_on() -> None:
    gone_on = Tale([[discover(7), refused("no-loader"), *FIRST, tftp(PXELINUX)]]).next()
    assert gone_on.expected.startswith("the loader's modules")


def test_grub_that_asks_for_an_address_of_its_own_is_no_installer() -> None:
    asked = Tale([[*LOADED, asks_again(), address(), *RAM_DISK[len(LOADED) :]]], beside=[armed()]).next()
    assert asked.expected == "the installer asks for its answerfile"
    assert "installer-unanswered" not in [one.code for one in asked.causes]
    assert asked.causes[0].code == "no-card-driver"
