"""What a converted file spells otherwise, and what the old file said to no one: differences of words alone.

Refuses to know what the answers are; names come from the dialects, what was read from the reading's own log.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.converting.changes import Change, Kind
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import Document, Node
from pxeserve.answerfile.reading.trace import Passed, Trace

_WHY = {
    Passed.UNKNOWN: "know no such element",
    Passed.PLACE: "do not read it at this place",
    Passed.MODE: "do not read it in this mode",
    Passed.SECOND: "read the first only",
    Passed.NOT_ALONE: "read none when there are two",
    Passed.UNASKED: "had no need of it",
}
_OTHERWISE = {
    "post-install-script": ('script stage="filesystem-populated"', "script"),
    "install-failed-script": ('script stage="installation-complete"', "script"),
    "script": ("post-install-script", "post-install-script"),
    "zap-utility-partitions": ('primary-disk preserve-first-partition="false"', "primary-disk"),
}
"""Elements that another one stands for: how that is put, and the element it needs."""


def respelt(document: Document, trace: Trace, source: Dialect, target: Dialect, written: Document | None) -> list[Change]:
    """The changes of words from `document` to the file that was `written` (None: none was), in the order of the old file."""
    changes = list(_ignored(document, trace, source))
    if written is not None:
        changes += dict.fromkeys(_renamed(document, trace, source, target, written))
    return changes


def _ignored(document: Document, trace: Trace, source: Dialect) -> Iterator[Change]:
    for node, why in trace.passed(document, source):
        if why is Passed.UNKNOWN and any(below in trace.used for below in node.below()):
            continue  # a wrapper: what stands in it counts
        said = f"installers of {source.name} {_WHY[why]}: it never counted"
        yield Change(Kind.DROPPED, node.name, f"<{node.name}> in line {node.line}", "", said)
    for node in document.nodes:
        if node in trace.used or node is document.root:
            for name in trace.unread(node):
                said = f"installers of {source.name} do not read {name} of <{node.name}>: it never counted"
                yield Change(Kind.DROPPED, f"{node.name}.{name}", f"{name} in line {node.line}", "", said)


def _renamed(document: Document, trace: Trace, source: Dialect, target: Dialect, written: Document) -> Iterator[Change]:
    if document.root.name != written.root.name:
        why = "the outermost element has one name for each kind of operation"
        yield Change(Kind.RENAMED, "installation", f"<{document.root.name}>", f"<{written.root.name}>", why)
    new_names = {node.name for node in written.nodes}
    for node in document.nodes:
        if node is not document.root and node in trace.used:
            yield from _element(node, source, target, new_names)
        for old, new in _attributes(node, trace, source, target, written):
            why = f"installers of {target.name} read the one as the other"
            yield Change(Kind.RENAMED, f"{node.name}.{old}", old, new, why)


def _element(node: Node, source: Dialect, target: Dialect, new_names: set[str]) -> Iterator[Change]:
    known = source.element_named(node.name)
    if known is None or node.name in new_names:
        return
    same = target.elements.get(known.key)
    new = next((name for name in same.names if name in new_names), None) if same is not None else None
    if new is not None:
        why = f"every generation reads <{new}>"
        yield Change(Kind.RENAMED, known.key, f"<{node.name}>", f"<{new}>", why)
    elif node.name in _OTHERWISE and _OTHERWISE[node.name][1] in new_names:
        put = _OTHERWISE[node.name][0]
        yield Change(Kind.RENAMED, known.key, f"<{node.name}>", f"<{put}>", f"installers of {target.name} read it so")


def _attributes(node: Node, trace: Trace, source: Dialect, target: Dialect, written: Document) -> Iterator[tuple[str, str]]:
    known = source.root if node.parent is None else source.element_named(node.name)
    if known is None:
        return
    same = target.root if node.parent is None else target.elements.get(known.key)
    if same is None:
        return
    for name in node.attributes:
        attribute = next((one for one in known.attributes if name in one.names), None)
        now = same.attribute(attribute.key) if attribute is not None else None
        if now is None or (node, name) not in trace.attributes:
            continue
        nodes = [written.root] if node.parent is None else [one for one in written.nodes if one.name in same.names]
        spelt = {new for one in nodes for new in one.attributes if new in now.names}
        if spelt and name not in spelt:
            yield name, min(spelt)
