"""The eyes of a reading: through here every element, text and attribute is looked at as this installer looks at it, and logged.

Refuses to know any element: names, white space and encodings come from the dialect.
"""

from __future__ import annotations

from typing import NoReturn

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Attribute, Dialect, Element, Said, Value
from pxeserve.answerfile.document import Document, Node
from pxeserve.answerfile.reading.machine import Machine
from pxeserve.answerfile.reading.python import not_ascii
from pxeserve.answerfile.reading.refusal import Cause, refuse
from pxeserve.answerfile.reading.trace import Trace


class Looking:
    """One look at one document, by one installer on one machine."""

    def __init__(self, document: Document, dialect: Dialect, machine: Machine | None) -> None:
        self.dialect, self.machine, self.trace = dialect, machine, Trace()
        self.root = document.root
        self._named: dict[str, list[Node]] = {}
        for node in document.nodes[1:]:
            self._named.setdefault(node.name, []).append(node)

    def element(self, key: str) -> Element:
        """What is known of the element of this modern name. Raises KeyError for one that this generation does not read."""
        return self.dialect.elements[key]

    def all(self, key: str, below: Node | None = None) -> list[Node]:
        """All elements of this modern name, spelling by spelling; anywhere, or below one element."""
        names = self.element(key).names
        if below is None:
            found = [node for name in names for node in self._named.get(name, ())]
        else:
            self.counts(below)
            found = [node for name in names for node in below.named(name)]
        self.trace.found.update(found)
        return found

    def first(self, key: str, below: Node | None = None) -> Node | None:
        """The first of them, or None."""
        found = self.all(key, below)
        return found[0] if found else None

    def lone(self, key: str) -> Node | None:
        """The only one of them; None when there is none or more than one."""
        found = self.all(key)
        return found[0] if len(found) == 1 else None

    def needed(self, key: str, below: Node | None = None) -> list[Node]:
        """All of them; the installer stops when there is none."""
        found = self.all(key, below)
        if found:
            return found
        element = self.element(key)
        assert element.missing is not None
        said = element.missing.of(name=element.names[0])
        place = self.root if below is None else below
        raise refuse(self.dialect, said, Cause.MISSING, place, f"add <{element.names[0]}>: {element.means}", name=element.names[0])

    def counts(self, node: Node) -> None:
        """This element counts by being there."""
        self.trace.used.add(node)

    def text(self, node: Node) -> str:
        """Its text, as this installer takes it; it may stop here."""
        self.counts(node)
        self.trace.texts.add(node)
        if self.dialect.ascii_texts:
            self._encoded(node.text, node, None)
        return node.text.strip() if self.dialect.trims else node.text

    def raw_attribute(self, node: Node, name: str) -> str:
        """An attribute by its spelling, as it stands; "" when there is none."""
        self.counts(node)
        self.trace.attributes.add((node, name))
        return node.attributes.get(name, "")

    def attribute(self, node: Node, key: str, element: str | None = None) -> str:
        """An attribute by its modern name (of the element `element`, or of the outermost one); "" when there is none. The installer stops
        when it has to be there, or holds what it cannot take."""
        known = self.known_attribute(key, element)
        found = ""
        for name in known.names:
            value = self.raw_attribute(node, name)
            if self.dialect.ascii_attributes:
                self._encoded(value, node, name)
            if found and value:
                self.trace.beaten.add((node, name))
            found = found or value
        if not found and known.missing is not None:
            name = known.names[0]
            said = known.missing.of(name=name)
            raise refuse(self.dialect, said, Cause.ATTRIBUTE, node, f'add {name}="..." to <{node.name}>: {_wanted(known.value)}', name=name)
        return found

    def word(self, node: Node, key: str, element: str | None = None) -> str:
        """An attribute that has to be one of its words; "" when there is none. The installer stops at another."""
        known = self.known_attribute(key, element)
        found = self.attribute(node, key, element)
        if found and found not in known.value.words:
            assert known.value.says is not None
            self.stop(known.value.says.of(value=found), Cause.VALUE, node, _wanted(known.value), self.written(node, known))
        return found

    def yes(self, node: Node, key: str, element: str | None = None) -> bool | None:
        """An attribute that means yes or no; None when there is none."""
        found = self.attribute(node, key, element)
        return found.lower() in self.known_attribute(key, element).value.words if found else None

    def known_attribute(self, key: str, element: str | None) -> Attribute:
        """What is known of an attribute. Raises KeyError for one that this generation does not read."""
        found = (self.dialect.root if element is None else self.element(element)).attribute(key)
        if found is None:
            raise KeyError(f"{self.dialect.name} reads no {key} of {element or 'the outermost element'}")
        return found

    def written(self, node: Node, known: Attribute) -> str:
        """The spelling in which an attribute holds something there."""
        return next((name for name in known.names if node.attributes.get(name)), known.names[0])

    def stop(self, said: Said, cause: Cause, node: Node, fix: str, attribute: str | None = None) -> NoReturn:
        """The installer stops here."""
        raise refuse(self.dialect, said, cause, node, fix, attribute=attribute)

    def _encoded(self, text: str, node: Node, attribute: str | None) -> None:
        said = not_ascii(text)
        if said is not None:
            fix = "write it in ASCII" + ('; a password as type="hash"' if node.name == "root-password" else "")
            self.stop(said, Cause.ENCODING, node, fix, attribute)

    def plan(self, mode: Mode) -> None:
        """From here on the mode is known."""
        self.trace.mode_reads = frozenset(key for step in self.dialect.steps(mode) for key in step.reads)


def _wanted(value: Value) -> str:
    words = [word for word in value.words if word]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0] if words else value.holds.value
