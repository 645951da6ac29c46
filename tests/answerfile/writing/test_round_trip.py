"""What is written for a generation is what its installer reads, answer by answer, and everything else is named."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from pxeserve.answerfile.answers import Answers, Mode
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import read
from pxeserve.answerfile.writing import WritingError, faults, fit, lost, write
from tests.answerfile.answer_samples import ANSWERS, WHOLE

EVERY = pytest.mark.parametrize("name", DIALECTS)
_SLOW = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None, max_examples=30)


def _read_back(answers: Answers, dialect) -> Answers:
    reading = read(parse(write(answers, dialect, note="a test")), dialect)
    assert reading.refusal is None, reading.refusal
    return reading.answers


@EVERY
@_SLOW
@given(answers=WHOLE | ANSWERS)
def test_what_is_written_reads_back_as_what_fits(name: str, answers: Answers) -> None:
    dialect = DIALECTS[name]
    fitted = fit(answers, dialect)
    assume(not fitted.faults)
    assert _read_back(answers, dialect) == fitted.answers


@pytest.mark.long
@EVERY
@settings(_SLOW, max_examples=1000)
@given(answers=WHOLE | ANSWERS)
def test_what_is_written_reads_back_as_what_fits_a_thousand_times(name: str, answers: Answers) -> None:
    fitted = fit(answers, DIALECTS[name])
    assume(not fitted.faults)
    assert _read_back(answers, DIALECTS[name]) == fitted.answers


@EVERY
@_SLOW
@given(answers=WHOLE)
def test_nothing_is_lost_unnamed(name: str, answers: Answers) -> None:
    dialect = DIALECTS[name]
    fitted = fit(answers, dialect)
    assume(not fitted.faults)
    named = " ".join(one.field for one in lost(answers, dialect))
    for one in fields(Answers):
        before, after = getattr(answers, one.name), getattr(fitted.answers, one.name)
        if before != after and not _means_the_same(one.name, before, after):
            assert _word(one.name) in named, (one.name, before, after)


@EVERY
@_SLOW
@given(answers=WHOLE | ANSWERS)
def test_what_fits_fits_again_and_loses_nothing_more(name: str, answers: Answers) -> None:
    dialect = DIALECTS[name]
    fitted = fit(answers, dialect)
    assume(not fitted.faults)
    again = fit(fitted.answers, dialect)
    assert again.answers == fitted.answers
    assert [one for one in again.lost if one.field != "scripts"] == []  # a script of no stage stays in the file, and is said to be idle


@EVERY
@_SLOW
@given(answers=ANSWERS)
def test_faulty_answers_are_refused_with_their_faults(name: str, answers: Answers) -> None:
    dialect = DIALECTS[name]
    said = faults(answers, dialect)
    assume(said)
    with pytest.raises(WritingError) as error:
        write(answers, dialect)
    assert str(error.value) == "\n".join(said)


@EVERY
@given(answers=WHOLE)
def test_the_same_answers_make_the_same_bytes(name: str, answers: Answers) -> None:
    dialect = DIALECTS[name]
    answers = replace(answers, mode=Mode.FRESH)
    assume(not faults(answers, dialect))
    assert write(answers, dialect) == write(replace(answers), dialect)


def _means_the_same(name: str, before: Any, after: Any) -> bool:
    """Disks are a set from 6.5 on, stages are read in any case and in their own order, and one kind of network needs no word."""
    match name:
        case "guest_disks":
            return set(before) == set(after)
        case "scripts":
            lower = [replace(script, stage=script.stage.lower()) for script in before]
            return sorted(lower, key=lambda script: script.stage) == sorted(after, key=lambda script: script.stage)
        case "driver_sources":
            return [replace(one, kind="nfs", address=one.address.removeprefix("nfs://")) for one in before] == list(after)
        case "network_backend":
            return after is None
    return False


def _word(name: str) -> str:
    others = {"fcoe": "fcoe-interfaces", "raids": "raid", "sources": "source", "driver_sources": "driver-source"}
    return others.get(name, name.replace("_", "-"))
