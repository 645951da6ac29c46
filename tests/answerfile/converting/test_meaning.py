"""A conversion keeps what a file means, defaults included, or names every answer that it does not keep."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from pxeserve.answerfile.answers import Answers, Bootloader, Mode
from pxeserve.answerfile.converting.convert import Converted, convert, convert_answers
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import read
from pxeserve.answerfile.writing import fit
from tests.answerfile.answer_samples import ANSWERS, WHOLE

FILES = {path.stem: path for path in sorted((Path(__file__).parent / "files").glob("*.xml"))}
_LINES = (
    ("4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1", "8.2", "xs8", "xs9"), ("8.2", "xcp-8.2", "xcp-8.3"), ("xs8", "xcp-8.3"),
)  # fmt: skip
_STEPS = [(old, new) for line in _LINES for old, new in pairwise(line)]
PAIRS = [*_STEPS, *((new, old) for old, new in _STEPS), ("4.1", "xcp-8.3"), ("7.1", "xcp-8.3"), ("xcp-8.3", "7.1"), ("xcp-8.3", "4.1")]
_NAMES = {
    "raids": "raid", "sources": "source", "driver_sources": "driver-source", "fcoe": "fcoe-interfaces", "partitions": "initial-partitions",
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), PAIRS)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=20)
@given(answers=WHOLE | ANSWERS)
def test_any_answers(old: str, new: str, answers: Answers) -> None:
    source, target = DIALECTS[old], DIALECTS[new]
    taken = fit(answers, source)
    assume(not taken.faults)
    _kept_or_named(taken.answers, convert_answers(taken.answers, source, target), source, target)


@pytest.mark.long
@pytest.mark.parametrize(("old", "new"), PAIRS)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=1000)
@given(answers=WHOLE | ANSWERS)
def test_any_answers_a_thousand_times(old: str, new: str, answers: Answers) -> None:
    source, target = DIALECTS[old], DIALECTS[new]
    taken = fit(answers, source)
    assume(not taken.faults)
    _kept_or_named(taken.answers, convert_answers(taken.answers, source, target), source, target)


@pytest.mark.parametrize("new", DIALECTS)
@pytest.mark.parametrize("old", FILES)
def test_rich_files(old: str, new: str) -> None:
    source, target = DIALECTS[old], DIALECTS[new]
    text = FILES[old].read_bytes()
    answers = read(parse(text), source).answers
    assert answers is not None
    _kept_or_named(answers, convert(text, source, target), source, target)


@pytest.mark.parametrize("name", FILES)
def test_to_itself_nothing_changes_its_meaning(name: str) -> None:
    dialect, text = DIALECTS[name], FILES[name].read_bytes()
    done = convert(text, dialect, dialect)
    assert done.answers == read(parse(text), dialect).answers
    assert {str(change.kind) for change in done.changes} <= {"renamed", "dropped"}
    assert all("never counted" in change.why for change in done.changes if change.kind == "dropped")


def _kept_or_named(before: Answers, done: Converted, source: Dialect, target: Dialect) -> None:
    if done.text is None:
        assert done.faults
        return
    after = read(parse(done.text), target)
    assert after.refusal is None, after.refusal
    assert after.answers == done.answers
    named = {change.field.partition(".")[0] for change in done.changes}
    old, new = _meant(before, source), _own_loader(before, _meant(done.answers, target), target)
    for one in fields(Answers):
        name = _NAMES.get(one.name, one.name.replace("_", "-"))
        assert _plain(one.name, getattr(old, one.name)) == _plain(one.name, getattr(new, one.name)) or name in named, (name, done.changes)


def _meant(answers: Answers, dialect: Dialect) -> Answers:
    """With what is left out said: what an installation from nothing comes to."""
    text = {key: one.text.default for key, one in dialect.elements.items() if one.text is not None}
    if answers.mode not in (Mode.FRESH, Mode.REINSTALL):
        return answers
    root = {one.key: one.value.default for one in dialect.root.attributes}
    backend = text.get("network-backend") or ("vswitch" if dialect.name == "xs9" else "bridge")
    loader = answers.bootloader or Bootloader()
    nic = answers.admin_interface
    unsaid = "manual" if answers.ntp_servers else "dhcp" if nic is not None and nic.proto == "dhcp" else "default"
    reads_type = not (answers.mode is Mode.REINSTALL and "existing-installation" in {*_read_in(dialect, Mode.REINSTALL)})
    return replace(
        answers,
        sr_type=(answers.sr_type or root["sr-type"]) if reads_type else None,
        timezone=answers.timezone or text["timezone"],
        keymap=answers.keymap or "us",
        network_backend=answers.network_backend or backend,
        bootloader=replace(loader, kind=loader.kind or text["bootloader"], location=loader.location or "mbr"),
        ntp_source=answers.ntp_source or unsaid,
    )


def _own_loader(before: Answers, after: Answers, target: Dialect) -> Answers:
    """An upgrade that named no boot loader gets its installer's own. Where an element that is there has to name one (6.0 to 6.5), it
    names that; an element with nothing in it says nothing."""
    loader, own = after.bootloader or Bootloader(), target.elements["bootloader"].text
    unnamed = before.mode is Mode.UPGRADE and not (before.bootloader or Bootloader()).kind
    if not unnamed or own is None or loader.kind not in ("", own.default):
        return after
    kept = replace(loader, kind="")
    return replace(after, bootloader=kept if before.bootloader is not None or kept != Bootloader() else None)


def _read_in(dialect: Dialect, mode: Mode) -> list[str]:
    return [key for key in dialect.elements if mode in dialect.reading(key)]


def _plain(name: str, value: Any) -> Any:
    """Differences that are none: order and repetition of disks, the case of a MAC."""
    if name == "guest_disks":
        return set(value)
    if name == "admin_interface" and value is not None and value.hwaddr:
        return replace(value, hwaddr=value.hwaddr.lower())
    return value
