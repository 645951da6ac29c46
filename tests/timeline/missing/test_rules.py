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
from pxeserve.timeline.missing import Known, Situation, following, silent
from pxeserve.timeline.missing.facts import Armed, Fetch, File, Finding, Media
from pxeserve.timeline.missing.firstboot import UNITS
from pxeserve.timeline.missing.shape import Rule
from pxeserve.timeline.missing.verdict import ENDS, EXPECTATIONS, RULES
from pxeserve.timeline.missing.words import WORDS
from pxeserve.timeline.steps import Step
from tests.timeline.missing.cases import CASES, WHICH
from tests.timeline.missing.stories import (
    DONE,
    Tale,
    address,
    armed,
    job,
    job_ends,
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
