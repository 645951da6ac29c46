"""The data of all generations agrees with itself."""

from __future__ import annotations

import pytest

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import DIALECTS, spoken
from pxeserve.answerfile.dialects.history import lineage, readers, since, until
from pxeserve.answerfile.dialects.shape import Attribute, Dialect, Holds, Otherwise, Value, exchanged
from pxeserve.answerfile.dialects.steps import Step

NAMES = ("4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")

every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def _values(dialect: Dialect) -> list[tuple[str, Value]]:
    found = [(f"installation {one.key}", one.value) for one in dialect.root.attributes]
    for element in dialect.elements.values():
        found += [(f"{element.key} {one.key}", one.value) for one in element.attributes]
        if element.text is not None:
            found.append((element.key, element.text))
    return found


def _attributes(dialect: Dialect) -> list[tuple[str, Attribute]]:
    elements = [dialect.root, *dialect.elements.values()]
    return [(element.key, attribute) for element in elements for attribute in element.attributes]


def test_fourteen_generations_are_spoken_by_name() -> None:
    assert tuple(DIALECTS) == NAMES
    assert all(spoken(name) is DIALECTS[name] for name in NAMES)
    assert spoken("3.2") is None


@every_dialect
def test_each_default_is_one_of_its_words(dialect: Dialect) -> None:
    with_words = [(where, value) for where, value in _values(dialect) if value.words and value.default is not None]
    assert [where for where, value in with_words if value.default not in (*value.words, "no")] == []


@every_dialect
def test_what_refuses_says_how_and_what_says_no_is_a_yes_or_no(dialect: Dialect) -> None:
    for where, value in _values(dialect):
        if value.otherwise is Otherwise.REFUSED and not where.endswith(" mode"):
            assert value.says is not None, where
        if value.otherwise is Otherwise.NO:
            assert value.holds is Holds.YES_NO, where
        assert set(value.idle) <= set(value.words), where


@every_dialect
def test_every_element_is_read_by_a_step_and_every_step_reads_known_elements(dialect: Dialect) -> None:
    taken = {step for mode in dialect.modes for step in dialect.steps(mode)} | set(dialect.with_bad_mode)
    assert {key for step in taken for key in step.reads} == set(dialect.elements)
    for step in taken:
        assert set(step.requires) <= set(step.reads), step
    for key in dialect.elements:
        assert dialect.reading(key), key


@every_dialect
def test_what_is_required_says_what_its_lack_looks_like(dialect: Dialect) -> None:
    for key, element in dialect.elements.items():
        if dialect.requiring(key):
            assert element.missing is not None, key
            assert set(dialect.requiring(key)) <= set(dialect.reading(key))
        if element.missing is not None:
            assert dialect.requiring(key), key


@every_dialect
def test_no_spelling_means_two_things_in_one_place(dialect: Dialect) -> None:
    spelt = [(element.parent, name) for element in dialect.elements.values() for name in element.names]
    assert len(spelt) == len(set(spelt))
    for element in (dialect.root, *dialect.elements.values()):
        names = [name for attribute in element.attributes for name in attribute.names]
        assert len(names) == len(set(names)), element.key
        assert element.parent is None or element.parent in dialect.elements
    assert all(key == element.key for key, element in dialect.elements.items())


@every_dialect
def test_everything_says_what_it_means_in_a_sentence(dialect: Dialect) -> None:
    assert [element.key for element in dialect.elements.values() if not element.means.endswith(".")] == []
    assert [where for where, attribute in _attributes(dialect) if not attribute.means or attribute.means.endswith(".")] == []


def test_predecessors_come_earlier_and_the_first_has_none() -> None:
    order = list(DIALECTS)
    for name, dialect in DIALECTS.items():
        if dialect.predecessor is None:
            assert name == "4.1"
        else:
            assert order.index(dialect.predecessor) < order.index(name)
    assert [one.name for one in lineage(DIALECTS["xcp-8.3"])] == [*NAMES[:10], "xcp-8.2", "xcp-8.3"]


def test_since_and_until_follow_from_the_data() -> None:
    xs9, xcp = DIALECTS["xs9"], DIALECTS["xcp-8.3"]
    facts = {
        ("ipaddr", None): "6.0", ("ip", None): "4.1", ("script", None): "5.6", ("root-password", "type"): "5.6", ("service", None): "8.2",
        ("primary-disk", "gueststorage"): "4.1", ("primary-disk", "guest-storage"): "6.0", ("ssh-mode", None): "xs9",
        ("installation", "sr-type"): "6.0", ("post-install-script", "type"): "6.2", ("primary-disk", "swraid"): "xs8",
    }  # fmt: skip
    for (element, attribute), name in facts.items():
        found = since(xs9, element, attribute)
        assert found is not None
        assert found.name == name, element
    assert since(xs9, "fcoe-interface") is None
    last = until(xs9, "fcoe-interface")
    assert last is DIALECTS["xs8"]
    assert until(xs9, "raid") is None
    assert [one.name for one in readers("raid")] == ["xcp-8.2", "xcp-8.3"]
    assert since(xcp, "raid") is DIALECTS["xcp-8.2"]
    assert [one.name for one in readers("fcoe-interface", "dcb")] == ["7.0", "7.1"]


def test_neighbours_differ_and_keep_the_same_keys_for_the_same_things() -> None:
    for name, dialect in DIALECTS.items():
        if dialect.predecessor is None:
            continue
        before = DIALECTS[dialect.predecessor]
        assert any(getattr(dialect, part) != getattr(before, part) for part in ("elements", "root", "order", "before")), name
    keys: dict[str, set[str]] = {}
    for dialect in DIALECTS.values():
        for element in dialect.elements.values():
            for spelling in element.names:
                keys.setdefault(spelling, set()).add(element.key)
    assert {spelling: found for spelling, found in keys.items() if len(found) > 1} == {}


def test_modes_by_generation() -> None:
    oem = [name for name, dialect in DIALECTS.items() if Mode.OEM_HDD in dialect.modes]
    restoring = [name for name, dialect in DIALECTS.items() if Mode.RESTORE in dialect.modes]
    assert oem == ["5.0", "5.5"]
    assert restoring == list(NAMES[5:])
    for dialect in DIALECTS.values():
        words = dialect.root.attributes[0].value.words
        assert {Mode(word) for word in words} == set(dialect.modes) - {Mode.RESTORE}


def test_a_step_that_is_not_there_cannot_be_exchanged() -> None:
    steps = DIALECTS["4.1"].order[Mode.FRESH]
    assert exchanged(steps, {steps[0]: ()}) == steps[1:]
    with pytest.raises(KeyError, match="BACKUP"):
        exchanged(steps, {Step.BACKUP: ()})


def test_no_step_has_the_facts_of_another() -> None:
    assert [name for name, step in Step.__members__.items() if name != step.name] == []
