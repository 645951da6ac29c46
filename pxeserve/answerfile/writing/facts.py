"""What an installer generation can be told, in the few questions that a writer asks of its dialect.

All answers come from the dialect's data. Refuses to know what any answer means, and how a file is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Otherwise, Value
from pxeserve.answerfile.dialects.steps import Step

_LITERAL = frozenset({Step.EXISTING_PLAIN, Step.EXISTING_BY_ID})


@dataclass(frozen=True, slots=True)
class Facts:
    """One generation. `modes` maps each element that it reads to the modes in which it does, `required` to those that fail without it, by
    modern names (`sr-type` and the checks of signatures among them, though they are attributes). `line` are the names of the generation
    and all those before it. `literal` are elements whose disk gets `/dev/` in front whatever it is."""

    dialect: Dialect
    modes: Mapping[str, frozenset[Mode]]
    required: Mapping[str, frozenset[Mode]]
    line: frozenset[str]
    literal: frozenset[str]
    reads_nfs_urls: bool
    knows_installations_by_name: bool
    _attributes: Mapping[tuple[str, str], Attribute] = field(repr=False)

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.dialect.name

    def since(self, name: str) -> bool:
        """Whether it is generation `name`, or came of it."""
        return name in self.line

    def has(self, element: str, attribute: str) -> bool:
        """Whether it reads `attribute` of `element` (`installation` for the outermost one), both by their modern names."""
        return (element, attribute) in self._attributes

    def words(self, element: str, attribute: str | None = None) -> tuple[str, ...]:
        """The words that it knows for an attribute, or for the element's own text; () where there are none to choose from."""
        value = self._value(element, attribute)
        return () if value is None else value.words

    def default(self, element: str, attribute: str | None = None) -> str | None:
        """What an attribute, or the element's own text, comes to when it is left out; None when that is open."""
        value = self._value(element, attribute)
        return None if value is None else value.default

    @property
    def refuses_empty_bootloader(self) -> bool:
        """Whether a boot loader's element that names no kind is refused."""
        value = self._value("bootloader", None)
        return value is not None and value.otherwise is Otherwise.REFUSED and "" not in value.words

    def several(self, element: str) -> bool:
        """Whether more than one element of that name counts."""
        known = self.dialect.elements.get(element)
        return known is not None and known.counts in (Counts.EACH, Counts.SET, Counts.KEYED)

    def once(self, element: str) -> bool:
        """Whether equal ones count once."""
        known = self.dialect.elements.get(element)
        return known is not None and known.counts is Counts.SET

    def keyed(self, element: str) -> bool:
        """Whether of two for the same thing the later counts."""
        known = self.dialect.elements.get(element)
        return known is not None and known.counts is Counts.KEYED

    def _value(self, element: str, attribute: str | None) -> Value | None:
        if attribute is not None:
            known = self._attributes.get((element, attribute))
            return None if known is None else known.value
        found = self.dialect.elements.get(element)
        return None if found is None else found.text


_KNOWN: dict[int, Facts] = {}
"""By the dialect's identity; each keeps its dialect alive, so that the identity stays its own."""


def facts(dialect: Dialect) -> Facts:
    """The facts of a generation."""
    found = _KNOWN.get(id(dialect))
    if found is None:
        found = _KNOWN[id(dialect)] = _gathered(dialect)
    return found


def _gathered(dialect: Dialect) -> Facts:
    steps = {mode: frozenset(dialect.steps(mode)) for mode in dialect.order}
    modes = {key: frozenset(dialect.reading(key)) for key in dialect.elements}
    modes["sr-type"] = frozenset(mode for mode, taken in steps.items() if any(step.name.startswith("SR_TYPE") for step in taken))
    modes["gpg-checks"] = frozenset(mode for mode, taken in steps.items() if Step.GPG_CHECKS in taken)
    if "initial-partitions" in modes:  # later ones look at them and take none
        modes["initial-partitions"] = frozenset(mode for mode, taken in steps.items() if Step.PARTITIONS_5_6 in taken)
    attributes = {("installation", one.key): one for one in dialect.root.attributes}
    attributes |= {(key, one.key): one for key, element in dialect.elements.items() for one in element.attributes}
    every = frozenset().union(*steps.values())
    literal = {"primary-disk", "guest-disk"} if dialect.dev_always else set()
    return Facts(
        dialect=dialect,
        modes={key: found for key, found in modes.items() if found},
        required={key: frozenset(dialect.requiring(key)) for key in dialect.elements},
        line=frozenset(_line(dialect)),
        literal=frozenset(literal | ({"existing-installation"} if every & _LITERAL else set())),
        reads_nfs_urls=Step.SOURCE_PLAIN not in every,
        knows_installations_by_name=Step.EXISTING_PLAIN in every,
        _attributes=attributes,
    )


def _line(dialect: Dialect) -> list[str]:
    names, before = [dialect.name], dialect.predecessor
    while before is not None:
        names.append(before)
        before = DIALECTS[before].predecessor
    return names
