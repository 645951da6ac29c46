"""Elements that are read by nobody, or not as they were meant: unknown, of another generation, in the wrong mode or place, too many."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Counts, Element
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.reading.trace import Passed
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case, attributes
from pxeserve.answerfile.silent.names import NO_OPTIONS, SYNONYMS, key_of, nearest, readers, since_until, spelt

_WRAPPERS = frozenset({"guest-disks"})
_EVERYTHING = "it is ignored without a word"


def ignored(case: Case) -> Iterator[Finding]:
    """One finding for each element that came to nothing."""
    for node, why in case.passed.items():
        if why is Passed.UNKNOWN:
            yield _unknown(case, node)
            continue
        element = case.known(node)
        assert element is not None, "known to be read by this generation"
        if element.key == "partition" and why is not Passed.PLACE:
            continue  # what comes of them is said with the disks
        if why is Passed.SECOND and element.counts in (Counts.EACH, Counts.SET, Counts.KEYED):
            why = Passed.UNASKED
        yield _WHY[why](case, node, element)


def nested(case: Case) -> Iterator[Finding]:
    """Elements that count although they stand within another that they have nothing to do with."""
    for node, element in case.each():
        above = node.parent
        if above is None or above is case.document.root or element.parent is not None or (above in case.wrappers):
            continue
        said = f"<{node.name}> stands within <{above.name}>, and counts as if it stood below <{case.document.root.name}>"
        yield case.warn(Code.NESTED, node, said, f"take it out of <{above.name}>, or leave it: this installer looks everywhere")


def mixed_spellings(case: Case) -> Iterator[Finding]:
    """All of one spelling are asked for before any of the other."""
    for key in ("name-server", "ntp-server"):
        found = [node for node, _ in case.each(key)]
        names = case.dialect.elements[key].names if key in case.dialect.elements else ()
        order = sorted(found, key=lambda node: names.index(node.name))
        if order != found:
            said = f"all <{names[0]}> come before any <{names[1]}>, whatever their order in the file"
            yield case.tell(Code.ORDER, found[0], said, f"write all of them <{names[0]}>", source=case.dialect.source)


def _unknown(case: Case, node: Node) -> Finding:
    inside = case.within(node, "admin-interface") is not None
    if node.name in NO_OPTIONS and not readers(node.name):
        said = f"<{node.name}> is no element of any installer, and ignored: {NO_OPTIONS[node.name]}"
        return case.warn(Code.NO_OPTION, node, said, "leave it out")
    if node in case.wrappers:
        known = node.name in _WRAPPERS
        said = f"<{node.name}> itself is not read; what stands in it counts as if it stood below <{case.document.root.name}>"
        find = case.tell if known else case.warn
        return find(Code.WRAPPER if known else Code.NESTED, node, said, "keep only what it holds; it does no harm")
    owner = _owner(case, node)
    if owner is not None:
        name = node.name
        said = f"<{name}> as an element is ignored: it is an attribute of <{owner.name}>"
        made = edits.to_attribute(case.places, node, owner, name)
        return case.warn(Code.IS_ATTRIBUTE, node, said, f'<{owner.name} {name}="{node.text.strip()}">', edits=made)
    others = readers(node.name)
    if others:
        return _of_others(case, node, others)
    return _misspelt(case, node, inside)


def _of_others(case: Case, node: Node, others: tuple[str, ...]) -> Finding:
    key = key_of(node.name)
    here = spelt(case.dialect, key) if key else None
    said = f"<{node.name}> is read by {since_until(others)}; {case.dialect.name} ignores it without a word"
    if here is None:
        return case.warn(Code.OTHER_GENERATION, node, said, f"leave it out for {case.dialect.name}")
    return case.warn(Code.OTHER_GENERATION, node, said, f"{case.dialect.name} calls it <{here}>", edits=_renamed(case, node, here))


def _misspelt(case: Case, node: Node, inside: bool) -> Finding:
    dialect = case.dialect
    said = f"<{node.name}> is not an element of {dialect.name}: {_EVERYTHING}"
    meant = spelt(dialect, SYNONYMS.get(node.name.lower(), ""))
    if meant is not None and (inside or dialect.elements[SYNONYMS[node.name.lower()]].parent is None):
        return case.warn(Code.UNKNOWN, node, said, f"did you mean <{meant}>?", edits=_renamed(case, node, meant))
    known = [name for element in dialect.elements.values() for name in element.names if _fits(element, inside)]
    near, sure = nearest(node.name, known)
    if near is None:
        return case.warn(Code.UNKNOWN, node, said, "leave it out")
    made = _renamed(case, node, near) if sure else ()
    return case.warn(Code.UNKNOWN, node, said, f"did you mean <{near}>?", edits=made)


def _renamed(case: Case, node: Node, name: str) -> edits.Edits:
    """The element under another name, where that does not make one too many."""
    element = case.dialect.element_named(name)
    holder = case.within(node, element.parent) if element and element.parent else None
    return edits.rename(case.places, node, name) if case.room_for(name, holder) else ()


def _fits(element: Element, inside: bool) -> bool:
    return element.parent is None or (inside and element.parent == "admin-interface")


def _owner(case: Case, node: Node) -> Node | None:
    """The element whose attribute an unknown element should have been: the one it stands in, or the only one that has such."""
    above = node.parent
    if above is None or node.children or not node.text.strip() or readers(node.name):
        return None
    known = case.dialect.root if above is case.document.root else case.known(above)
    if known is not None and attributes(known, node.name) is not None:
        return above
    owners = [(one, element) for one, element in case.each() if attributes(element, node.name) is not None]
    keys = {element.key for element in case.dialect.elements.values() if attributes(element, node.name) is not None}
    return owners[0][0] if len(owners) == 1 and len(keys) == 1 else None


def _not_alone(case: Case, node: Node, _element: Element) -> Finding:
    return case.warn(Code.LONE, node, f"<{node.name}> stands more than once, and then none of them counts", "leave one of them")


def _second(case: Case, node: Node, element: Element) -> Finding:
    said = f"<{node.name}> stands more than once: only the first counts"
    if element.key == "source":
        said = f"a second <{node.name}>: {case.dialect.name} takes the first alone (several are taken from 7.1)"
    elif len(element.names) > 1 and node.name != element.names[0]:
        said = f"<{node.name}> is passed over: there is another, or a <{element.names[0]}>, which counts first"
    return case.warn(Code.SECOND, node, said, "leave one of them")


def _in_mode(case: Case, node: Node, element: Element) -> Finding:
    modes = ", ".join(mode.value for mode in case.dialect.reading(element.key))
    now = case.mode.value if case.mode else "this mode"
    said = f"<{node.name}> is not read in mode {now}, but in: {modes}"
    if element.key == "existing-installation" and now == "reinstall":
        said += "; from 6.0 on, reinstall is a fresh installation on primary-disk"
    return case.warn(Code.NOT_IN_MODE, node, said, f"leave it out, or change the mode ({modes})")


def _not_below(case: Case, node: Node, element: Element) -> Finding:
    assert element.parent is not None, "only such elements have a place"
    above = case.dialect.elements[element.parent].names[0]
    holder = case.within(node, element.parent)
    if holder is not None:
        return _second(case, node, element) if case.counts(holder) else _unasked(case, node, element)
    return case.warn(Code.NOT_BELOW, node, f"<{node.name}> is read only within <{above}>: {_EVERYTHING}", f"put it into <{above}>")


def _unasked(case: Case, node: Node, element: Element) -> Finding:
    said, fix = f"<{node.name}> is not read, because of what other elements say", "leave it out"
    interface = case.within(node, "admin-interface")
    if interface is not None and not case.counts(interface):
        said, fix = f"<{node.name}> is not read, as the <{interface.name}> that holds it is not", f"leave one <{interface.name}>"
    elif element.parent == "admin-interface" and interface is not None:
        key = "protov6" if "v6" in node.name else "proto"
        said = f'<{node.name}> is not read: {key} of <{interface.name}> is {interface.attributes.get(key, "")!r}, and not "static"'
        fix = f'{key}="static", or leave it out'
    return case.warn(Code.NEEDLESS, node, said, fix)


_WHY = {
    Passed.NOT_ALONE: _not_alone,
    Passed.SECOND: _second,
    Passed.MODE: _in_mode,
    Passed.PLACE: _not_below,
    Passed.UNASKED: _unasked,
}
