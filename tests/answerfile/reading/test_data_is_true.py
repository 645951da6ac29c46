"""What the dialects' data says is what the reading does: files made of the data alone, read and judged by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Element, Holds, Otherwise
from pxeserve.answerfile.document import Document, parse
from pxeserve.answerfile.reading import Passed, Reading, read
from tests.answerfile.reading.samples import Tag, places, tag, whole

MODES = [pytest.param(dialect, mode, id=f"{dialect.name} {mode}") for dialect in DIALECTS.values() for mode in dialect.modes]
_UNBESIDE = {"hwaddr"}  # not read beside a name that is there


def _read(root: Tag, dialect: Dialect) -> tuple[Document, Reading]:
    document = parse(root.xml().encode())
    return document, read(document, dialect)


def _accepted(root: Tag, dialect: Dialect) -> Reading:
    _, reading = _read(root, dialect)
    assert reading.refusal is None, reading.refusal
    return reading


def _attributes(dialect: Dialect, mode: Mode) -> Iterator[tuple[Element, Attribute]]:
    for element in places(dialect, mode):
        for attribute in element.attributes:
            yield element, attribute


def _oem(mode: Mode) -> bool:
    return mode in (Mode.OEM_HDD, Mode.OEM_FLASH)


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_everything_that_a_mode_reads_is_read(dialect: Dialect, mode: Mode) -> None:
    root = whole(dialect, mode)
    document, reading = _read(root, dialect)
    assert reading.refusal is None
    assert reading.mode is mode
    passed = [node.name for node, why in reading.trace.passed(document, dialect) if why is not Passed.NEVER]
    assert passed == []
    if mode is Mode.OEM_FLASH:
        return
    for node in document.nodes[1:]:
        element = dialect.element_named(node.name)
        assert element is not None
        unread = set(reading.trace.unread(node)) - _UNBESIDE
        if mode is not Mode.UPGRADE or element.key != "primary-disk":
            assert unread == set(), node.name
        if element.text is not None:
            assert node in reading.trace.texts


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_what_is_required_is_missed_in_those_words(dialect: Dialect, mode: Mode) -> None:
    for element in places(dialect, mode):
        root = whole(dialect, mode)
        found = root.find(element.names[0])
        above = root.above(found)
        above.children = [child for child in above.children if child is not found]
        _, reading = _read(root, dialect)
        if mode not in dialect.requiring(element.key):
            assert reading.refusal is None, element.key
        elif not (_oem(mode) and element.key == "source"):
            assert reading.refusal is not None, element.key
            assert element.missing is not None
            said = element.missing.of(name=element.names[0])
            assert (reading.refusal.error, reading.refusal.message) == (said.error, said.text)
            assert reading.refusal.name == element.names[0]
            assert reading.refusal.node.name == above.name


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_attributes_are_missed_and_refused_in_those_words(dialect: Dialect, mode: Mode) -> None:
    if mode is Mode.OEM_FLASH:
        return
    for element, attribute in _attributes(dialect, mode):
        if (
            (mode is Mode.UPGRADE and element.key == "primary-disk")
            or attribute.key in _UNBESIDE
            or (_oem(mode) and element.key == "admin-interface")
        ):
            continue
        name = attribute.names[0]
        root = whole(dialect, mode)
        del root.find(element.names[0]).attributes[name]
        _, reading = _read(root, dialect)
        if attribute.missing is None and (element.key, attribute.key) != ("admin-interface", "proto"):
            assert reading.refusal is None, (element.key, name)
        elif attribute.missing is not None:
            said = attribute.missing.of(name=name)
            assert reading.refusal is not None
            assert (reading.refusal.error, reading.refusal.message) == (said.error, said.text)
        root.find(element.names[0]).attributes[name] = "nonsense of a kind"
        _, reading = _read(root, dialect)
        value = attribute.value
        if value.otherwise is Otherwise.REFUSED:
            assert value.says is not None
            said = value.says.of(value="nonsense of a kind", name="one")
            assert reading.refusal is not None, (element.key, name)
            assert (reading.refusal.error, reading.refusal.message) == (said.error, said.text)
            assert reading.refusal.attribute == name
        elif value.holds is not Holds.DISK:
            assert reading.refusal is None, (element.key, name, reading.refusal)


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_words_that_are_ignored_or_mean_no(dialect: Dialect, mode: Mode) -> None:
    for element, attribute in _attributes(dialect, mode):
        name = attribute.names[0]
        root = whole(dialect, mode)
        given = root.find(element.names[0]).attributes
        if attribute.value.otherwise is Otherwise.NO:
            given[name] = "no"
            said_no = _accepted(root, dialect).answers
            given[name] = "1"
            assert _accepted(root, dialect).answers == said_no
        elif attribute.value.otherwise is Otherwise.IGNORED:
            given[name] = "nonsense"
            nonsense = _accepted(root, dialect).answers
            del given[name]
            assert attribute.missing is not None or _accepted(root, dialect).answers == nonsense, (element.key, name)
    for element in places(dialect, mode):
        if element.text is None or not element.text.words:
            continue
        root = whole(dialect, mode)
        root.find(element.names[0]).text = "nonsense"
        _, reading = _read(root, dialect)
        if element.text.otherwise is Otherwise.REFUSED:
            assert element.text.says is not None
            assert reading.refusal is not None
            assert reading.refusal.message == element.text.says.of(value="nonsense").text
        else:
            assert reading.refusal is None


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_of_two_the_right_ones_count(dialect: Dialect, mode: Mode) -> None:
    for element in places(dialect, mode):
        root = whole(dialect, mode)
        above = root.above(root.find(element.names[0]))
        above.children.append(tag(element, dialect))
        document, reading = _read(root, dialect)
        both = [node for node in document.nodes if node.name == element.names[0]]
        if element.key == "service" or element.counts is Counts.ONE:
            assert reading.refusal is not None
            assert reading.refusal.node is both[1]
            continue
        assert reading.refusal is None, element.key
        passed = dict(reading.trace.passed(document, dialect))
        expected = {Counts.FIRST: [None, Passed.SECOND], Counts.LONE: [Passed.NOT_ALONE, Passed.NOT_ALONE]}.get(
            element.counts, [None, None]
        )
        if element.key == "primary-disk" and mode is Mode.UPGRADE:
            expected = [Passed.SECOND, Passed.SECOND]
        if element.key == "zap-utility-partitions":
            expected = [None, None]
        if element.counts is Counts.NEVER:
            expected = [Passed.NEVER, Passed.NEVER]
        assert [passed.get(node) for node in both] == expected, element.key


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_what_the_mode_does_not_read_changes_nothing(dialect: Dialect, mode: Mode) -> None:
    root = whole(dialect, mode)
    answers = _accepted(root, dialect).answers
    for element in dialect.elements.values():
        if mode in dialect.reading(element.key) or element.parent is not None:
            continue
        root.children.append(tag(element, dialect))
        document, reading = _read(root, dialect)
        assert reading.answers == answers, element.key
        (node,) = [node for node in document.nodes if node.name == element.names[0]]
        assert dict(reading.trace.passed(document, dialect))[node] is Passed.MODE
        root.children.pop()


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_every_spelling_says_the_same_and_the_first_wins(dialect: Dialect, mode: Mode) -> None:
    for element in places(dialect, mode):
        for spelling in element.names[1:]:
            root = whole(dialect, mode)
            answers = _accepted(root, dialect).answers
            found = root.find(element.names[0])
            found.name = spelling
            assert _accepted(root, dialect).answers == answers
            if element.counts is Counts.FIRST:
                root.above(found).children.append(Tag(element.names[0], text="other"))
                _, reading = _read(root, dialect)
                assert reading.answers != answers
    for element, attribute in _attributes(dialect, mode):
        if mode is Mode.UPGRADE and element.key == "primary-disk":
            continue
        for spelling in attribute.names[1:]:
            root = whole(dialect, mode)
            given = root.find(element.names[0]).attributes
            given[spelling] = "no" if attribute.value.holds is Holds.YES_NO else attribute.value.words[-1]
            document, reading = _read(root, dialect)
            assert reading.answers == _accepted(whole(dialect, mode), dialect).answers
            (node,) = [node for node in document.nodes if node.name == element.names[0]]
            assert spelling in reading.trace.unread(node)
            del given[attribute.names[0]]
            assert _accepted(root, dialect).answers != _accepted(whole(dialect, mode), dialect).answers


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_white_space_is_trimmed_or_kept(dialect: Dialect, mode: Mode) -> None:
    root = whole(dialect, mode)
    answers = _accepted(root, dialect).answers
    for one in root.all():
        if one.text:
            one.text = f"\n  {one.text}\n"
    _, reading = _read(root, dialect)
    if "driver" in dialect.elements:
        root.find("driver").text = "one"
        _, reading = _read(root, dialect)
    assert (reading.answers == answers) is dialect.trims


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_what_is_not_ascii_is_taken_or_not(dialect: Dialect, mode: Mode) -> None:
    for element in places(dialect, mode):
        if element.text is None or element.text.words or element.text.holds in (Holds.DISK, Holds.DISKS):
            continue
        root = whole(dialect, mode)
        root.find(element.names[0]).text = "höst"
        _, reading = _read(root, dialect)
        assert (reading.refusal is not None) is dialect.ascii_texts, element.key
        if reading.refusal is not None:
            assert reading.refusal.error == "UnicodeEncodeError"
    for element, attribute in _attributes(dialect, mode):
        if attribute.value.holds is not Holds.NAME or element.key == "xenrt":
            continue
        root = whole(dialect, mode)
        root.find(element.names[0]).attributes[attribute.names[0]] = "höst"
        _, reading = _read(root, dialect)
        assert (reading.refusal is not None) is dialect.ascii_attributes


@pytest.mark.parametrize(("dialect", "mode"), MODES)
def test_words_in_capitals_are_the_same_or_not(dialect: Dialect, mode: Mode) -> None:
    for element in places(dialect, mode):
        given = [(attribute.names[0], attribute.value) for attribute in element.attributes]
        for name, value in [*given, (None, element.text)]:
            if value is None or not value.words or not value.words[-1] or (name is not None and mode is Mode.UPGRADE):
                continue
            readings = []
            for word in (value.words[-1], value.words[-1].upper(), "nonsense"):
                root = whole(dialect, mode)
                found = root.find(element.names[0])
                if name is None:
                    found.text = word
                else:
                    found.attributes[name] = word
                readings.append(_read(root, dialect)[1])
            small, capital, nonsense = ((one.answers, one.refusal and one.refusal.message) for one in readings)
            if small != nonsense:
                assert (small == capital) is value.any_case, (element.key, name)


def test_what_is_no_xml_is_refused_in_those_words() -> None:
    said = {dialect.name: dialect.not_xml for dialect in DIALECTS.values()}
    bare = {name for name, one in said.items() if one is None}
    assert bare == {"4.1", "5.0", "5.5"}
    for name, one in said.items():
        if one is not None:
            assert one.text == "Answerfile is incorrectly formatted."
            assert one.error == ("AnswerfileError" if name == "5.6" else "AnswerfileException")
