"""Attributes that come to nothing: unknown, of another generation, in the wrong mode, elements in truth, or beaten by another spelling."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Element
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import XML, Case, attributes, masked
from pxeserve.answerfile.silent.names import (
    NO_OPTIONS,
    SYNONYMS,
    attribute_names,
    attribute_readers,
    key_of,
    nearest,
    since_until,
    spelt,
)

_SCRIPTS = frozenset({"post-install-script", "install-failed-script", "script"})


def ignored(case: Case) -> Iterator[Finding]:
    """One finding for each attribute that came to nothing, of elements that count."""
    root = case.document.root
    for name in root.attributes:
        yield from _judged(case, root, case.dialect.root, name)
    for node, element in case.each():
        for name in node.attributes:
            yield from _judged(case, node, element, name)


def _judged(case: Case, node: Node, element: Element, name: str) -> Iterator[Finding]:
    trace = case.reading.trace
    if (node, name) in trace.beaten:
        winner = next(one for one in attribute_names(element) if one in node.attributes and (node, one) not in trace.beaten)
        said = f"{name} of <{node.name}> is passed over: {winner} stands there too, and comes first"
        yield case.warn(Code.BEATEN, node, said, "leave one of them", attribute=name)
    elif attributes(element, name) is not None:
        if (node, name) not in trace.attributes and case.reading.refusal is None and node.attributes[name]:
            yield _unasked(case, node, name)
    elif name == "xmlns" or name.partition(":")[0] in ("xmlns", "xml") or ":" in name:
        said = f"{name} of <{node.name}> is not read: installers know no namespaces"
        yield case.tell(Code.NAMESPACE, node, said, "leave it out", attribute=name, source=XML)
    else:
        yield from _unknown(case, node, element, name)


def _unasked(case: Case, node: Node, name: str) -> Finding:
    mode = case.mode.value if case.mode else "this mode"
    said = f"{name} of <{node.name}> is not read: " + (
        f"not in mode {mode}" if node.name != "admin-interface" else "name decides alone when both are given"
    )
    code = Code.ROOT_ATTRIBUTE if node is case.document.root else Code.ATTRIBUTE
    return case.warn(code, node, said, "leave it out", attribute=name)


def _unknown(case: Case, node: Node, element: Element, name: str) -> Iterator[Finding]:
    dialect, root = case.dialect, node is case.document.root
    key = "" if root else element.key
    if key == "root-password" and name == "type":
        yield _password_type(case, node)
        return
    if key in _SCRIPTS and name == "type":
        if node.attributes[name].lower() == "nfs" and not node.text.strip().startswith("nfs://"):
            return  # what comes of it is said with its address
        said = f"type of <{node.name}> is not read by {dialect.name}: the text is fetched as it stands, which is what it says"
        yield case.tell(Code.ATTRIBUTE, node, said, "no harm", attribute=name)
        return
    child = _as_element(case, node, element, name)
    if child is not None:
        said = f"{name} of <{node.name}> is ignored: it is read as an element, never as an attribute"
        made = edits.to_element(case.places, node, name, child) if case.room_for(child, node) else ()
        fix = f"<{child}>{_told(child, node.attributes[name])}</{child}>"
        yield case.warn(Code.IS_ELEMENT, node, said, fix, attribute=name, edits=made)
        return
    code = Code.ROOT_ATTRIBUTE if root else Code.ATTRIBUTE
    if name in NO_OPTIONS and not attribute_readers(key, name):
        said = f"{name} is no attribute of any installer, and ignored: {NO_OPTIONS[name]}"
        yield case.warn(Code.NO_OPTION, node, said, "leave it out", attribute=name)
        return
    others = attribute_readers(key, name)
    if others:
        said = f"{name} of <{node.name}> is read by {since_until(others)}; {dialect.name} ignores it without a word"
        made, fix = _spelt_here(case, node, element, name)
        yield case.warn(code, node, said, fix, attribute=name, edits=made)
        return
    said = f"{name} is not an attribute of <{node.name}>: it is ignored without a word"
    near, sure = nearest(name, attribute_names(element))
    if near is None:
        yield case.warn(code, node, said, "leave it out", attribute=name)
        return
    made = edits.rename_attribute(case.places, node, name, near) if sure else ()
    yield case.warn(code, node, said, f"did you mean {near}?", attribute=name, edits=made)
    return


def _spelt_here(case: Case, node: Node, element: Element, name: str) -> tuple[edits.Edits, str]:
    """Another spelling of what this generation reads: `guest-storage` of 6.0 is `gueststorage` before."""
    known = element.attribute(name)
    if known is None and element.attribute("repo-gpgcheck") is not None and name == "netinstall-gpg-check":
        return (), "repo-gpgcheck and gpgcheck have taken its place"
    if known is None:
        return (), f"leave it out for {case.dialect.name}"
    here = known.names[0]
    return edits.rename_attribute(case.places, node, name, here), f"{case.dialect.name} calls it {here}"


def _as_element(case: Case, node: Node, element: Element, name: str) -> str | None:
    """The element that an attribute should have been, as it is spelt here."""
    key = key_of(name) or SYNONYMS.get(name)
    known = case.dialect.elements.get(key or "")
    if known is None or attribute_readers(element.key if node is not case.document.root else "", name):
        return None
    if known.parent is not None and known.parent != element.key:
        return None
    if known.parent is None and node is not case.document.root and name not in known.names:
        return None
    return spelt(case.dialect, known.key)


def _password_type(case: Case, node: Node) -> Finding:
    if node.attributes["type"] != "hash":
        said = f"type of <root-password> is not read by {case.dialect.name}: the text is the password, which is what it says"
        return case.tell(Code.PASSWORD_TYPE, node, said, "no harm", attribute="type")
    said = f"type is not read by {case.dialect.name}: the hash itself would become root's password"
    fix = "give a password in plain text, or let pxeserve make a random one"
    return case.warn(Code.HASH_AS_PASSWORD, node, said, fix, attribute="type")


def _told(child: str, value: str) -> str:
    """`value` as it may stand in a fix: no password does."""
    return "..." if child == "root-password" else masked(value)
