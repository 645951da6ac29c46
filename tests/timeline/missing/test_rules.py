"""The rules of the missing step: each has a source and a story that triggers it, and no situation ends without a sentence."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from pxeserve.cli.main import app
from pxeserve.domain.client import Firmware
from pxeserve.events.record import harmless
from pxeserve.recovery.firstboot.forms import FORMS
from pxeserve.store.events import EventRow
from pxeserve.timeline.hearing import Hearing
from pxeserve.timeline.missing import Known, Situation, following, silent, unheard
from pxeserve.timeline.missing.facts import Armed, Fetch, File, Finding, Media
from pxeserve.timeline.missing.firstboot import UNITS
from pxeserve.timeline.missing.shape import Rule
from pxeserve.timeline.missing.verdict import ENDS, EXPECTATIONS, RULES
from pxeserve.timeline.missing.words import WORDS
from pxeserve.timeline.reading import next_step, read
from pxeserve.timeline.steps import Step
from tests.timeline.missing.cases import CASES, WHICH
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
    job,
    job_ends,
    own,
    package,
    refused,
    report,
    tftp,
)  # fmt: skip

EVERY = (*RULES, *silent.RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_given_as_a_cause_of_its_story(rule: Rule) -> None:
    found = CASES[rule.code].next(WHICH.get(rule.code, -1))
    assert found.overdue
    assert rule.code in [one.code for one in found.causes]


def test_a_first_boot_that_is_over_and_a_host_of_no_pool_are_waited_for_no_longer() -> None:
    over = (job("toolstack"), job("storage.1", "failed"), job("storage.1"), job_ends("done"))
    for boot, beside in (((*DONE, address(), *over), armed(first_boot=True)), ((*DONE, address()), armed())):
        assert Tale([boot], beside=[beside]).read().boots[-1].next is None


def test_it_is_known_which_generations_start_the_job_as_a_unit() -> None:
    assert {one for one, form in FORMS.items() if form.name == "systemd"} == UNITS


def test_a_first_boot_that_goes_on_is_waited_for_as_long_as_machines_take() -> None:
    found = Tale([[*DONE, address(), job("toolstack"), job("join", "begun")]], quiet=600.0, beside=[armed(first_boot=True)]).next()
    assert (found.overdue, found.expected) == (False, "it is joined to its pool")


def test_every_rule_has_one_name_and_says_all_that_it_should() -> None:
    assert len({rule.code for rule in EVERY}) == len(EVERY)
    for rule in EVERY:
        assert all((rule.when, rule.text, rule.tell, rule.fix, rule.source)), rule.code
        assert rule.after, rule.code


def test_every_step_has_an_expectation_or_is_an_end() -> None:
    expected = {one.after for one in EXPECTATIONS}
    assert expected | ENDS == set(Step)
    for step in set(Step) - ENDS:
        last = [one for one in EXPECTATIONS if one.after is step][-1]
        assert last.holds is None or step in (Step.OWN_DISK, Step.DONE), step


def test_expectations_name_their_source_and_a_sane_patience() -> None:
    for one in (*EXPECTATIONS, *silent.EXPECTATIONS):
        assert one.source
        assert (one.holds is None) is (one.when == "")
        if one.patience is not None:
            assert 0 <= one.patience <= 3600
            assert one.missing
        for slow in one.slower:
            assert slow.patience > (one.patience or 0)
            assert slow.when
            assert slow.source


def test_sentences_use_only_words_that_are_known() -> None:
    for rule in EVERY:
        for text in (rule.text, rule.tell, rule.fix):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= set(WORDS), rule.code
    for one in (*EXPECTATIONS, *silent.EXPECTATIONS):
        assert {name for _, name, _, _ in string.Formatter().parse(f"{one.expected} {one.missing}") if name} <= set(WORDS)


def test_a_machine_that_comes_no_further_by_itself_is_not_overdue_too_early() -> None:
    for name in ("tftp-closed", "ldlinux-not-asked", "waits-at-menu", "no-card-driver", "disk-refused", "network-lost"):
        tale = CASES[name]
        soon = type(tale)(tale.boots, tale.known, 2.0, tale.gap, tale.beside).next()
        assert (soon.overdue, soon.text, soon.causes) == (False, "", ())


texts = st.text("aß{}%\x1b\u202e", max_size=8)
fetches = st.builds(
    Fetch, name=texts, what=st.sampled_from(File), by=st.sampled_from(["tftp", "http"]), outcome=st.sampled_from(
        ["done", "timeout", "cut", "refused:1", "not-found", "client-error", "aborted-probe", "part", "changed", "source-error"]),
    bytes=st.integers(0, 10**9), size=st.none() | st.integers(0, 10**9), blksize=st.none() | st.integers(8, 65464), answered=st.booleans(),
    rule=st.sampled_from(["", "menu: no evidence of who asks", "menu: not by MAC"]), screen=texts, detail=texts,
)  # fmt: skip
media = st.builds(
    Media, medium=texts, path=st.sampled_from([".treeinfo", "Packages/a.rpm", "packages.main/XS-PACKAGES"]),
    outcome=st.sampled_from(["done", "cut", "not-found", "changed"]), status=st.sampled_from([200, 206, 404, 416, 500]),
    package=st.none() | st.integers(1, 9), packages=st.just(9),
)  # fmt: skip
findings = st.builds(Finding, code=texts, severity=st.sampled_from(["error", "warning", "info"]), line=st.integers(0, 99), message=texts)
armings = st.builds(
    Armed, interactive=st.booleans(), plain=st.booleans(), dialect=st.sampled_from(["", "4.1", "6.5", "8.2", "xs9"]),
    findings=st.lists(findings, max_size=2).map(tuple), disks=st.sampled_from([(), ("sda",), ("/dev/disk/by-id/x",)]), fixed=st.booleans(),
    source=st.sampled_from(["", "http", "nfs"]), device=st.sampled_from(["", "all", "eth0"]), vlan=st.sampled_from(["", "17"]),
    stages=st.sampled_from([None, (), ("installation-start",)]),
)  # fmt: skip
situations = st.builds(
    Situation, reached=st.sampled_from(Step), newest=st.booleans(), quiet=st.floats(0, 10**6), armed=armings,
    known=st.builds(Known, mode=st.sampled_from(["", "proxy", "server", "off"]), others=st.sampled_from([(), ("10.0.0.1",)]),
                    ignored=st.sampled_from([{}, {"no-subnet": 3}])),
    state=st.sampled_from(["", "armed", "done", "answered", "failed"]), firmware=st.none() | st.sampled_from(Firmware),
    arch=st.none() | st.integers(0, 40), mode=st.sampled_from(["", "proxy", "server"]), relay=texts, discovers=st.integers(0, 5),
    asked_us=st.booleans(), taken_from=texts, declined=st.booleans(), ignored=st.lists(texts, max_size=2).map(tuple),
    refusals=st.lists(st.tuples(st.sampled_from(["loop", "no-loader", "x"]), texts), max_size=2).map(tuple),
    loader=st.sampled_from(["", "pxelinux.0", "grubx64.efi", "shimx64.efi"]), files=st.lists(fetches, max_size=4).map(tuple),
    menus=st.sampled_from([(), ("installer",), ("plain",), ("own-disk",)]), installer_asked=st.integers(0, 2),
    installer_address=st.booleans(),
    answers=st.lists(st.sampled_from(["delivered", "cut", "not-found", "refused"]), max_size=2).map(tuple),
    happened=st.lists(st.tuples(st.sampled_from(["frozen", "lapsed", "alarm", "withheld"]), texts), max_size=2).map(tuple),
    media=st.lists(media, max_size=3).map(tuple), missed=st.sampled_from([(), (".treeinfo",)]), found=st.sampled_from([(), (".treeinfo",)]),
    package=st.integers(0, 9), packages=st.sampled_from([0, 9]), failures=st.sampled_from([(), ("a.sh: ended with 1",)]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(situations)
def test_no_situation_ends_without_a_sentence(situation: Situation) -> None:
    found = following(situation)
    if found is None:
        assert situation.reached in ENDS | {Step.DONE, Step.OWN_DISK}
        return
    assert found.expected
    assert found.source
    if found.overdue:
        assert found.text
        assert found.causes
        weights = [["proven", "likely", "possible"].index(one.weight) for one in found.causes]
        assert weights == sorted(weights)
        assert all(text == harmless(text, 10_000) for one in found.causes for text in (one.text, one.tell, one.fix))
    else:
        assert (found.text, found.causes) == ("", ())


def test_a_host_that_was_armed_and_not_heard() -> None:
    assert not unheard(Situation(quiet=60)).overdue
    late = unheard(Situation(quiet=3600, heard=Hearing(before=False)))
    assert late.overdue
    of_systems = {"started-its-system", "still-running"}
    assert {one.code for one in late.causes} == {rule.code for rule in silent.RULES} - {"lapsed-unheard"} - of_systems
    over = unheard(Situation(quiet=3600, happened=(("lapsed", "not in time"),)))
    assert [one.code for one in over.causes] == ["lapsed-unheard"]


def test_commands_that_are_named_exist() -> None:
    front: Any = get_command(app)
    for rule in EVERY:
        for text in (rule.tell, rule.fix):
            for word, follows in re.findall(r"pxeserve ([a-z]+)(?: ([a-z]+)\b)?", text):
                if word == "names" or word == "doctor":  # a verb of this sentence; a command that comes with its own room
                    continue
                command = front.get_command(None, word)
                assert command is not None, (rule.code, word)
                if follows and getattr(command, "commands", None):
                    assert follows in command.commands, (rule.code, word, follows)


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
