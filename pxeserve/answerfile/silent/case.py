"""One reading to be judged: what silent rules ask, and how they answer. Refuses to know any rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TypedDict, Unpack

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Element
from pxeserve.answerfile.document import Document, Node
from pxeserve.answerfile.finding import Edit, Finding, Severity
from pxeserve.answerfile.places import Places
from pxeserve.answerfile.reading import Reading
from pxeserve.answerfile.reading.trace import Passed

XML = "XML 1.0; Python's minidom, as the installers use it"
_SHOWN = 60
SECURITY = "security rule of this server"


class How(TypedDict, total=False):
    """Where at an element a finding is, what would mend it, and where the fact comes from when it is not the installer."""

    attribute: str | None
    text: bool
    edits: tuple[Edit, ...]
    source: str | None


class Case:
    """A document, the installer that reads it, and what it read. Where the reading was refused, what comes after is judged as if it had
    been reached, so that one look says all."""

    def __init__(self, document: Document, dialect: Dialect, reading: Reading) -> None:
        self.document, self.dialect, self.reading = document, dialect, reading
        self.places = Places(document)

    @cached_property
    def passed(self) -> dict[Node, Passed]:
        """The elements that came to nothing, with why."""
        found = dict(self.reading.trace.passed(self.document, self.dialect))
        if self.reading.refusal is None:
            return found
        unreached = self._unreached([node for node, why in found.items() if why is Passed.UNASKED])
        return {node: unreached.get(node, why) for node, why in found.items() if why is not Passed.UNASKED or node in unreached}

    @cached_property
    def wrappers(self) -> frozenset[Node]:
        """The unknown elements that do nothing but hold others that count."""
        holding: set[Node] = set()
        for node in self.document.nodes[1:]:
            above = node.parent if node not in self.passed else None
            while above is not None and above not in holding:
                holding.add(above)
                above = above.parent
        unknown = (node for node, why in self.passed.items() if why is Passed.UNKNOWN and node in holding)
        return frozenset(node for node in unknown if not node.attributes and not node.text.strip())

    def _unreached(self, nodes: list[Node]) -> dict[Node, Passed]:
        """Of elements that the reading did not come to: those that would not have counted, with why."""
        kinds: dict[tuple[str, Node | None], list[Node]] = {}
        for node in nodes:
            element = self.known(node)
            assert element is not None, "known, and not asked for"
            kinds.setdefault((element.key, self.within(node, element.parent) if element.parent else None), []).append(node)
        found = {}
        for (key, _), same in kinds.items():
            element = self.dialect.elements[key]
            if element.counts is Counts.LONE and len(same) > 1:
                found.update(dict.fromkeys(same, Passed.NOT_ALONE))
            elif element.counts is Counts.FIRST:
                first = min(same, key=lambda node: element.names.index(node.name))
                found.update({node: Passed.SECOND for node in same if node is not first})
        return found

    @property
    def mode(self) -> Mode | None:
        """What is done; None when the installer does not get so far."""
        return self.reading.mode

    @property
    def trims(self) -> bool:
        """Whether white space around texts is lost."""
        return self.dialect.trims

    def before(self, name: str) -> bool:
        """Whether this generation is older than the one of that name."""
        order = list(DIALECTS)
        return order.index(self.dialect.name) < order.index(name)

    def text(self, node: Node) -> str:
        """The text as this installer takes it."""
        return node.text.strip() if self.trims else node.text

    def counts(self, node: Node) -> bool:
        """Whether the element is read, or would be."""
        return node not in self.passed

    def each(self, *keys: str) -> Iterator[tuple[Node, Element]]:
        """The elements that count and have one of these modern names, in order; of all names when none is given."""
        for node, element in self._counting:
            if not keys or element.key in keys:
                yield node, element

    @cached_property
    def _counting(self) -> list[tuple[Node, Element]]:
        found = ((node, self.known(node)) for node in self.document.nodes[1:] if node not in self.passed)
        return [(node, element) for node, element in found if element is not None]

    def texts(self, *keys: str) -> Iterator[tuple[Node, Element]]:
        """Those of `each` whose text is read."""
        refused = self.reading.refusal is not None
        for node, element in self.each(*keys):
            if element.text is not None and (refused or node in self.reading.trace.texts):
                yield node, element

    def first(self, key: str) -> Node | None:
        """The first of them, or None."""
        return next((node for node, _ in self.each(key)), None)

    def known(self, node: Node) -> Element | None:
        """What this generation knows of an element; the same name may mean another thing below its own parent."""
        here = [element for element in self.dialect.elements.values() if node.name in element.names]
        return min(here, key=lambda element: not (element.parent and self.within(node, element.parent)), default=None)

    def within(self, node: Node, key: str) -> Node | None:
        """The element above this one whose modern name is `key`."""
        names = self.dialect.elements[key].names
        return next((holder for holder in above(node) if holder.name in names), None)

    def room_for(self, name: str, within: Node | None = None) -> bool:
        """Whether one more element of this name would count, and take the place of none: below an element, or anywhere."""
        element = self.dialect.element_named(name)
        if element is None or element.counts in (Counts.EACH, Counts.SET, Counts.KEYED):
            return element is not None
        return not any(within is None or within in above(node) for node, _ in self.each(element.key))

    def attribute(self, node: Node, element: Element, key: str) -> tuple[str, str]:
        """The spelling and the value of an attribute by its modern name; its first spelling and "" when there is none that is read."""
        known = element.attribute(key)
        if known is None:
            return key, ""
        return next(((name, node.attributes[name]) for name in known.names if node.attributes.get(name)), (known.names[0], ""))

    def find(
        self,
        code: Code,
        severity: Severity,
        node: Node,
        message: str,
        fix: str,
        *,
        attribute: str | None = None,
        text: bool = False,
        edits: tuple[Edit, ...] = (),
        source: str | None = None,
    ) -> Finding:
        """A finding at an element, at one of its attributes, or at its text."""
        assert severity in code.severities, f"{code.text} is never {severity.value}"
        line, column = self.places.of_text(node) if text else self.places.of(node, attribute)
        edits = edits if self.places.editable else ()
        return Finding(code.text, severity, line, column, message, fix, source or self.dialect.source, edits)

    def warn(self, code: Code, node: Node, message: str, fix: str, **how: Unpack[How]) -> Finding:
        """A warning: the file is taken, and does something else than it says."""
        return self.find(code, Severity.WARNING, node, message, fix, **how)

    def tell(self, code: Code, node: Node, message: str, fix: str, **how: Unpack[How]) -> Finding:
        """Something worth knowing."""
        return self.find(code, Severity.INFO, node, message, fix, **how)


def above(node: Node) -> Iterator[Node]:
    """The elements that an element stands in, inmost first."""
    holder = node.parent
    while holder is not None:
        yield holder
        holder = holder.parent


def masked(text: str) -> str:
    """An address without the password in it."""
    return re.sub(r"((?:://|^)[^:/@\s]*):[^/]*@", r"\1:***@", text)


def shown(text: str) -> str:
    """A text as messages show it: quoted, of a bounded length, and without a password."""
    hidden = masked(text)
    return repr(hidden if len(hidden) <= _SHOWN else hidden[:_SHOWN] + "...")


def attributes(element: Element, name: str) -> Attribute | None:
    """The attribute that is spelt so in this generation."""
    return next((one for one in element.attributes if name in one.names), None)
