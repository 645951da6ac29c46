"""What was looked at while an answerfile was read, and so what was not: the log of one reading.

Refuses to know any element: it is told of every access by `looking`, and judges by that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pxeserve.answerfile.dialects.shape import Counts, Dialect
from pxeserve.answerfile.document import Document, Node


class Passed(StrEnum):
    """Why an element was passed over."""

    UNKNOWN = "unknown"  # this generation reads no element of that name
    PLACE = "place"  # it is read only below another element
    MODE = "mode"  # it is not read in this mode
    SECOND = "second"  # only the first counts (or the first of the other spelling)
    NOT_ALONE = "not alone"  # it counts only when it is the only one
    NEVER = "never"  # a fault of the installer's: none of these ever counts
    UNASKED = "unasked"  # another answer made it needless, or the reading stopped before


@dataclass(slots=True)
class Trace:
    """Everything that one reading touched. `texts` and `attributes` (by element and name as written) are what was read, `beaten` attributes
    that were read and lost to another spelling, `used` the elements that counted for anything, `found` those that a look-up gave;
    `mode_reads` are the modern names of all that the mode reads, once it is known."""

    found: set[Node] = field(default_factory=set)
    used: set[Node] = field(default_factory=set)
    texts: set[Node] = field(default_factory=set)
    attributes: set[tuple[Node, str]] = field(default_factory=set)
    beaten: set[tuple[Node, str]] = field(default_factory=set)
    mode_reads: frozenset[str] | None = None

    def passed(self, document: Document, dialect: Dialect) -> list[tuple[Node, Passed]]:
        """The elements that came to nothing, in order, each with the reason. What stands within an unknown element is judged by itself:
        installers look everywhere."""
        found = {node.name for node in self.found}
        return [(node, self._why(node, dialect, found)) for node in document.nodes[1:] if node not in self.used]

    def unread(self, node: Node) -> list[str]:
        """The attributes of an element that came to nothing, in order."""
        return [name for name in node.attributes if (node, name) not in self.attributes or (node, name) in self.beaten]

    def _why(self, node: Node, dialect: Dialect, found: set[str]) -> Passed:
        element = dialect.element_named(node.name)
        if element is None:
            return Passed.UNKNOWN
        if node in self.found:
            return _NOT_USED.get(element.counts, Passed.SECOND)
        if element.parent is not None and not _below(node, element.parent):
            return Passed.PLACE
        if not found.isdisjoint(element.names):
            return Passed.PLACE if element.parent is not None else Passed.SECOND
        return Passed.UNASKED if self.mode_reads is None or element.key in self.mode_reads else Passed.MODE


_NOT_USED = {Counts.LONE: Passed.NOT_ALONE, Counts.NEVER: Passed.NEVER}


def _below(node: Node, name: str) -> bool:
    above = node.parent
    while above is not None and above.name != name:
        above = above.parent
    return above is not None
